"""The HTTP kernel: declared routes, validation, authorisation, limits, problems. Plain Python."""

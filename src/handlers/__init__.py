"""One module per route group: parse, authorise, call a service, respond."""

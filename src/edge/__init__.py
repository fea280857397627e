"""The only code that touches the platform (js, workers)."""

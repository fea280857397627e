"""Measurements beside peers, one command each; `make bench` runs those of the whole server."""

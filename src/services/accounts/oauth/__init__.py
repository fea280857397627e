"""Signing in through other services: authorization code with PKCE (RFC 6749, RFC 7636, RFC 9700)."""

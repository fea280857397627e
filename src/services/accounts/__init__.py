"""Accounts: who people are, how they prove it, and on which devices they are signed in."""

"""Chat: rooms with one writer each (``room``), their fan-out, their projection into D1, and what reads it."""

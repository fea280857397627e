"""What the product knows: one package per domain, plain Python."""

"""Networks trained at once on shared images."""

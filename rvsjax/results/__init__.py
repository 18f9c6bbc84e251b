"""Results as tables in Python, verdicts counted, and two folders compared."""

"""A run to its outcome: steps, monitors, rounding, the limit, and fast kernels."""

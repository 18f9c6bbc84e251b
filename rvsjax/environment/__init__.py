"""The machine and its user: settings of JAX, paths, numbers, a private cache."""

"""Executors: where the blocks of a sweep are computed, and what comes back of them."""

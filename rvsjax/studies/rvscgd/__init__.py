"""The no-overlap network, and every claim of the paper."""

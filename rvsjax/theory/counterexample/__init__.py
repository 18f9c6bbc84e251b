"""The smallest counterexample: a violating run, reduced while it still violates."""

from rvsjax.theory.counterexample.search import shrink
from rvsjax.theory.counterexample.sweep_file import sweep_file

__all__ = ["shrink", "sweep_file"]

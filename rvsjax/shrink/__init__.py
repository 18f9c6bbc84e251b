"""The smallest counterexample: a violating run, reduced while it still violates."""

from rvsjax.shrink.document import sweep_file
from rvsjax.shrink.search import shrink

__all__ = ["shrink", "sweep_file"]

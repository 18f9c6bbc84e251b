"""The page of two folders compared: what differs, how surely, and pair by pair."""

from rvsjax.report.comparison.content import comparison_content
from rvsjax.report.comparison.write import (
    COMPARISON_MISSING,
    make_comparison,
    write_comparison,
)

__all__ = [
    "COMPARISON_MISSING",
    "comparison_content",
    "make_comparison",
    "write_comparison",
]

"""The page of two folders compared: what differs, how surely, and pair by pair."""

from rvsjax.report.comparison.content import content
from rvsjax.report.comparison.write import MISSING, make_page, write_page

__all__ = ["MISSING", "content", "make_page", "write_page"]

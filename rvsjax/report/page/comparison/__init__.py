"""The page of two folders compared: what differs, how surely, and pair by pair."""

from rvsjax.report.page.comparison.content import content
from rvsjax.report.page.comparison.write import MISSING, make_page, write_page

__all__ = ["MISSING", "content", "make_page", "write_page"]

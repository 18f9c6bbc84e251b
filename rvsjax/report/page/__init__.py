"""One page about a results folder, in one file that loads nothing."""

from rvsjax.report.page.content import content
from rvsjax.report.page.write import MISSING, is_possible, make_page, write_page

__all__ = ["MISSING", "content", "is_possible", "make_page", "write_page"]

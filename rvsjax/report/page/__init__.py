"""Pages, each in one file that loads nothing: of a results folder, or of two."""

from rvsjax.report.page.content import page_content
from rvsjax.report.page.skeleton import is_possible
from rvsjax.report.page.write import MISSING, make_page, write_page

__all__ = ["MISSING", "page_content", "is_possible", "make_page", "write_page"]

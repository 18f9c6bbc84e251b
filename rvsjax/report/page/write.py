"""The page of a results folder, written."""

from pathlib import Path

from rvsjax.report.page.content import page_content
from rvsjax.report.page.skeleton import missing, render
from rvsjax.results.results import Results
from rvsjax.sweep.store import Store

__all__ = ["MISSING", "make_page", "write_page"]

MISSING = missing("report.html")

_FIGURES = ("curves", "maps", "sparsity")
_SCRIPTS = ("start", "plot", *_FIGURES, "filter", "table", "boot", "report")


def write_page(results: Results, planned: int | None = None) -> Path:
    """Write ``report.html`` into the folder of the results; return its path.

    `planned` is the number of runs that the sweep is to have, where it is not finished.
    """
    html = make_page(results, planned)
    Store(results.folder).write("report.html", html.encode("utf-8", "replace"))
    return results.folder / "report.html"


def make_page(results: Results, planned: int | None = None) -> str:
    """Return the page: the same for the same folder, wherever it lies."""
    return render("report.html", _SCRIPTS, page_content(results, planned))

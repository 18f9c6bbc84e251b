"""The page of a comparison, written."""

from pathlib import Path

import pandas as pd

from rvsjax.report.comparison.content import comparison_content
from rvsjax.report.page.skeleton import missing, render
from rvsjax.results.compare.comparison import Comparison
from rvsjax.sweep.store.atomic import replace

__all__ = ["COMPARISON_MISSING", "make_comparison", "write_comparison"]

COMPARISON_MISSING = missing("compare.html")

_SCRIPTS = ("start", "plot", "against", "filter", "table", "boot", "compare")


def write_comparison(found: Comparison, pairs: pd.DataFrame, path: Path) -> None:
    """Write the page of a comparison to a path; `pairs` as of `pairs_table`."""
    replace(path, make_comparison(found, pairs).encode("utf-8", "replace"))


def make_comparison(found: Comparison, pairs: pd.DataFrame) -> str:
    """Return the page: the same for the same tables and names of folders."""
    return render("compare.html", _SCRIPTS, comparison_content(found, pairs))

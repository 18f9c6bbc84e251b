"""Tables for a paper: measurements by setting, as LaTeX, Markdown or CSV."""

from typing import Any

from rvsjax.report.tables.formats import WRITERS
from rvsjax.report.tables.rows import make_rows
from rvsjax.results.results import Results

__all__ = ["make_table"]


def make_table(results: Results, form: str, **chosen: Any) -> str:
    """Return a table as text: `form` is ``latex``, ``markdown`` or ``csv``.

    What is `chosen` are the options of `make_rows`. A cell says of how many runs it is
    where some have no number; the best of a measurement that is better one way is bold.
    """
    return WRITERS[form](make_rows(results, **chosen))

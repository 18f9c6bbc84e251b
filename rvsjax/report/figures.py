"""Static figures for screen and print: what a sweep varies, and its claims."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from rvsjax.report.any import draw_any
from rvsjax.report.claims import draw_claims
from rvsjax.report.curves import draw_curves
from rvsjax.report.data import figure_data
from rvsjax.report.lenet import draw_lenet
from rvsjax.report.methods import draw_methods
from rvsjax.report.samples import draw_samples
from rvsjax.report.two_layer import draw_two_layer
from rvsjax.results import Results
from rvsjax.store import StoreError

__all__ = ["draw", "draw_claims", "draw_curves", "draw_one"]

_FORMATS: dict[str, dict[str, Any]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
_PRINT: dict[Any, Any] = {
    "font.size": 9,
    "svg.hashsalt": "rvsjax",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(folder: str | Path) -> list[Path]:
    """Draw ``figures/NAME`` and ``figures/claims``; return the paths.

    Each as PNG, PDF and SVG, and its numbers as CSV. Claims only where the study has
    some; the first not where it is of curves and the sweep recorded none.
    """
    results, files = _computed(folder), []
    main = _main_figure(results)
    with _style():
        if main is draw_samples or results.records("curves"):
            files += _keep(results, results.name, main(results))
        if not results.claims.empty:
            files += _keep(results, "claims", draw_claims(results))
    return files


def draw_one(folder: str | Path, table: str, x: str, y: str, **by: str) -> list[Path]:
    """Draw ``figures/TABLE-Y-X`` as `draw_any` does; return the paths.

    With ``-color-NAME`` and ``-facet-NAME`` where these are given.
    """
    results = _computed(folder)
    more = "".join(f"-{option}-{name}" for option, name in by.items() if name)
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{table}-{y}-{x}{more}")  # a stranger's
    with _style():
        return _keep(results, stem, draw_any(results, table, x, y, **by))


def _computed(folder: str | Path) -> Results:
    """Return the results in a folder; StoreError where there is nothing to draw."""
    results = Results(folder)
    if (results.runs["status"] == "failed").all():
        what = f"no run of {folder} was computed, so that there is nothing to draw"
        raise StoreError(f"{what}; its rows give the reason")
    return results


def _style() -> AbstractContextManager[None]:
    import matplotlib as mpl

    return mpl.rc_context(_PRINT)


def _keep(results: Results, stem: str, figure: Figure) -> list[Path]:
    """Write a figure and its numbers; the same bytes for the same figure."""
    files = []
    for ending, plain in _FORMATS.items():
        sink = io.BytesIO()
        figure.savefig(sink, format=ending, dpi=200, metadata=plain)
        files.append(results.keep("figures", f"{stem}.{ending}", sink.getvalue()))
    text = figure_data(figure).to_csv(index=False)
    return [*files, results.keep("figures", f"{stem}.csv", text.encode())]


_BY_STUDY = {"two_layer": draw_two_layer, "lenet": draw_lenet}


def _main_figure(results: Results) -> Callable[[Results], Figure]:
    """Return what draws the figure of a sweep, by its study and what it varies."""
    runs = results.runs
    if results.study in _BY_STUDY:
        return _BY_STUDY[results.study]
    if "p_batch" in runs and runs["p_batch"].nunique() > 2:
        return draw_samples
    if runs["p_algorithm"].nunique() > 2:
        return draw_methods
    return draw_curves

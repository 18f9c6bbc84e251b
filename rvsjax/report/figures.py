"""Static figures for screen and print: what a sweep varies, and its claims."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from rvsjax.report.claims import draw_claims
from rvsjax.report.curves import draw_curves
from rvsjax.report.lenet import draw_lenet
from rvsjax.report.methods import draw_methods
from rvsjax.report.samples import draw_samples
from rvsjax.report.two_layer import draw_two_layer
from rvsjax.results import Results
from rvsjax.store import StoreError

__all__ = ["draw", "draw_claims", "draw_curves"]

_PRINT: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(folder: str | Path) -> list[Path]:
    """Draw ``figures/NAME`` and ``figures/claims`` as PNG and PDF; return the paths.

    Claims only where the study has some.
    """
    import matplotlib as mpl

    results = Results(folder)
    if (results.runs["status"] == "failed").all():
        what = f"no run of {folder} was computed, so that there is nothing to draw"
        raise StoreError(f"{what}; its rows give the reason")
    files = []
    with mpl.rc_context(_PRINT):
        figures = {results.name: _main_figure(results)(results)}
        if not results.claims.empty:
            figures["claims"] = draw_claims(results)
        for stem, figure in figures.items():
            for ending in ("png", "pdf"):
                plain = {"CreationDate": None} if ending == "pdf" else {}
                sink = io.BytesIO()
                figure.savefig(sink, format=ending, dpi=200, metadata=plain)
                name = f"{stem}.{ending}"
                files.append(results.keep("figures", name, sink.getvalue()))
    return files


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

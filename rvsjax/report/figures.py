"""Static figures for screen and print: curves over the runs, and the claims."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.results import Results
from rvsjax.store import StoreError

__all__ = ["draw", "draw_claims", "draw_curves"]

# Okabe and Ito's colours, safe for colour-blind readers; dashes for black and white.
_STYLES = (
    ("#0072B2", "-"),
    ("#D55E00", "--"),
    ("#009E73", "-."),
    ("#CC79A7", ":"),
    ("#E69F00", (0, (6, 1, 1, 1))),
    ("#56B4E9", (0, (1, 1))),
)
_VERDICTS = {
    "holds": "#009E73",
    "holds, u empty": "#A8DCC8",
    "violated": "#D55E00",
    "undecided": "#E69F00",
    "not applicable": "#BBBBBB",
}
_PRINT: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(folder: str | Path) -> list[Path]:
    """Draw ``figures/NAME`` and ``figures/claims`` as PNG and PDF; return the paths."""
    import matplotlib as mpl

    results = Results(folder)
    if results.claims.empty:
        what = f"no run of {folder} has a verdict, so that there is nothing to draw"
        raise StoreError(f"{what}; its rows give the reason")
    files = []
    with mpl.rc_context(_PRINT):
        figures = {results.name: draw_curves(results), "claims": draw_claims(results)}
        for stem, figure in figures.items():
            for ending in ("png", "pdf"):
                plain = {"CreationDate": None} if ending == "pdf" else {}
                sink = io.BytesIO()
                figure.savefig(sink, format=ending, dpi=200, metadata=plain)
                name = f"{stem}.{ending}"
                files.append(results.keep("figures", name, sink.getvalue()))
    return files


def _methods(results: Results) -> dict[str, pd.DataFrame]:
    """Return the curves of each method: an algorithm with its penalty."""
    runs = results.runs
    method = runs["p_penalty"].fillna(runs["p_algorithm"])
    if 1 < runs["p_a"].nunique() <= 4:
        method += runs["p_a"].map(lambda a: "" if pd.isna(a) else f", a = {a:g}")
    labelled = pd.DataFrame({"run_id": runs["run_id"], "method": method})
    joined = results.curves.merge(labelled, on="run_id")
    return {str(name): curves for name, curves in joined.groupby("method", sort=True)}


def draw_curves(results: Results) -> Figure:
    """Draw theta and the Lagrangian against the step: median and band over the runs.

    The band reaches from the 10th to the 90th percentile of the runs that are still
    going at that step.
    """
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    labels = []
    for (method, curves), (color, dash) in zip(_methods(results).items(), _STYLES * 9):
        runs = curves["run_id"].nunique()
        for axes, column in ((left, "theta"), (right, "lagrangian")):
            by_step = _within(curves[column]).groupby(curves["step"])
            low, median, high = (by_step.quantile(q) for q in (0.1, 0.5, 0.9))
            axes.fill_between(low.index, low, high, color=color, alpha=0.18, lw=0)
            axes.plot(median.index, median, color=color, ls=dash, lw=1.5)
        labels.append(f"{method} ({runs} runs)")
    left.set_ylabel(r"angle $\theta(w^t, w^*)$ (radians)")
    right.set_ylabel(r"Lagrangian $L_\beta(u^t, w^t)$")
    for axes in (left, right):
        _finish(axes)
    left.legend(left.get_lines(), labels, frameon=False, loc="best")
    figure.suptitle(_title(results), fontsize=9)
    return figure


def _within(values: pd.Series) -> pd.Series:
    """Return values that an axis can show: none of 1e100 or more, none below 1e-100."""
    sizes = values.abs()
    return values.where(sizes < 1e100).mask(sizes < 1e-100, 0.0)


def _finish(axes: Axes) -> None:
    if any(np.greater(line.get_ydata(), 0).any() for line in axes.get_lines()):
        axes.set_yscale("log")
    axes.set_xlabel("step $t$")
    axes.ticklabel_format(axis="x", style="sci", scilimits=(0, 4), useMathText=True)
    axes.grid(alpha=0.25, lw=0.5)
    axes.margins(x=0.01)


def _title(results: Results) -> str:
    """Name what all runs share: the parameters that have one value."""
    runs = results.runs
    names = {"p_k": "k", "p_d": "d", "p_beta": r"\beta", "p_lam": r"\lambda"}
    names |= {"p_eta": r"\eta", "p_nnz": r"\mathrm{nnz}"}
    shared = [
        f"${symbol} = {_number(runs[column].dropna().iloc[0])}$"
        for column, symbol in names.items()
        if runs[column].nunique() == 1
    ]
    return ",  ".join(shared) + ";  median and 10–90 % band over the runs"


def _number(value: float) -> str:
    r"""Write a number for a formula: ``0.25``, ``4 \times 10^{-3}``, ``10^{-5}``."""
    if value == 0 or 1e-2 <= abs(value) < 1e4 or not np.isfinite(value):
        return f"{value:g}"
    digits, exponent = f"{value:.3e}".split("e")
    front = "" if float(digits) == 1 else rf"{float(digits):g} \times "
    return rf"{front}10^{{{int(exponent)}}}"


def draw_claims(results: Results) -> Figure:
    """Draw a bar for each claim: its cases by verdict, in percent, with their numbers.

    Cases are runs, pairs of weights, or settings of a start. A claim that is violated
    without a certificate says so.
    """
    claims = results.claims
    figure = Figure(figsize=(7, 1.1 + 0.27 * len(claims)), layout="constrained")
    axes = figure.subplots()
    counts = {
        "holds": claims["holds"] - claims["holds_u_empty"],
        "holds, u empty": claims["holds_u_empty"],
        "violated": claims["violated"],
        "undecided": claims["undecided"],
        "not applicable": claims["not_applicable"],
    }
    total = pd.DataFrame(counts).sum(axis=1).clip(lower=1)
    begin = 0.0 * total
    labels = [_claim_label(row, results) for _, row in claims.iterrows()]
    for verdict, number in counts.items():
        share = 100 * number / total
        bars = axes.barh(
            labels, share, left=begin, color=_VERDICTS[verdict], label=verdict
        )
        texts = [str(n) if s > 6 else "" for n, s in zip(number, share)]
        axes.bar_label(bars, texts, label_type="center", fontsize=7)
        begin = begin + share
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("cases (%)")
    figure.legend(loc="outside upper center", ncols=5, frameon=False)
    return figure


def _claim_label(claim: pd.Series, results: Results) -> str:
    """Name a claim; a violated one with its number of certificates."""
    if not claim["violated"]:
        return claim["claim"]
    known = results.certificates
    number = (known["claim"].eq(claim["claim"]) & known["stands"].eq(True)).sum()
    certified = f"{number} certified" if number else "no certificate"
    return f"{claim['claim']} ({certified})"

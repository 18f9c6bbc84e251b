"""The claims of a sweep as bars: how many cases hold, and how many do not."""

import pandas as pd
from matplotlib.figure import Figure

from rvsjax.results.results import Results

__all__ = ["draw_claims"]

_VERDICTS = {
    "holds": "#009E73",
    "holds, u empty": "#A8DCC8",
    "violated": "#D55E00",
    "undecided": "#E69F00",
    "not applicable": "#BBBBBB",
}


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
    axes.margins(y=0.01)
    axes.set_xlim(0, 100)
    axes.set_xlabel("cases (%)")
    figure.legend(loc="outside upper center", ncols=5, frameon=False)
    return figure


def _claim_label(claim: pd.Series, results: Results) -> str:
    """Name a claim; a violated one with its number of certificates."""
    if not claim["violated"] or not results.is_about_runs(claim["claim"]):
        return claim["claim"]
    known = results.certificates
    number = (known["claim"].eq(claim["claim"]) & known["stands"].eq(True)).sum()
    certified = f"{number} certified" if number else "no certificate"
    return f"{claim['claim']} ({certified})"

"""The question that a sweep asks, and the answer in sentences with numbers."""

from typing import Any

import numpy as np
import pandas as pd

from rvsjax.errors import counted
from rvsjax.report.measures import Measure
from rvsjax.report.parameters import Parameter
from rvsjax.report.words import number, percent, title

__all__ = ["answer"]

_MOST_METHODS = 4
_MOST_NAMED = 4


def answer(
    runs: pd.DataFrame,
    claims: list[dict[str, Any]],
    measures: list[Measure],
    method: Parameter | None,
) -> list[str]:
    """Return sentences: what the claims came to, where runs end, and how many do."""
    sentences = [_of_claims(claims), *_of_measure(measures, method, len(runs))]
    return [x for x in [*sentences, _of_runs(runs)] if x]


def _of_runs(runs: pd.DataFrame) -> str:
    counts = runs["status"].value_counts()
    whole = counted(len(runs), "run")
    if list(counts.index) == ["ok"]:
        return f"{whole}, all ok." if len(runs) > 1 else f"{whole}, ok."
    told = ", ".join(f"{n:,} {status}" for status, n in counts.items())
    return f"{whole}: {told}."


def _of_claims(claims: list[dict[str, Any]]) -> str:
    if not claims:
        return ""
    violated = [x for x in claims if x["violated"]]
    judged = [x for x in claims if x["holds"] or x["violated"] or x["undecided"]]
    sound = [x for x in judged if not x["violated"] and not x["undecided"]]
    parts = []
    if violated:
        named = "; ".join(map(_violation, violated[:_MOST_NAMED]))
        more = len(violated) - _MOST_NAMED
        named += f"; and {more} more" if more > 0 else ""
        verb = "is" if len(violated) == 1 else "are"
        parts.append(f"{counted(len(violated), 'claim')} {verb} violated: {named}")
    if sound:
        where = "in every case that meets their hypotheses"
        verb = "holds" if len(sound) == 1 else "hold"
        parts.append(f"{len(sound)} of {counted(len(judged), 'claim')} {verb} {where}")
    if doubtful := len([x for x in judged if x["undecided"] and not x["violated"]]):
        verb = "is" if doubtful == 1 else "are"
        parts.append(f"{doubtful} {verb} undecided in some cases")
    if never := len(claims) - len(judged):
        verb = "applies" if never == 1 else "apply"
        parts.append(f"{never} {verb} to no case")
    return ". ".join(parts) + "."


def _violation(claim: dict[str, Any]) -> str:
    """Say how often: ``NAME in 27 % [19, 37] of 96 judged cases``."""
    if not claim["judged"]:
        return f"{claim['name']} in {counted(claim['violated'], 'case')}"
    cases = counted(claim["judged"], "judged case")
    return f"{claim['name']} in {claim['rate']} {claim['interval']} of {cases}"


def _of_measure(
    measures: list[Measure], method: Parameter | None, runs: int
) -> list[str]:
    """Say what the main measure is in the median, by method where these are few."""
    main = next(iter(measures), None)
    if main is None:
        return []
    codes, values = np.zeros(runs, np.int64), [""]
    if method and len(method.values) <= _MOST_METHODS:
        codes, values = method.codes, method.values
    found, counts = main.sorted.quantiles(codes, len(values), (0.1, 0.5, 0.9))
    told = "; ".join(
        f"{value} {number(middle, 2)} ({number(low, 2)} to {number(high, 2)})".strip()
        for value, low, middle, high, n in zip(values, *found, counts)
        if n
    )
    there = f"{np.isfinite(main.values).sum():,} of {counted(runs, 'run')}"
    name = title(main.label)
    if main.share:
        return [f"{name}: {percent(float(np.nanmean(main.values)))} of {there}."]
    return [f"{name}, median and 10 to 90 % range of {there}: {told}."]

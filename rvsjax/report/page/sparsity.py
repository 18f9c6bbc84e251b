"""Sparsity and support recovery against lam/beta, by penalty."""

from typing import Any

import numpy as np
import pandas as pd

from rvsjax.report.measures import Measure
from rvsjax.report.page.pack import listed
from rvsjax.report.quantiles import BAND, Sorted
from rvsjax.report.words import number

__all__ = ["sparsity_content"]

MOST_RATIOS = 24
_BINS = 12
_ABOUT = ("nnz", "support", "sparsity", "zeros")


def sparsity_content(
    runs: pd.DataFrame, measures: list[Measure]
) -> dict[str, Any] | None:
    """Return medians and bands of what is said of supports, None where nothing is.

    A line a penalty against lam/beta, where that differs; runs without a lam or a beta
    are not in it. In either case a table by penalty.
    """
    about = [x for x in measures if any(word in x.name for word in _ABOUT)]
    about = [x for x in about if np.nanmax(np.abs(x.values)) > 0]
    if not about:
        return None
    names, penalty = _penalties(runs)
    ratio = _ratio(runs)
    centres, codes = _binned(ratio)
    groups = np.where(codes < 0, -1, penalty * len(centres) + codes)
    return {
        "rows": _table(names, penalty, about),
        "heads": [x.label for x in about],
        "runs": int(np.isfinite(ratio).sum()),
        "of": len(runs),
        "measures": [
            {"label": x.label, "lines": _lines(x, names, centres, groups)}
            for x in about
        ]
        if len(centres) > 1
        else [],
    }


def _penalties(runs: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """Return the names of the penalties, and which of them each run has."""
    if "p_penalty" not in runs:
        return ["all runs"], np.zeros(len(runs), np.int64)
    codes, names = pd.factorize(runs["p_penalty"].fillna("no penalty"), sort=True)
    return [str(name) for name in names], codes.astype(np.int64)


def _ratio(runs: pd.DataFrame) -> np.ndarray:
    if not {"p_lam", "p_beta"} <= set(runs):
        return np.full(len(runs), np.nan)
    lam, beta = (runs[x].to_numpy(float, na_value=np.nan) for x in ("p_lam", "p_beta"))
    with np.errstate(all="ignore"):
        ratio = lam / beta
    return np.where(ratio > 0, ratio, np.nan)


def _binned(ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ratios and which each run has; medians of equal parts where many."""
    finite = np.isfinite(ratio)
    digits = np.round(np.log(ratio), 9)  # equal ratios, but for rounding, are one
    known, first = np.unique(digits[finite], return_index=True)
    if len(known) <= MOST_RATIOS:
        codes = np.searchsorted(known, digits)
        return ratio[finite][first], np.where(finite, codes, -1)
    edges = np.unique(np.quantile(ratio[finite], np.linspace(0, 1, _BINS + 1)))
    codes = np.searchsorted(edges[1:-1], ratio, side="right")
    codes = np.where(finite, codes, -1)
    rows, _ = Sorted(ratio).quantiles(codes, len(edges) - 1, (0.5,))
    return rows[0], codes


def _lines(
    measure: Measure, names: list[str], centres: np.ndarray, groups: np.ndarray
) -> list[dict[str, Any]]:
    size = len(centres)
    found, counts = measure.sorted.quantiles(groups, len(names) * size, BAND)
    runs = np.bincount(groups[groups >= 0], minlength=len(names) * size)
    lines = []
    for i, name in enumerate(names):
        part = slice(i * size, (i + 1) * size)
        there = counts[part] > 0
        low, middle, high = (listed(x[part][there]) for x in found)
        bands = {"low": low, "middle": middle, "high": high}
        known = {"x": centres, "n": counts[part], "of": runs[part]}
        told = {key: listed(x[there]) for key, x in known.items()}
        lines.append({"value": name, **told, **bands})
    return [line for line in lines if line["x"]]


def _table(
    names: list[str], penalty: np.ndarray, measures: list[Measure]
) -> list[dict[str, Any]]:
    """Return a row a penalty: its runs, and the median of each measure, n of N."""
    size = len(names)
    runs = np.bincount(penalty, minlength=size)
    found = [x.sorted.quantiles(penalty, size, (0.5,)) for x in measures]
    return [
        {
            "value": name,
            "runs": int(runs[i]),
            "cells": [
                number(middle[0, i]) + _of(int(counts[i]), int(runs[i]))
                for middle, counts in found
            ],
        }
        for i, name in enumerate(names)
    ]


def _of(n: int, runs: int) -> str:
    return "" if n == runs else f" ({n:,} of {runs:,})"

"""Heat maps for the page: every measure over every two parameters."""

from itertools import combinations
from typing import Any

import numpy as np

from rvsjax.report.measures import Measure
from rvsjax.report.page.pack import listed
from rvsjax.report.parameters import Parameter

__all__ = ["maps_content"]

MOST_AXES = 6


def maps_content(
    parameters: list[Parameter], measures: list[Measure]
) -> dict[str, Any] | None:
    """Return cells for each pair of parameters, None where fewer than two differ.

    A cell is the median of its runs that have a number, or their share in percent; `n`
    counts them, `runs` all of the cell. Cells go row by row, the second axis upright.
    """
    axes = parameters[:MOST_AXES]
    if len(axes) < 2 or not measures:
        return None
    pairs = []
    for i, j in combinations(range(len(axes)), 2):
        across, size = len(axes[i].values), len(axes[i].values) * len(axes[j].values)
        codes = axes[j].codes * across + axes[i].codes
        cells = [_cells(x, codes, size) for x in measures]
        runs = listed(np.bincount(codes, minlength=size))
        pairs.append({"x": i, "y": j, "runs": runs, "cells": cells})
    return {
        "axes": [{"label": x.label, "values": x.values} for x in axes],
        "measures": [{"label": x.label, "share": x.share} for x in measures],
        "pairs": pairs,
    }


def _cells(measure: Measure, codes: np.ndarray, size: int) -> dict[str, Any]:
    found, counts = measure.summary(codes, size)
    found = 100 * found if measure.share else found
    return {"z": listed(found), "n": listed(counts)}

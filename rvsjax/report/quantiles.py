"""Quantiles of many groups at once, of values that are sorted once."""

from collections.abc import Sequence

import numpy as np

__all__ = ["BAND", "Sorted", "shares"]

BAND = (0.1, 0.5, 0.9)
"""Ends and middle of a band."""


class Sorted:
    """Values in order, so that each way to group them costs one pass."""

    def __init__(self, values: np.ndarray) -> None:
        """Sort the values, (n,), that are finite."""
        order = np.argsort(values)
        self._order = order[np.isfinite(values[order])]
        self._values = values[self._order]

    def quantiles(
        self, codes: np.ndarray, size: int, at: Sequence[float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return each group's quantiles, (at, size), and its finite values, (size,).

        `codes` has the group of each value, negative for none. Between two values they
        are interpolated linearly, as NumPy does; NaN where a group has no finite value.
        """
        own = codes[self._order]
        kind = np.int16 if size < 2**15 else np.int64  # sorted by radix where short
        order = np.argsort(own.astype(kind), kind="stable")[np.sum(own < 0) :]
        values = self._values[order]
        counts = np.bincount(own[own >= 0], minlength=size)
        if not len(values):
            return np.full((len(at), size), np.nan), counts
        first = np.cumsum(counts) - counts
        place = np.multiply.outer(at, np.maximum(counts - 1, 0))
        low = np.floor(place).astype(int)
        high = np.minimum(first + np.ceil(place).astype(int), len(values) - 1)
        low_values = values[np.minimum(first + low, len(values) - 1)]
        between = low_values + (place - low) * (values[high] - low_values)
        return np.where(counts > 0, between, np.nan), counts


def shares(
    values: np.ndarray, codes: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of each group's finite values, (size,), and their number."""
    known = np.isfinite(values) & (codes >= 0)
    counts = np.bincount(codes[known], minlength=size)
    sums = np.bincount(codes[known], values[known], minlength=size)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), counts

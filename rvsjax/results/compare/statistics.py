"""Differences of pairs, B - A, with seeds as the independent draws.

Pairs of one seed share their teacher and start, or the order of their images: they are
one draw, seen under several settings. Each seed counts once.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest, sem, t

__all__ = ["ClaimDifference", "MeasureDifference", "compare_claim", "compare_measure"]

_SURE = 0.95  # of an interval


class MeasureDifference(NamedTuple):
    """Differences B - A of a measurement over the pairs."""

    name: str
    pairs: int  # with a number in both
    alike: int  # pairs without a difference
    median: float | None  # over the pairs
    mean: float | None  # over the seeds, of the mean over the pairs of each
    low: float | None  # Student's 95 % interval of that mean; None for one seed
    high: float | None
    seeds: int
    up: int  # seeds of which more pairs rise than fall
    down: int
    p: float | None  # two-sided sign test over the seeds


class ClaimDifference(NamedTuple):
    """Pairs by their verdicts on a claim: violated in both, in one, in neither."""

    name: str
    pairs: int  # with a verdict in both
    agree: int  # the same of the four verdicts
    both: int
    only_a: int
    only_b: int
    neither: int
    up: int  # seeds of which more pairs are violated in B alone than in A alone
    down: int
    p: float | None  # two-sided sign test over the seeds


def compare_measure(
    name: str, a: pd.Series, b: pd.Series, seed: pd.Series
) -> MeasureDifference:
    """Compare the numbers of pairs; pairs without a number in both are left out."""
    x, y = (each.to_numpy(np.float64, na_value=np.nan) for each in (a, b))
    with np.errstate(over="ignore", invalid="ignore"):
        change = y - x
    there = np.isfinite(change)
    change, draws = pd.Series(change[there]), _draws(seed[there])
    if change.empty:
        return MeasureDifference(name, 0, 0, None, None, None, None, 0, 0, 0, None)
    with np.errstate(over="ignore", invalid="ignore"):
        means = change.groupby(draws).mean()
        mean, half = float(means.mean()), _half_width(means)
        median = float(change.median())
    up, down, p = _sign_test(change, draws)
    return MeasureDifference(
        name,
        pairs=len(change),
        alike=int(change.eq(0).sum()),
        median=_told(median),
        mean=_told(mean),
        low=None if half is None else _told(mean - half),
        high=None if half is None else _told(mean + half),
        seeds=len(means),
        up=up,
        down=down,
        p=p,
    )


def compare_claim(
    name: str, a: pd.Series, b: pd.Series, seed: pd.Series
) -> ClaimDifference:
    """Compare the verdicts of pairs; pairs without a verdict in both are left out."""
    there = (a.notna() & b.notna()).to_numpy(bool)
    a, b = a[there], b[there]
    in_a, in_b = (x.eq("violated").to_numpy(bool) for x in (a, b))
    change = pd.Series(in_b.astype(int) - in_a.astype(int))
    return ClaimDifference(
        name,
        len(a),
        int((a.to_numpy(object) == b.to_numpy(object)).sum()),
        int((in_a & in_b).sum()),
        int((in_a & ~in_b).sum()),
        int((in_b & ~in_a).sum()),
        int((~in_a & ~in_b).sum()),
        *_sign_test(change, _draws(seed[there])),
    )


def _told(number: float) -> float | None:
    """Return a number, None where it is beyond what a float holds."""
    return number if np.isfinite(number) else None


def _draws(seed: pd.Series) -> np.ndarray:
    """Return a number for each seed, and one for all that are not told."""
    return pd.factorize(seed.to_numpy(np.float64, na_value=np.nan))[0]


def _half_width(means: pd.Series) -> float | None:
    """Return half of Student's interval of the mean: t sd / sqrt(n); None for one."""
    if len(means) < 2:
        return None
    most = t.ppf((1 + _SURE) / 2, len(means) - 1)
    return float(most * sem(means)) if means.nunique() > 1 else 0.0


def _sign_test(change: pd.Series, draws: np.ndarray) -> tuple[int, int, float | None]:
    """Return the seeds that rise, those that fall, and how likely chance is as far.

    A seed rises where more of its pairs rise than fall; ties are left out.
    """
    ways = pd.Series(np.sign(change.to_numpy()))
    votes = ways.groupby(draws).sum()
    up, down = int((votes > 0).sum()), int((votes < 0).sum())
    return up, down, float(binomtest(up, up + down).pvalue) if up + down else None

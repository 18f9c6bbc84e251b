"""The start of a run on the sphere: "with high probability", in numbers."""

from typing import NamedTuple

import numpy as np
from scipy.special import betainc
from scipy.stats import binomtest

__all__ = ["FALSE_ALARMS", "Share", "cap_probability", "start_probability"]

FALSE_ALARMS = 1e-6
"""How often a true probability may be called violated, by chance alone."""


class Share(NamedTuple):
    """Share of the starts of one setting that satisfy ``beta <= K sin(delta)``."""

    satisfied: int
    starts: int
    probability: float  # by the closed form


def cap_probability(d: int, sine: float) -> float:
    """Return ``P(theta_0 <= pi - delta) = 1 - I_{sin^2 delta}((d-1)/2, 1/2) / 2``.

    For w^0 uniform on the sphere in d dimensions and ``delta = arcsin(sine) <= pi/2``,
    with I the regularised incomplete beta function. In one dimension w^0 is w_star or
    its opposite: 1/2 for every positive delta. 0 where ``sine > 1``: no start will do.
    """
    if sine > 1:
        return 0.0
    if d == 1:
        return 0.5 if sine > 0 else 1.0
    return float(1 - betainc((d - 1) / 2, 0.5, sine**2) / 2)


def start_probability(shares: list[Share]) -> list[str]:
    """``P(theta_0 <= pi - delta) = 1 - I_{sin^2 delta}((d-1)/2, 1/2)/2``, uniform w^0.

    The probability that a uniform start satisfies ``beta <= K sin(delta)``, hypothesis
    (i), is that of the cap with ``sin(delta) = beta/K``.
    Hypotheses: ``w^0`` is uniform on the sphere.
    Observed: the share of the starts of one d and one ``beta/K`` that satisfy it. It
    holds where the closed form lies in the Wilson 95 % interval of the share; violated
    where an exact binomial test rejects it at 1e-6 over all settings; undecided in
    between.
    Source: Section 3, "with high probability"; derived.
    """
    return [_verdict(share, FALSE_ALARMS / len(shares)) for share in shares]


def _verdict(share: Share, level: float) -> str:
    p = min(max(share.probability, 0.0), 1.0)
    test = binomtest(share.satisfied, share.starts, p)
    low, high = test.proportion_ci(0.95, method="wilson")
    if low <= p <= high or np.isclose(p, share.satisfied / share.starts, atol=1e-15):
        return "holds"
    return "violated" if test.pvalue < level else "undecided"

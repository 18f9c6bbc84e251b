"""Bound on how far rounding can have moved the iterates of a run."""

from math import inf

from mpmath import mpf

from rvsjax.theory.exact.arithmetic import Vector, fixed
from rvsjax.theory.exact.penalties import ExactPenalty

__all__ = ["ErrorBound"]

# 7e-49, 2^32 units: far more than what is rounded in one step of size 1, where the prox
# of transformed-l1 rounds by about 1/a^2 units (a above 1e-4), and the rest by a few
GRAIN = 2.0**-160
_STEEP = 1.5  # slope from which it is looked up where the weights are


class ErrorBound:
    """A bound ``e`` of ``|w - exact w|``, led through a run with its steps.

    Of ``v = keep w + couple u + learn w_star``, u is moved by at most ``spread(w)`` and
    v by ``r = |keep| e + couple spread(w) + rounding``, so that the next w is by
    ``2 r / (|v| + |exact v|) <= r / (|v| - r/2)``, where that is positive. Nothing is
    known once a coordinate is within e of a jump of the prox.
    """

    def __init__(
        self, keep: mpf, couple: mpf, learn: mpf, penalty: ExactPenalty
    ) -> None:
        """Begin a run with these coefficients."""
        self.keep, self.couple = abs(float(keep)), float(couple)
        self.rounding = GRAIN * (1 + self.keep + self.couple + float(learn))
        self.slope, self.jumps = float(penalty.slope), penalty.jumps
        self.steepest = penalty.steepest
        self.threshold, self.one = fixed(penalty.threshold), fixed(1)
        self.w = GRAIN

    def spread(self, w: Vector) -> float:
        """Return how far ``prox(w)`` is moved at most."""
        if self.w == inf:
            return inf
        t = self.threshold
        if self.jumps and min(abs(abs(p) - t) for p in w) <= self.w * self.one:
            return inf
        slope = self.slope if self.slope <= _STEEP else self.steepest(w, self.w)
        return float(slope) * self.w

    def step(self, w: Vector, length: int) -> float:
        """Go on from w by a step with this ``|v|``; return a bound for both w and u."""
        u, v = self.spread(w), length / self.one
        r = self.keep * self.w + self.couple * u + self.rounding
        self.w = r / (v - r / 2) if r < v else inf
        return max(self.w, u)

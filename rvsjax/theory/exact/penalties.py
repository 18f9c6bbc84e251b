"""Penalties: threshold, value and prox, and how far the prox spreads an error."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mpmath import inf, mp, mpf

from rvsjax.theory.exact.arithmetic import (
    DIGITS,
    RESOLUTION,
    Vector,
    fixed,
    inverse,
    real,
)
from rvsjax.theory.exact.case import ExactCase

__all__ = ["PENALTIES", "ExactPenalty", "exact_penalty"]


class ExactPenalty(NamedTuple):
    """A penalty P at the scale ``m = lam/beta`` of its prox."""

    threshold: Any  # an mpf: the prox is 0 exactly where |x| is at most this
    value: Callable[[Vector], int]
    prox: Callable[[Vector], Vector]
    slope: Any = mpf(1)  # the largest of the prox, away from a jump
    jumps: bool = False  # at the threshold
    slope_at: Callable[[Any], Any] = lambda x: mpf(1)  # of the prox at x > threshold
    breaks: Sequence[Any] = ()  # where else it jumps
    kinks: Sequence[Any] = ()  # where its slope rises
    whole: Callable[[list[Any], Any], Any] | None = None
    """`steepest` of a prox that is not made of coordinates."""

    def steepest(self, w: Vector, radius: Any) -> Any:
        """Return the largest slope of the prox within a radius of each coordinate.

        Beyond the threshold slopes fall, but for kinks. Infinite where the prox jumps
        there.
        """
        if self.whole:
            return self.whole([real(x) for x in w], radius)
        slopes = [mpf(0)]
        for x in map(abs, map(real, w)):
            if x + radius > self.threshold:
                jump = self.jumps and x - radius <= self.threshold
                nearest = max(x - radius, self.threshold)
                slopes.append(inf if jump else self.slope_at(nearest))
                ends = nearest, x + radius
                slopes += [self.slope_at(k) for k in self.kinks if _within(k, ends)]
                slopes += [inf for k in self.breaks if _within(k, ends)]
        return max(slopes)


def _within(x: Any, ends: tuple[Any, Any]) -> bool:
    return ends[0] <= x <= ends[1]


def l1(m: mpf) -> ExactPenalty:
    """``P(u) = sum_j |u_j|``, prox ``sgn(x) max(|x| - m, 0)``."""
    t = fixed(m)

    def prox(x: Vector) -> Vector:
        return [p - t if p > t else p + t if p < -t else 0 for p in x]

    return ExactPenalty(m, lambda u: sum(map(abs, u)), prox)


def l0(m: mpf) -> ExactPenalty:
    """``P(u) = #{j : u_j != 0}``, prox ``x`` where ``|x| > sqrt(2 m)``, else 0."""
    threshold: Any = mp.sqrt(2 * m)
    t, one = fixed(threshold), fixed(1)

    def prox(x: Vector) -> Vector:
        return [p if abs(p) > t else 0 for p in x]

    return ExactPenalty(threshold, lambda u: sum(map(bool, u)) * one, prox, jumps=m > 0)


def transformed_l1(m: mpf, a: mpf) -> ExactPenalty:
    """``P(u) = sum_j (a + 1) |u_j| / (a + |u_j|)``, prox of Lemma 8.

    Above the threshold it is the largest root of ``m a (a + 1) / (a + u)^2 + u = x``.
    With ``y = a + u`` that is ``y^2 (a + x - y) = m a (a + 1)``, by Newton's method
    from ``y = a + x`` downward: the left side is concave beyond its maximum.
    Its slope is ``1 / (1 - 2 m a (a + 1) / y^3)``, the largest at the threshold.
    """
    one = fixed(1)
    s = mp.sqrt(2 * m * (a + 1))  # the prox jumps to s - a where that is positive
    if s <= a:
        threshold, slope = m * (a + 1) / a, inverse(1 - (s / a) ** 2)
    else:
        threshold, slope = s - a / 2, inverse(1 - a / s)
    t, offset, cube = fixed(threshold), fixed(a), fixed(m * a * (a + 1)) * one**2

    def root(x: int) -> int:
        y = top = offset + x
        while step := (cube - y * y * (top - y)) // (y * (3 * y - 2 * top)):
            y -= step
        return y - offset

    def prox(x: Vector) -> Vector:
        return [0 if abs(p) <= t else root(p) if p > 0 else -root(-p) for p in x]

    def value(u: Vector) -> int:
        return sum((offset + one) * abs(p) // (offset + abs(p)) for p in u)

    def slope_at(x: Any) -> Any:
        y = a + real(root(fixed(x)))
        return inverse(1 - 2 * m * a * (a + 1) / y**3)

    return ExactPenalty(threshold, value, prox, slope, jumps=s > a, slope_at=slope_at)


def no_penalty(m: mpf) -> ExactPenalty:
    """``P(u) = 0``, prox ``x``."""
    return ExactPenalty(mpf(0), lambda u: 0, lambda x: x)


PENALTIES = {"l0": l0, "l1": l1, "transformed-l1": transformed_l1, None: no_penalty}
"""Those of the paper, in whole numbers, which are ten times as fast."""


def coordinatewise(penalty: Any) -> ExactPenalty:
    """Return the penalty whose coordinates have a prox as `rvsjax.penalties.ExactProx`.

    It jumps where the branch does not begin at 0.
    """
    t = fixed(penalty.threshold)

    def of_one(p: int) -> int:
        if abs(p) <= t:
            return 0
        u = fixed(penalty.branch(real(abs(p))))
        return u if p > 0 else -u

    return ExactPenalty(
        threshold=penalty.threshold,
        value=lambda u: sum(fixed(penalty.value(real(abs(p)))) for p in u if p),
        prox=lambda x: [of_one(p) for p in x],
        slope=inf
        if penalty.breaks
        else max(map(penalty.slope, (penalty.threshold, *penalty.kinks))),
        jumps=penalty.branch(penalty.threshold) > RESOLUTION,
        slope_at=penalty.slope,
        breaks=penalty.breaks,
        kinks=penalty.kinks,
    )


def of_vectors(penalty: Any) -> ExactPenalty:
    """Return the penalty of a `rvsjax.penalties.ExactVectorProx`."""
    return ExactPenalty(
        threshold=penalty.threshold,
        value=lambda u: fixed(penalty.value([real(p) for p in u])),
        prox=lambda x: [fixed(p) for p in penalty.prox([real(p) for p in x])],
        slope=inf,
        whole=penalty.steepest,
    )


def exact_penalty(case: ExactCase, m: mpf) -> ExactPenalty:
    """Return the penalty of a case at the scale m.

    Raises ValueError where it is not known in exact numbers.
    """
    own = {name: mpf(x) for name, x in case.own}
    if case.penalty in PENALTIES:
        return PENALTIES[case.penalty](m, **own)
    if not hasattr(case.kind, "exact"):
        raise ValueError(f"the penalty {case.penalty} is not known in {DIGITS} digits")
    found = case.kind.exact(m, **own)
    if hasattr(found, "steepest"):
        return of_vectors(found)
    return coordinatewise(found)

"""The limit of a run in closed form."""

from collections.abc import Callable
from functools import cached_property

from mpmath import inf, mpf

from rvsjax.exact.numbers import (
    RESOLUTION,
    Vector,
    across,
    angle,
    combine,
    distance,
    fixed,
    inverse,
    norm,
    real,
    unit,
)

__all__ = ["Limit"]


class Limit:
    """``w_bar`` and ``u_bar = prox(w_bar)``."""

    def __init__(
        self,
        w_star: Vector,
        b: mpf,
        prox: Callable[[Vector], Vector],
        end: Vector,
        drift: float,
    ) -> None:
        """Go where ``w <- (w_star + b prox(w)) / |.|`` leads from the end of a run.

        The run has converged if that is near, wherever within ``drift`` it ended.
        """
        self.w_star, self.b, w, found = w_star, b, end, False
        for _ in range(2000):
            before = w
            w, _ = unit(self.target(prox(w)))
            if found := distance(w, before) * 10**45 < fixed(1):
                break
        self.w, self.u = w, prox(w)
        self.converged = found and distance(w, end) / fixed(1) + drift <= 1e-4

    def target(self, u: Vector) -> Vector:
        """Return ``w_star + b u``, which the limit is parallel to (equation 12)."""
        return combine((fixed(1), self.w_star), (fixed(self.b), u))

    @property
    def theta(self) -> mpf:
        """The angle of ``w_bar`` and the teacher in radians."""
        return angle(self.w, self.w_star)

    @property
    def across(self) -> mpf:
        """``|u_bar| sin gamma``, gamma the angle of ``w_bar`` and ``u_bar``."""
        return across(self.u, self.w)

    @cached_property
    def C(self) -> mpf:  # noqa: N802 (the paper's constant)
        """``1 / (|w_star + b u_bar| - b)``, infinite where that is not positive."""
        return inverse(real(norm(self.target(self.u))) - self.b)

    @property
    def error(self) -> mpf:
        """How far rounding can have moved what is observed here.

        The iteration, which took at most 2000 steps from 1e-4 to 1e-45, leaves an error
        below 1e-43; ``dC = C^2 d|.|`` is what grows it most.
        """
        return RESOLUTION * (max(1, self.C**2) if self.C < inf else 1)

"""The limit of a run, and a proof that the run goes there."""

from functools import cached_property
from typing import TYPE_CHECKING

from mpmath import inf, mpf

from rvsjax.theory.exact.arithmetic import (
    RESOLUTION,
    Vector,
    across,
    angle,
    combine,
    distance,
    dot,
    fixed,
    inverse,
    norm,
    real,
    unit,
)

if TYPE_CHECKING:
    from rvsjax.theory.exact.replay import ExactRun

__all__ = ["ExactLimit"]

_NEAR = mpf("2e-5")  # to its limit is a run that has converged


class ExactLimit:
    """``w_bar`` and ``u_bar = prox(w_bar)``, with what the last step proves of them.

    With ``G(x) = w_star + b prox(x)`` a step is ``S(x) = V/|V|``,
    ``V = (1 - tau) x + s G(x)``, ``s = eta K`` and ``tau = s (1 + b)``. On a ball of
    radius R around the last iterate w without a jump of the prox, whose slope there is
    at most p, ``|V| >= 1 - tau + s P`` with
    ``P = <G, w> (1 - R^2/2) - (b p + |G across w|) R``. Where ``pull``, that is
    ``P - b p - 2 max(tau - 1, 0)/s``, is positive, S contracts on the ball. From the
    last move x follows ``|w - w_bar| <= reach``, with
    ``reach = ((|1/s - 1 - b| + b p) x + rounding) / pull`` (Banach), if that is at most
    R.
    """

    def __init__(self, run: "ExactRun") -> None:
        """Take a run that has been led to its last step."""
        self.run, self.b, self.w_star = run, run.b, run.w_star
        self.end, self.moved = run.last, run.moved
        self.s, self.tau = run.eta * run.K, run.eta * (run.beta + run.K)
        self.target_at_end = self.target(run.penalty.prox(self.end.w))
        reach = self._reach(mpf(0))
        radius = 2 * reach + 2 * self.moved
        self.radius = radius
        self.reach = reach = self._reach(radius) if radius < 1 else inf
        self.attracts = bool(reach <= radius)
        self.w, self.u = self._solve()

    def target(self, u: Vector) -> Vector:
        """Return ``w_star + b u``, which the limit is parallel to (equation 12)."""
        return combine((fixed(mpf(1)), self.w_star), (fixed(self.b), u))

    def _pull(self, radius: mpf) -> mpf:
        w, target = self.end.w, self.target_at_end
        along, aside = real(dot(target, w)), across(target, w)
        slope = self.b * self.run.penalty.steepest(w, radius)
        least = along * (1 - radius**2 / 2) - (slope + aside) * radius
        return least - slope - 2 * max(self.tau - 1, mpf(0)) / self.s

    def _reach(self, radius: mpf) -> mpf:
        if not self.s:
            return inf
        pull = self._pull(radius)
        return self.open_(radius) / pull if pull > 0 else inf

    def open_(self, radius: mpf) -> mpf:
        """Return the bound on ``|w_star + b u - c w|`` of the last move."""
        slope = self.b * self.run.penalty.steepest(self.end.w, radius)
        left = abs(1 / self.s - 1 - self.b) + slope
        return left * self.moved + (1 / self.s + left) * mpf(self.end.drift)

    @property
    def residual(self) -> mpf:
        """The bound of the equations at the last iterate."""
        return self.open_(self.radius)

    def _solve(self) -> tuple[Vector, Vector]:
        """Go where ``w <- (w_star + b prox(w)) / |.|`` leads from the end."""
        w, prox = self.end.w, self.run.penalty.prox
        self.found = False
        for _ in range(2000):
            before = w
            w, _ = unit(self.target(prox(w)))
            if distance(w, before) * 10**45 < fixed(mpf(1)):
                self.found = True
                break
        return w, prox(w)

    @cached_property
    def converged(self) -> bool:
        """True where the run is proved to go to ``w_bar``, and is near."""
        near = real(distance(self.w, self.end.w)) + mpf(self.end.drift)
        return self.found and self.attracts and near <= _NEAR

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
        """Bound on what rounding can have done to what is observed here.

        The iteration, which took at most 2000 steps from 2e-5 to 1e-45, leaves an error
        below 1e-43; ``dC = C^2 d|.|`` is what grows it most.
        """
        return RESOLUTION * (max(1, self.C**2) if self.C < inf else 1)

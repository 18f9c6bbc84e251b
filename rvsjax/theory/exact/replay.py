"""A run, one iterate at a time."""

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice

from mpmath import inf, mp, mpf

from rvsjax.theory.exact.arithmetic import (
    Vector,
    angle,
    combine,
    direction,
    distance,
    fixed,
    precisely,
    real,
    unit,
)
from rvsjax.theory.exact.case import ExactCase
from rvsjax.theory.exact.error_bound import ErrorBound
from rvsjax.theory.exact.limit import ExactLimit
from rvsjax.theory.exact.penalties import exact_penalty

__all__ = ["ExactRun", "ExactState", "Watch", "iterate"]

Watch = Callable[[int], object]  # is told the number of every step


class ExactState:
    """``w^t``, ``u^t = prox(w^{t-1})`` and the ``|v|`` of the step that led to them."""

    def __init__(
        self, run: "ExactRun", t: int, w: Vector, u: Vector, length: int, drift: float
    ) -> None:
        """Take an iterate of a run, of which w and u are moved by at most a drift."""
        self.run, self.t, self.w, self.u = run, t, w, u
        self.length, self.drift = length, drift

    @cached_property
    def theta(self) -> mpf:
        """The angle of w and the teacher in radians."""
        return angle(self.w, self.run.w_star)

    @cached_property
    def lagrangian(self) -> mpf:
        """``L_beta(u, w) = K theta + lam P(u) + (beta/2) |w - u|^2``, equation (9)."""
        run = self.run
        penalty = run.lam * real(run.penalty.value(self.u))
        coupling = run.beta / 2 * real(distance(self.w, self.u)) ** 2
        return run.K * self.theta + penalty + coupling

    @cached_property
    def error(self) -> mpf:
        """Bound on what rounding can have done to theta and the Lagrangian.

        Where w and u move by e, theta moves by at most ``(pi/2) e``, the coupling by
        ``4 beta e``, and ``lam P(u)`` by ``beta e``, as ``lam P'(u) = beta (w - u)``.
        """
        return self.run.reach * mpf(self.drift)


class ExactRun:
    """The constants of a problem, its iterates one at a time, and its limit."""

    def __init__(self, problem: ExactCase, watch: Watch = lambda step: None) -> None:
        """Compute what all steps share."""
        self.problem, self.watch = problem, watch
        k = problem.k if problem.readout == "sum" else mpf(1) / problem.k
        self.K = k / (2 * mp.pi)
        self.lam, self.beta = mpf(problem.lam or 0), mpf(problem.beta or 0)
        self.eta, self.b = mpf(problem.eta), self.beta / self.K
        m = self.lam / self.beta if problem.penalty else mpf(0)
        self.penalty = exact_penalty(problem, m)
        self.w_star = direction(problem.w_star)
        self.w_start = direction(problem.w_start)
        self.root_d = mp.sqrt(len(self.w_star))
        self.reach = 2 + 2 * self.K + 5 * self.beta  # see State.error
        self.shortest = inf  # |v| of the steps so far
        self.moved = inf  # |w^t - w^{t-1}| of the last of them
        self._kept: list[ExactState] | None = None

    def keep(self) -> None:
        """Take all steps now, and keep the states, for several claims."""
        self._kept = list(self.states())

    def states(self) -> Iterator[ExactState]:
        """Yield the iterates from ``t = 0``.

        ``v = w - eta K (w - w_star) - eta beta (w - u)``, the coarse gradient being
        ``K (w - w_star)`` (Lemma 2).
        """
        if self._kept is not None:
            yield from self._kept
            return
        prox, w = self.penalty.prox, self.w_start
        couple, learn = self.eta * self.beta, self.eta * self.K
        factors = mpf(1) - couple - learn, couple, learn
        drift = ErrorBound(*factors, self.penalty)
        keep, couple, learn = map(fixed, factors)
        self.last = ExactState(
            self, 0, w, prox(w), fixed(1), max(drift.w, drift.spread(w))
        )
        yield self.last
        for t in range(1, self.problem.steps + 1):
            u, before = prox(w), w
            w, length = unit(combine((keep, w), (couple, u), (learn, self.w_star)))
            self.shortest = min(self.shortest, length)
            self.last = ExactState(self, t, w, u, length, drift.step(before, length))
            self.moved = real(distance(w, before))
            self.watch(t)
            yield self.last

    @cached_property
    def delta(self) -> mpf:
        """``pi - theta_0``."""
        return mp.pi - angle(self.w_start, self.w_star)

    @cached_property
    def limit(self) -> ExactLimit:
        """Limit that the run leads to."""
        for _ in self.states():
            pass
        return ExactLimit(self)


def iterate(problem: ExactCase, step: int) -> tuple[float, ...]:
    """Return ``w^step``, rounded to floats."""
    with precisely():
        state = next(islice(ExactRun(problem).states(), step, None))
        return tuple(float(real(x)) for x in state.w)

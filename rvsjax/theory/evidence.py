"""Evidence for the claims: a run, its outcome, the hypotheses and the limit."""

import functools
import math
import operator
from functools import cached_property

import jax
import jax.numpy as jnp

from rvsjax.algorithms import ALGORITHMS, COMPENSATED
from rvsjax.models.gradients import Population
from rvsjax.models.no_overlap import angle, unit
from rvsjax.penalties import L1, Largest, is_in_corollary_1_1
from rvsjax.simulation import rounding
from rvsjax.simulation.limit import Limit, limit_point
from rvsjax.simulation.monitor import NEVER, SETTLED, Monitor
from rvsjax.simulation.run import Run, lagrangian
from rvsjax.simulation.simulate import Outcome
from rvsjax.theory.attraction import Attraction, attraction, widest
from rvsjax.theory.check import Check
from rvsjax.types import Array, Hyper, State

__all__ = ["IN_COROLLARY_1_1", "Evidence", "Hypotheses"]

IN_COROLLARY_1_1 = "the penalty is l0 or transformed-l1"
"""The hypothesis in tables, which a class declares by its `in_corollary_1_1`."""

Hypotheses = dict[str, Array]

_ALGORITHM_1 = (ALGORITHMS["rvscgd"], COMPENSATED["rvscgd"], ALGORITHMS["cgd"])


class Evidence:
    """A run and its outcome, with what several claims ask of them, computed once."""

    def __init__(self, run: Run, outcome: Outcome, limit: Limit | None = None) -> None:
        """Take the run as it was asked and as it ended, and its limit if known."""
        self.run = run
        self.outcome = outcome
        self.limit = limit_point(run, outcome.state.w) if limit is None else limit
        self.d = run.start.size
        self.K = run.teacher.K
        self.b = run.hyper.beta / self.K

    @property
    def seen(self) -> Monitor:
        """The monitors at the end of the run."""
        return self.outcome.monitor

    @cached_property
    def theta_0(self) -> Array:
        """``theta(w^0, w_star)`` in radians, as every step of the run measures it."""
        return self.run.teacher.theta(self.run.start)

    @cached_property
    def delta(self) -> Array:
        """``pi - theta(w^0, w_star)`` in radians, in the widest precision."""
        start, w_star = self.run.start, self.run.teacher.w_star
        return math.pi - angle(*(unit(x.astype(widest())) for x in (start, w_star)))

    @cached_property
    def exact(self) -> Hyper:
        """The hyperparameters in the widest precision, where they are the same."""
        return jax.tree.map(lambda x: x.astype(widest()), self.run.hyper)

    # -- hypotheses --------------------------------------------------------------------

    @cached_property
    def completed(self) -> Hypotheses:
        """The claims speak of the run: every step is one of Algorithm 1, to its end."""
        stated = (
            self.run.algorithm in _ALGORITHM_1 and self.run.gradient == Population()
        )
        return {
            "every step has a direction": self.seen.first_bad_step == NEVER,
            "Algorithm 1 with the expected gradient": self._constant(stated),
        }

    def _at_most(
        self, name: str, x: Array, most: Array | float, error: Array | float
    ) -> Hypotheses:
        """Say whether ``x <= most``, and note where rounding decides that."""
        self._close[name] = jnp.abs(x - most) <= error
        return {name: x <= most}

    @cached_property
    def _close(self) -> Hypotheses:
        """For each hypothesis by name, whether rounding decides it."""
        return {}

    @cached_property
    def _ulp(self) -> float:
        return float(jnp.finfo(widest()).eps)

    @cached_property
    def small_coupling(self) -> Hypotheses:
        """``beta <= K sin(delta)``, ``sin(pi/2)`` where ``delta > pi/2`` (Lemma 5)."""
        most = self.K * jnp.sin(jnp.minimum(self.delta, math.pi / 2))
        error = self.K * (self.d + 16) * self._ulp
        label = "beta <= K sin(min(delta, pi/2))"
        return self._at_most(label, self.exact.beta, most, error)

    @cached_property
    def moderate_coupling(self) -> Hypotheses:
        """``beta <= 2K`` (the cap theorem)."""
        most = 2 * self.K
        return self._at_most("beta <= 2K", self.exact.beta, most, 4 * self._ulp * most)

    @cached_property
    def in_front(self) -> Hypotheses:
        """``theta_0 <= pi - arcsin(beta/(2K))`` (the cap theorem)."""
        radius = jnp.arcsin(jnp.minimum(self.exact.beta / (2 * self.K), 1))
        label, error = "theta_0 <= pi - arcsin(beta/(2K))", (self.d + 16) * self._ulp
        return self._at_most(label, radius, self.delta, error)

    @cached_property
    def small_step(self) -> Hypotheses:
        """``eta <= 1/(beta + L)`` with ``L = K`` (Lemma 6)."""
        most = 1 / (self.exact.beta + self.K)
        label = "eta <= 1/(beta + K)"
        return self._at_most(label, self.exact.eta, most, 4 * self._ulp * most)

    @cached_property
    def no_stretch(self) -> Hypotheses:
        """``C_t = 1/|v| <= 2`` for all t (Lemma 6)."""
        error = 8 * rounding.vector_error(self.K, self.run.hyper)
        label, most = "|v| >= 1/2 at every step", -jnp.full_like(error, 0.5)
        return self._at_most(label, -self.seen.length_min, most, error)

    @cached_property
    def small_penalty(self) -> Hypotheses:
        """``lam < K / sqrt(d)`` (Theorem 1)."""
        lam, most = self.exact.lam, self.K / math.sqrt(self.d)
        self._at_most("lam < K/sqrt(d)", lam, most, 4 * self._ulp * most)
        return {"lam < K/sqrt(d)": lam < most}

    @cached_property
    def within_theorem_1(self) -> Hypotheses:
        """The hypotheses (i) to (iii) of Theorem 1, for a run that need not be over."""
        return (
            self.small_coupling
            | self.small_step
            | self.no_stretch
            | self.small_penalty
            | self.completed
        )

    @cached_property
    def converged(self) -> Hypotheses:
        """The last step proves a limit that attracts, and that it is near."""
        near = self.attraction.reach <= 2 * SETTLED
        return {"the run has converged": near, **self.completed}

    @cached_property
    def is_l1(self) -> Hypotheses:
        """The penalty is l1."""
        return {"the penalty is l1": self._constant(isinstance(self.run.penalty, L1))}

    @cached_property
    def is_thresholded(self) -> Hypotheses:
        """The penalty is one of Corollary 1.1, as its class declares.

        `Largest` counts as one, as in every table so far: its method is none of
        Algorithm 1, so that nothing is judged of it.
        """
        penalty = self.run.penalty
        truth = is_in_corollary_1_1(penalty) or isinstance(penalty, Largest)
        return {IN_COROLLARY_1_1: self._constant(truth)}

    @cached_property
    def small_threshold(self) -> Hypotheses:
        """``beta t sqrt(d) < K``, t the threshold (Corollary 1.1)."""
        label, shift = "beta t sqrt(d) < K, t the threshold", self.threshold_shift
        self._at_most(label, shift, jnp.ones_like(shift), 16 * self._ulp)
        return {label: shift < 1}

    @cached_property
    def theorem_1(self) -> Hypotheses:
        """The hypotheses of Theorem 1, and a run that has converged."""
        return self.within_theorem_1 | self.converged

    def _constant(self, truth: bool) -> Array:
        return jnp.full_like(self.seen.degenerate, truth)

    # -- verdicts ----------------------------------------------------------------------

    def check(
        self,
        hypotheses: Hypotheses,
        observed: Array,
        bound: Array | float,
        allowance: Array | float,
        shows_success: Array | None = None,
    ) -> Check:
        """Return the check of a claim, as far as the precision of the run suffices.

        A claim on the steps says by `shows_rises` or `shows_course` whether they can
        show that it holds.
        """
        edges = frozenset(self._close).intersection(hypotheses)
        return Check(
            hypotheses,
            *(jnp.asarray(x, self.w.dtype) for x in (observed, bound, allowance)),
            shows_success=self._shows if shows_success is None else shows_success,
            shows_violation=self._is_sure(edges),
        )

    def _is_sure(self, close: frozenset[str]) -> Array:
        """Say whether rounding decides nothing, none of some hypotheses among it.

        Computed once for all claims that have these.
        """
        if close not in self._sure:
            edges = [self._close[name] for name in sorted(close)]
            self._sure[close] = ~functools.reduce(operator.or_, edges, self.is_astray)
        return self._sure[close]

    @cached_property
    def _sure(self) -> dict[frozenset[str], Array]:
        return {}

    @cached_property
    def _shows(self) -> Array:
        return ~self.is_astray

    @cached_property
    def shows_course(self) -> Array:
        """The run can show where it goes: no rounding stops it on the way."""
        return self._shows & ~self.is_stalled

    @cached_property
    def shows_rises(self) -> Array:
        """The run can show that no step rises: it has moved beyond rounding."""
        return self.shows_course & ~self.never_left

    @cached_property
    def is_astray(self) -> Array:
        """Rounding may have led the run elsewhere: it is not known to be the exact one.

        Its steps may have spread rounding, or a weight was within rounding of a jump of
        the prox.
        """
        most = rounding.epsilon(self.run.hyper) ** (1 / 3)
        return ~(self.seen.drift_max <= most)

    @cached_property
    def is_stalled(self) -> Array:
        """Rounding swallows the steps, away from any limit."""
        moves = self.seen.moved > self.direction_error
        return ~(moves | self.converged["the run has converged"])

    @cached_property
    def never_left(self) -> Array:
        """The run is still where it started, as far as rounding tells."""
        way = jnp.linalg.norm(self.w - self.run.start)
        return way <= 2 * self.direction_error

    # -- rounding ----------------------------------------------------------------------

    @cached_property
    def angle_step_error(self) -> Array:
        """A bound on rounding in the change of theta over any step of the run."""
        hyper, shortest = self.run.hyper, self.seen.length_min
        return rounding.angle_step_error(self.d, self.K, hyper, shortest)

    @cached_property
    def lagrangian_step_error(self) -> Array:
        """A bound on rounding in the change of the Lagrangian over any step."""
        hyper, shortest = self.run.hyper, self.seen.length_min
        return rounding.lagrangian_step_error(self.d, self.K, hyper, shortest)

    @cached_property
    def direction_error(self) -> Array:
        """A bound on rounding in the direction of w in any step of the run."""
        return rounding.direction_error(self.K, self.run.hyper, self.seen.length_min)

    # -- the last iterate, taken for the limit -----------------------------------------

    @cached_property
    def w(self) -> Array:
        """``w^T``, which stands for ``w_bar`` where the run has converged."""
        return self.outcome.state.w

    @cached_property
    def u(self) -> Array:
        """``prox(w^T)``, which stands for ``u_bar``."""
        return self.run.algorithm.init(self.w, self.run.hyper, self.run.penalty).u

    @cached_property
    def target(self) -> Array:
        """``w_star + b u``, which is ``c w_bar`` in the limit, equation (12)."""
        return self.run.teacher.w_star + self.b * self.u

    @cached_property
    def c(self) -> Array:
        """``|w_star + b u|``."""
        return jnp.linalg.norm(self.target)

    @cached_property
    def C(self) -> Array:  # noqa: N802 (the paper's constant)
        """``C = 1/(c - b)`` of equation (12); infinite unless it is positive."""
        gap = self.c - self.b
        return jnp.where(gap > 0, 1 / gap, jnp.inf)

    @cached_property
    def C_error(self) -> Array:  # noqa: N802
        """A bound on the distance of `C` from that of the limit; it may be infinite."""
        moves = self.b * self.slope * self.reach + self.sums
        left = self.c - self.b - moves
        return jnp.where(left > 0, self.C / left * moves, jnp.inf)

    @cached_property
    def across(self) -> Array:
        """``|u| sin(gamma)``."""
        along = jnp.sum(self.u * self.w)
        return jnp.linalg.norm(self.u - along * self.w)

    @cached_property
    def lagrangian_of_limit(self) -> Array:
        """``L_beta(u_bar, w_bar)``, of the limit that is solved without the run."""
        w, u = (x.astype(self.w.dtype) for x in (self.limit.w, self.limit.u))
        return lagrangian(self.run, State(w, u))

    @cached_property
    def lam_shift(self) -> Array:
        """``lam sqrt(d) / K``, in the widest precision."""
        return self.exact.lam * math.sqrt(self.d) / self.K

    @cached_property
    def shift_error(self) -> float:
        """The rounding of a shift below 1: 16 of its ulps, and of the bound's dtype."""
        return 16 * self._ulp + float(jnp.finfo(self.w.dtype).eps)

    @cached_property
    def threshold_shift(self) -> Array:
        """``b t sqrt(d)``, t the threshold of the prox, in the widest precision."""
        beta, m = self.exact.beta, self.exact.m
        penalty = jax.tree.map(lambda x: x.astype(widest()), self.run.penalty)
        return beta / self.K * penalty.threshold(m) * math.sqrt(self.d)

    @cached_property
    def attraction(self) -> Attraction:
        """The proof that the last step gives of the limit."""
        u_is_w = self.run.algorithm == ALGORITHMS["cgd"]
        found = attraction(self.run, self.w, self.seen.moved, u_is_w)
        narrow = (x.astype(self.w.dtype) for x in found)
        return Attraction(*narrow)

    @property
    def residual(self) -> Array:
        """A bound on ``|w_star + b u - c w|`` at w^T: what is left open."""
        return self.attraction.residual

    @property
    def reach(self) -> Array:
        """A bound on ``|w^T - w_bar|``, infinite where nothing is proved."""
        return self.attraction.reach

    @property
    def slope(self) -> Array:
        """The largest slope of the prox around w^T."""
        return self.attraction.slope

    @cached_property
    def sums(self) -> Array:
        """The rounding of what is computed from w^T, u and w_star."""
        return rounding.angle_error(self.d, self.run.hyper) * (1 + self.b)

"""The last iterate of a run, which stands for its limit, and how near it is."""

import math
from functools import cached_property

import jax
import jax.numpy as jnp

from rvsjax.algorithms import ALGORITHMS
from rvsjax.simulation import rounding
from rvsjax.simulation.monitor import SETTLED
from rvsjax.simulation.run import lagrangian
from rvsjax.theory.attraction import Attraction, attraction, widest
from rvsjax.theory.run_evidence import RunEvidence
from rvsjax.types import Array, State

__all__ = ["LastIterate"]


class LastIterate(RunEvidence):
    """The numbers of equation (12) at the last iterate, with their distances to it."""

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

    @cached_property
    def has_converged(self) -> Array:
        """The last step proves a limit that attracts, and that it is near."""
        return self.reach <= 2 * SETTLED

"""The evidence of a run for claims, and the check of a claim as far as it goes."""

import functools
import operator
from functools import cached_property

import jax.numpy as jnp

from rvsjax.simulation import rounding
from rvsjax.simulation.monitor import NEVER, Monotone
from rvsjax.theory.check import Check
from rvsjax.theory.hypotheses import Hypotheses, RunHypotheses
from rvsjax.types import Array

__all__ = ["Evidence", "Hypotheses"]


class Evidence(RunHypotheses):
    """A run and its outcome, with what several claims ask of them, computed once."""

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

    def check_limit(
        self, observed: Array, bound: Array, allowance: Array | float = 0
    ) -> Check:
        """Return the check of a distance to the limit, of a run within Theorem 1.

        A limit that was not found shows no violation.
        """
        check = self.check(self.theorem_1, observed, bound, allowance)
        return check._replace(shows_violation=check.shows_violation & self.limit.found)

    def check_monotone(self, hypotheses: Hypotheses, seen: Monotone) -> Check:
        """Return the check of a value that no step raises by more than its rounding."""
        allowance = jnp.where(seen.first_increase == NEVER, jnp.inf, 0)
        return self.check(hypotheses, seen.max_increase, 0, allowance, self.shows_rises)

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
        return ~(moves | self.has_converged)

    @cached_property
    def never_left(self) -> Array:
        """The run is still where it started, as far as rounding tells."""
        way = jnp.linalg.norm(self.w - self.run.start)
        return way <= 2 * self.direction_error

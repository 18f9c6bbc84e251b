"""Hypotheses of the claims about a run, by name, each with its truth."""

import math
from functools import cached_property

import jax.numpy as jnp

from rvsjax.penalties import L1, Largest, is_in_corollary_1_1
from rvsjax.simulation import rounding
from rvsjax.simulation.monitor import NEVER
from rvsjax.theory.last_iterate import LastIterate
from rvsjax.types import Array

__all__ = ["ENDED", "IN_COROLLARY_1_1", "STATED", "Hypotheses", "RunHypotheses"]

Hypotheses = dict[str, Array]

ENDED = "every step has a direction"
STATED = "Algorithm 1 with the expected gradient"
IN_COROLLARY_1_1 = "the penalty is l0 or transformed-l1"
"""The hypothesis in tables: `rvsjax.penalties.is_in_corollary_1_1`."""


class RunHypotheses(LastIterate):
    """The hypotheses of a run; those that rounding may decide are noted."""

    @cached_property
    def completed(self) -> Hypotheses:
        """Every step is one of Algorithm 1, to the end of the run."""
        return {
            ENDED: self.seen.first_bad_step == NEVER,
            STATED: self._constant(self.run.is_stated),
        }

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
        """The run has converged, and is one of Algorithm 1."""
        return {"the run has converged": self.has_converged, **self.completed}

    @cached_property
    def is_l1(self) -> Hypotheses:
        """The penalty is l1."""
        return {"the penalty is l1": self._constant(isinstance(self.run.penalty, L1))}

    @cached_property
    def is_thresholded(self) -> Hypotheses:
        """The penalty is one of Corollary 1.1, as its class declares.

        `Largest` counts as one beside hard projection, as in every table so far: that
        is not Algorithm 1, so that nothing is judged of it.
        """
        penalty = self.run.penalty
        of_old = isinstance(penalty, Largest) and not self.run.is_algorithm_1
        truth = is_in_corollary_1_1(penalty) or of_old
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

    def _constant(self, truth: bool) -> Array:
        return jnp.full_like(self.seen.degenerate, truth)

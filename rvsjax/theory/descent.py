"""Descent of the angle and of the Lagrangian: Lemmas 5 and 6."""

import math

import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.simulate import Outcome, Run
from rvsjax.theory import hypotheses
from rvsjax.theory.check import Check

__all__ = ["lemma_5_proved", "lemma_5_stated", "lemma_6_stated"]


def lemma_5_stated(run: Run, outcome: Outcome) -> Check:
    """Lemma 5, as stated: ``theta_{t+1} <= theta_t`` for all t.

    Hypotheses: ``theta_0 <= pi - delta`` (delta is defined by equality) and
    ``beta <= K sin(delta)``. Observed: the largest change of theta over one step,
    radians. Stated in the paper; the constant K is reconstructed.
    """
    seen = outcome.monitor
    return Check(
        hypotheses.small_coupling(run, outcome),
        seen.theta_max_increase,
        jnp.zeros_like(seen.theta),
        rounding.angle_step_error(
            run.start.size, run.teacher.K, run.hyper, seen.length_min
        ),
    )


def lemma_5_proved(run: Run, outcome: Outcome) -> Check:
    """Lemma 5, as proved: ``theta_t <= pi - delta`` for all t.

    Hypotheses as stated. Where ``delta > pi/2`` the hypothesis reads ``sin(pi/2)``, so
    the conclusion is that of ``delta = pi/2``. Observed: the largest theta of the run,
    radians. The allowance lets the rounding of all steps add up.
    """
    seen, hyper = outcome.monitor, run.hyper
    drift = run.steps * rounding.direction_error(
        run.teacher.K, hyper, seen.length_min
    )
    return Check(
        hypotheses.small_coupling(run, outcome),
        seen.theta_max,
        math.pi - jnp.minimum(hypotheses.delta(run, outcome), math.pi / 2),
        2 * rounding.angle_error(run.start.size, hyper) + drift,
    )


def lemma_6_stated(run: Run, outcome: Outcome) -> Check:
    """Lemma 6, as stated: the Lagrangian never increases.

    ``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` for all t. Hypotheses:
    ``eta <= 1/(beta + L)`` and ``C_t = 1/|v| <= 2`` for all t. Observed: the largest
    change over one step. Stated in the paper; the constants are reconstructed.
    """
    seen = outcome.monitor
    return Check(
        hypotheses.small_step(run, outcome),
        seen.lagrangian_max_increase,
        jnp.zeros_like(seen.lagrangian),
        rounding.lagrangian_step_error(
            run.start.size, run.teacher.K, run.hyper, seen.length_min
        ),
    )

"""Monitors of every step of a run. Step t leads from w^{t-1} to w^t, t >= 1."""

from typing import Annotated, NamedTuple

import jax.numpy as jnp

from rvsjax.penalties.properties import own_steepest
from rvsjax.simulation import rounding
from rvsjax.simulation.run import Run, lagrangian
from rvsjax.types import Array, State

__all__ = [
    "NEVER",
    "SETTLED",
    "Flag",
    "Monitor",
    "Monotone",
    "Real",
    "Step",
    "watch",
    "watch_start",
]

SETTLED = 1e-5
"""A run has converged once ``|w^t - w^{t-1}| / (eta K)``, about its distance to the
limit in radians, rounding included, stays below this."""

NEVER = -1

# kernels write the monitors by these kinds, see kernels/abi.py
Real = Annotated[Array, "real"]
Step = Annotated[Array, "int"]
Flag = Annotated[Array, "bool"]


class Monotone(NamedTuple):
    """A quantity that is said to fall at every step, and its largest increase.

    An increase is the change over one step: negative where the quantity fell.
    """

    value: Real
    max_increase: Real  # so far; -inf before the first step
    max_increase_at: Step  # its step, or -1
    first_increase: Step  # first step with an increase beyond rounding, or -1
    max_increase_covered: Real  # over the steps of the corrected lemma; -inf if none


class Monitor(NamedTuple):
    """Monitored quantities of a run so far."""

    step: Step  # steps taken
    theta: Monotone
    lagrangian: Monotone
    theta_max: Real
    length_min: Real  # smallest |v|
    moved: Real  # |w^t - w^{t-1}| at the last step
    drift: Real  # bound of what rounding has moved w^t by; 1 where it is unknown
    drift_max: Real
    last_unsettled: Step  # last step that moved farther than SETTLED allows
    first_bad_step: Step  # first step that gave no number or no direction, or -1
    degenerate: Flag  # that step had v = 0 within rounding


def _begin(value: Array) -> Monotone:
    lowest, never = jnp.full_like(value, -jnp.inf), jnp.int32(NEVER)
    return Monotone(value, lowest, never, never, lowest)


def _follow(
    seen: Monotone, step: Array, value: Array, error: Array, covered: Array
) -> Monotone:
    """Take in the next value; `covered`: the corrected lemma speaks of the step."""
    increase = value - seen.value
    rises = (seen.first_increase == NEVER) & (increase > error)
    return Monotone(
        value=value,
        max_increase=jnp.maximum(seen.max_increase, increase),
        max_increase_at=jnp.where(
            increase > seen.max_increase, step, seen.max_increase_at
        ),
        first_increase=jnp.where(rises, step, seen.first_increase),
        max_increase_covered=jnp.where(
            covered,
            jnp.maximum(seen.max_increase_covered, increase),
            seen.max_increase_covered,
        ),
    )


def watch_start(run: Run, state: State) -> Monitor:
    """Return the monitor of a run that has not begun."""
    never, zero = jnp.int32(NEVER), jnp.int32(0)
    theta = run.teacher.theta(state.w)
    return Monitor(
        step=zero,
        theta=_begin(theta),
        lagrangian=_begin(lagrangian(run, state)),
        theta_max=theta,
        length_min=jnp.full_like(theta, jnp.inf),
        moved=jnp.full_like(theta, jnp.inf),
        drift=jnp.full_like(theta, rounding.epsilon(run.hyper)),
        drift_max=jnp.full_like(theta, rounding.epsilon(run.hyper)),
        last_unsettled=zero,
        first_bad_step=never,
        degenerate=jnp.bool_(False),
    )


def watch(run: Run, old: State, new: State, length: Array, seen: Monitor) -> Monitor:
    """Return the monitor after one more step, which had ``|v| = length``."""
    d, K, hyper = run.start.size, run.teacher.K, run.hyper  # noqa: N806
    step = seen.step + 1
    theta, value = run.teacher.theta(new.w), lagrangian(run, new)
    moved = jnp.linalg.norm(new.w - old.w)
    turned = rounding.direction_error(K, hyper, length)
    unsettled = moved + turned
    drift = _drift_on(run, seen.drift, old.w, length, turned)
    by_drift = rounding.follow(K, hyper, jnp.sin(seen.theta.value))
    by_drift *= jnp.maximum(drift, seen.drift)
    angle_error = rounding.angle_step_error(d, K, hyper, length) + by_drift
    value_error = rounding.lagrangian_step_error(d, K, hyper, length)
    value_error += (K + 5 * hyper.beta) * by_drift
    falls = (theta <= seen.theta.value) & _is_short(run, length)
    far = _is_far(run, old.w, new.u, seen.theta.value)
    return Monitor(
        step=step,
        theta=_follow(seen.theta, step, theta, angle_error, far),
        lagrangian=_follow(seen.lagrangian, step, value, value_error, falls),
        theta_max=jnp.maximum(seen.theta_max, theta),
        length_min=jnp.minimum(seen.length_min, length),
        moved=moved,
        drift=drift,
        drift_max=jnp.maximum(seen.drift_max, drift),
        last_unsettled=jnp.where(
            unsettled > SETTLED * hyper.eta * K, step, seen.last_unsettled
        ),
        first_bad_step=seen.first_bad_step,
        degenerate=seen.degenerate,
    )


def _drift_on(run: Run, drift: Array, w: Array, length: Array, turned: Array) -> Array:
    """Return the drift after a step from w with ``|v| = length``, turned by rounding.

    It is unknown after a step in which rounding decides on which side of a jump of the
    prox a weight is.
    """
    if own := own_steepest(run.penalty):
        near = drift + 16 * rounding.epsilon(run.hyper)
        steepest = own(w, run.hyper.m, near)
        spread = rounding.spread_by(run.teacher.K, run.hyper, steepest)
        grown = jnp.minimum(spread / length * drift + turned, 1)
        return jnp.where(steepest < jnp.inf, grown, 1)
    spread = rounding.spread(run.teacher.K, run.hyper, run.penalty)
    gap = jnp.min(jnp.abs(jnp.abs(w) - run.penalty.threshold(run.hyper.m)))
    tied = gap <= drift + rounding.tie(run.hyper, run.penalty)
    return jnp.where(tied, 1, jnp.minimum(spread / length * drift + turned, 1))


def _is_far(run: Run, w: Array, u: Array, theta: Array) -> Array:
    """Say whether ``sin(theta) >= (beta/K) |u| sin(gamma)``: Lemma 5, corrected.

    At the limit both sides are equal, identity (13).
    """
    across = jnp.linalg.norm(u - jnp.dot(u, w) * w)  # |u| sin(gamma)
    return jnp.sin(theta) >= run.hyper.beta / run.teacher.K * across


def _is_short(run: Run, length: Array) -> Array:
    """Say whether ``eta (beta + K) <= 1 + |v|``: Lemma 6, corrected."""
    return run.hyper.eta * (run.hyper.beta + run.teacher.K) <= 1 + length

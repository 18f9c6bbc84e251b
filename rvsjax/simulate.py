"""A run, and its simulation: one scan, monitors at every step, thinned curves."""

from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np

from rvsjax import rounding
from rvsjax.teacher import Teacher
from rvsjax.types import Algorithm, Array, Hyper, Penalty, State, pytree, static

__all__ = [
    "SETTLED",
    "Curves",
    "Monitor",
    "Outcome",
    "Run",
    "lagrangian",
    "log_grid",
    "simulate",
]

SETTLED = 1e-5
"""A run has converged once ``|w^t - w^{t-1}| / (eta K)``, about its distance to the
limit in radians, rounding included, stays below this."""

NEVER = -1


@pytree
class Run:
    """One run: a teacher, a start and a method with its numbers.

    Leaves are traced; the algorithm, the kind of penalty, ``steps`` and ``points``
    (rows of the thinned curves) are static, and so are the shapes and the dtype.
    """

    teacher: Teacher
    start: Array  # w^0 (d,), unit length
    penalty: Penalty
    hyper: Hyper
    algorithm: Algorithm = static()
    steps: int = static()
    points: int = static(default=200)


class Monitor(NamedTuple):
    """What every step is watched for. A step t leads from w^{t-1} to w^t, t >= 1."""

    step: Array  # steps taken so far
    theta: Array
    theta_max: Array
    theta_max_increase: Array
    theta_first_increase: Array  # first step beyond rounding, or -1
    lagrangian: Array
    lagrangian_max_increase: Array
    lagrangian_first_increase: Array  # first step beyond rounding, or -1
    length_min: Array  # smallest |v|
    moved: Array  # |w^t - w^{t-1}| at the last step
    last_unsettled: Array  # last step that moved farther than SETTLED allows
    first_bad_step: Array  # first step that gave no number or no direction, or -1
    degenerate: Array  # that step had v = 0 within rounding


class Curves(NamedTuple):
    """Values at the steps of `log_grid`; NaN after a run has stopped."""

    step: Array
    theta: Array
    loss: Array
    lagrangian: Array
    nnz_u: Array


class Outcome(NamedTuple):
    """The end of a run: last good state, monitors and curves."""

    start: State
    state: State
    monitor: Monitor
    curves: Curves


def lagrangian(run: Run, state: State) -> Array:
    """Return ``L_beta(u, w) = f(w) + lam P(u) + (beta/2) |w - u|^2``, equation (9)."""
    return (
        run.teacher.loss(state.w)
        + run.hyper.lam * run.penalty.value(state.u)
        + run.hyper.beta / 2 * jnp.sum((state.w - state.u) ** 2)
    )


def log_grid(steps: int, points: int) -> np.ndarray:
    """Return ``min(points, steps + 1)`` whole steps from 0 to ``steps``, log-spaced."""
    points = min(points, steps + 1)
    grid = [0]
    for left in range(points - 1, 0, -1):
        last = max(grid[-1], 1)
        grid.append(max(grid[-1] + 1, round(last * (steps / last) ** (1 / left))))
    return np.asarray(grid, np.int32)


def _watch_start(run: Run, state: State) -> Monitor:
    never, zero = jnp.int32(NEVER), jnp.int32(0)
    theta = run.teacher.theta(state.w)
    infinite = jnp.full_like(theta, jnp.inf)
    return Monitor(
        step=zero,
        theta=theta,
        theta_max=theta,
        theta_max_increase=-infinite,
        theta_first_increase=never,
        lagrangian=lagrangian(run, state),
        lagrangian_max_increase=-infinite,
        lagrangian_first_increase=never,
        length_min=infinite,
        moved=infinite,
        last_unsettled=zero,
        first_bad_step=never,
        degenerate=jnp.bool_(False),
    )


def _watch(run: Run, old: State, new: State, length: Array, seen: Monitor) -> Monitor:
    d, K, hyper = run.start.size, run.teacher.K, run.hyper  # noqa: N806
    step = seen.step + 1
    theta, value = run.teacher.theta(new.w), lagrangian(run, new)
    angle_change, value_change = theta - seen.theta, value - seen.lagrangian
    moved = jnp.linalg.norm(new.w - old.w)
    unsettled = moved + rounding.direction_error(K, hyper, length)

    def first(before: Array, event: Array) -> Array:
        return jnp.where((before == NEVER) & event, step, before)

    return Monitor(
        step=step,
        theta=theta,
        theta_max=jnp.maximum(seen.theta_max, theta),
        theta_max_increase=jnp.maximum(seen.theta_max_increase, angle_change),
        theta_first_increase=first(
            seen.theta_first_increase,
            angle_change > rounding.angle_step_error(d, K, hyper, length),
        ),
        lagrangian=value,
        lagrangian_max_increase=jnp.maximum(seen.lagrangian_max_increase, value_change),
        lagrangian_first_increase=first(
            seen.lagrangian_first_increase,
            value_change > rounding.lagrangian_step_error(d, K, hyper, length),
        ),
        length_min=jnp.minimum(seen.length_min, length),
        moved=moved,
        last_unsettled=jnp.where(
            unsettled > SETTLED * hyper.eta * K, step, seen.last_unsettled
        ),
        first_bad_step=seen.first_bad_step,
        degenerate=seen.degenerate,
    )


def _advance(run: Run, state: State, seen: Monitor) -> tuple[State, Monitor]:
    """Take one step, or none where the run has stopped or the step is no good."""
    new, length = run.algorithm.step(
        state, run.hyper, run.teacher.coarse_gradient, run.penalty
    )
    watched = _watch(run, state, new, length, seen)
    running = seen.first_bad_step == NEVER
    degenerate = length <= rounding.vector_error(run.teacher.K, run.hyper)
    good = jnp.isfinite(watched.lagrangian) & jnp.isfinite(length) & ~degenerate
    stops = running & ~good
    stopped = seen._replace(
        first_bad_step=jnp.where(stops, seen.step + 1, seen.first_bad_step),
        degenerate=jnp.where(stops, degenerate, seen.degenerate),
    )
    keep = running & good
    return jax.tree.map(
        lambda a, b: jnp.where(keep, a, b), (new, watched), (state, stopped)
    )


def simulate(run: Run) -> Outcome:
    """Run the algorithm for ``run.steps`` steps from ``run.start``.

    Monitors see every step; curves keep the steps of `log_grid`. A run that meets a
    number that is not finite, or a step with ``v = 0`` within rounding, keeps its last
    good state and notes the step. Pure: to be jit-compiled and vmapped over the leaves.
    """
    chex.assert_equal_shape((run.start, run.teacher.w_star))
    chex.assert_trees_all_equal_dtypes(run.start, run.teacher.w_star, *run.hyper)
    start = run.algorithm.init(run.start, run.hyper, run.penalty)

    def advance(_: Array, carry: tuple[State, Monitor]) -> tuple[State, Monitor]:
        return _advance(run, *carry)

    def sample(state: State, seen: Monitor, step: Array) -> Curves:
        reached = seen.step == step
        theta = jnp.where(reached, seen.theta, jnp.nan)
        value = jnp.where(reached, seen.lagrangian, jnp.nan)
        nnz_u = jnp.sum(state.u != 0, dtype=jnp.int32)
        return Curves(step, theta, run.teacher.K * theta, value, nnz_u)

    def segment(
        carry: tuple[State, Monitor], span: tuple[Array, Array]
    ) -> tuple[tuple[State, Monitor], Curves]:
        carry = jax.lax.fori_loop(0, span[1] - span[0], advance, carry)
        state, seen = carry
        return carry, sample(state, seen, span[1])

    grid = jnp.asarray(log_grid(run.steps, run.points))
    carry = start, _watch_start(run, start)
    first = jax.tree.map(lambda x: x[None], sample(*carry, jnp.int32(0)))
    (state, seen), rest = jax.lax.scan(segment, carry, (grid[:-1], grid[1:]))
    curves = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), first, rest)
    return Outcome(start, state, seen, curves)

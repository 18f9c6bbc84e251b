"""A run from its start to its last step: one scan, monitors, thinned curves."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.environment.jax_settings import pinned_for
from rvsjax.simulation import rounding
from rvsjax.simulation.monitor import NEVER, Monitor, watch, watch_start
from rvsjax.simulation.run import Run
from rvsjax.types import Array, State

__all__ = ["Curves", "Outcome", "Run", "log_grid", "simulate"]


class Curves(NamedTuple):
    """Values at the steps of `log_grid`; NaN after a run has stopped."""

    step: Array
    theta: Array
    loss: Array
    lagrangian: Array
    nnz_u: Array
    loss_u: Array  # f(u^t), NaN where u^t is empty


class Outcome(NamedTuple):
    """The end of a run: last good state, monitors and curves."""

    start: State
    state: State
    monitor: Monitor
    curves: Curves


def log_grid(steps: int, points: int) -> np.ndarray:
    """Return ``min(points, steps + 1)`` whole steps from 0 to ``steps``, log-spaced."""
    points = min(points, steps + 1)
    grid = [0]
    for left in range(points - 1, 0, -1):
        last = max(grid[-1], 1)
        grid.append(max(grid[-1] + 1, round(last * (steps / last) ** (1 / left))))
    return np.asarray(grid, np.int32)


def _advance(run: Run, state: State, seen: Monitor) -> tuple[State, Monitor]:
    """Take one step, or none where the run has stopped or the step is no good."""
    gradient = run.gradient.at(run.teacher, seen.step)
    new, length = run.algorithm.step(state, run.hyper, gradient, run.penalty)
    watched = watch(run, state, new, length, seen)
    running = seen.first_bad_step == NEVER
    degenerate = length <= rounding.vector_error(run.teacher.K, run.hyper)
    good = jnp.isfinite(watched.lagrangian.value) & jnp.isfinite(length) & ~degenerate
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
    Settings of JAX change nothing of it (`rvsjax.environment.jax_settings`): a float64
    run is computed in float64, also where 64-bit types are off.
    """
    with pinned_for(run.start):
        return _simulate(run)


def _simulate(run: Run) -> Outcome:
    start = run.algorithm.init(run.start, run.hyper, run.penalty)

    def advance(_: Array, carry: tuple[State, Monitor]) -> tuple[State, Monitor]:
        return _advance(run, *carry)

    def sample(state: State, seen: Monitor, step: Array) -> Curves:
        reached = seen.step == step
        theta = jnp.where(reached, seen.theta.value, jnp.nan)
        value = jnp.where(reached, seen.lagrangian.value, jnp.nan)
        nnz_u = jnp.sum(state.u != 0, dtype=jnp.int32)
        loss, loss_u = run.teacher.K * theta, run.teacher.loss(state.u)
        loss_u = jnp.where(reached, loss_u, jnp.nan)
        return Curves(step, theta, loss, value, nnz_u, loss_u)

    def segment(
        carry: tuple[State, Monitor], span: tuple[Array, Array]
    ) -> tuple[tuple[State, Monitor], Curves]:
        carry = jax.lax.fori_loop(0, span[1] - span[0], advance, carry)
        state, seen = carry
        return carry, sample(state, seen, span[1])

    grid = jnp.asarray(log_grid(run.steps, run.points))
    carry = start, watch_start(run, start)
    first = jax.tree.map(lambda x: x[None], sample(*carry, jnp.int32(0)))
    (state, seen), rest = jax.lax.scan(segment, carry, (grid[:-1], grid[1:]))
    curves = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), first, rest)
    return Outcome(start, state, seen, curves)

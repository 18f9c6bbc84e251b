"""Coarse gradient descent on both layers (Yin et al. 2019, Algorithm 1).

    v <- v - eta df/dv,    w <- w - eta E g(v, w),    from the same (v, w)

The paper does not normalise w, and nor does this unless it is told to. The loss does
not see ``|w|``, but ``|w|`` is what tells the surrogates apart. Across w, ``-E g`` is
``(v'v*) q`` times the part of ``w_star`` across w, with ``q > 0`` for each of the four:
with ``|w| = 1`` they take one way at different speeds. Along w, at the spurious
minimum, ``-E g`` is 0 for the one-sided (relu, clipped), and shrinks w to 0 for the
two-sided (identity, window), as fast as the loss there is high.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.environment.jax_settings import pinned_for
from rvsjax.models.no_overlap import unit
from rvsjax.models.two_layer import TwoLayerTeacher
from rvsjax.types import Array, pytree, static

__all__ = ["TwoLayerCurves", "TwoLayerOutcome", "TwoLayerRun", "descend", "ending"]


@pytree
class TwoLayerRun:
    """One run: teacher, start and step size are traced, the rest is static."""

    teacher: TwoLayerTeacher
    v: Array  # v^0 (k,)
    w: Array  # w^0 (d,), not 0
    eta: Array
    surrogate: str = static()  # a key of SURROGATES
    steps: int = static()
    points: int = static(default=100)
    normalised: bool = static(default=False)


class TwoLayerCurves(NamedTuple):
    """Values at ``min(points, steps + 1)`` steps, evenly spaced from 0 to ``steps``."""

    step: Array
    theta: Array  # radians
    loss: Array
    gap: Array  # |v - v*|
    length: Array  # |w|


class TwoLayerOutcome(NamedTuple):
    """The end of a run, and its curves."""

    v: Array  # (k,)
    w: Array  # (d,)
    turns: Array  # steps that turned w by more than a right angle: over 0, so to say
    length_min: Array  # smallest |w| of all steps
    curves: TwoLayerCurves


class _Seen(NamedTuple):
    """Weights of a run at a step, and its monitors so far."""

    v: Array
    w: Array
    turns: Array
    length_min: Array


def _step(run: TwoLayerRun, seen: _Seen) -> _Seen:
    """Take one step from (v, w); NaN at ``w = 0``."""
    teacher, v, w = run.teacher, seen.v, seen.w
    new_v = v - run.eta * teacher.gradient_v(v, w)
    new_w = w - run.eta * teacher.coarse_gradient(v, w, run.surrogate)
    if run.normalised:
        new_w = unit(new_w)
    turns = seen.turns + (jnp.dot(new_w, w) < 0)
    shortest = jnp.minimum(seen.length_min, jnp.linalg.norm(new_w))
    return _Seen(new_v, new_w, turns, shortest)


def _look(run: TwoLayerRun, step: Array, v: Array, w: Array) -> TwoLayerCurves:
    """Return one row of the curves."""
    teacher = run.teacher
    gap = jnp.linalg.norm(v - teacher.v_star)
    length = jnp.linalg.norm(w)
    return TwoLayerCurves(step, teacher.theta(w), teacher.loss(v, w), gap, length)


def descend(run: TwoLayerRun) -> TwoLayerOutcome:
    """Run coarse gradient descent for ``run.steps`` steps with the expected gradients.

    Pure: to be jit-compiled and vmapped over the leaves. A float64 run is computed in
    float64, also where 64-bit types are off.
    """
    with pinned_for(run.w):
        return _descend(run)


def _descend(run: TwoLayerRun) -> TwoLayerOutcome:
    points = max(2, min(run.points, run.steps + 1))
    grid = jnp.asarray(np.linspace(0, run.steps, points).round().astype(np.int32))
    w = unit(run.w) if run.normalised else run.w
    start = _Seen(run.v, w, jnp.int32(0), jnp.linalg.norm(w))

    def segment(seen: _Seen, span: tuple[Array, Array]) -> tuple[_Seen, TwoLayerCurves]:
        steps = span[1] - span[0]
        seen = jax.lax.fori_loop(0, steps, lambda _, x: _step(run, x), seen)
        return seen, _look(run, span[1], seen.v, seen.w)

    last, rest = jax.lax.scan(segment, start, (grid[:-1], grid[1:]))
    first = jax.tree.map(lambda x: x[None], _look(run, grid[0], run.v, w))
    curves = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), first, rest)
    return TwoLayerOutcome(*last, curves)


def ending(teacher: TwoLayerTeacher, v: Array, w: Array, tolerance: float) -> Array:
    """Say where (v, w) is: 0 global minimum, 1 spurious point, 2 anywhere else.

    Within ``tolerance`` radians of theta = 0 or pi, and within ``tolerance |v*|`` of
    the v that belongs to it. A run that jumps between the two, with w near 0, may pass
    either: where ``1'v*`` is small, look at ``|w|`` as well.
    """
    theta = teacher.theta(w)
    allowed = tolerance * jnp.linalg.norm(teacher.v_star)

    def close(angle: Array, layer: Array) -> Array:
        return (angle <= tolerance) & (jnp.linalg.norm(v - layer) <= allowed)

    spurious = close(jnp.pi - theta, teacher.spurious())
    return jnp.where(close(theta, teacher.v_star), 0, jnp.where(spurious, 1, 2))

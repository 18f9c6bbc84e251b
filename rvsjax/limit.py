"""The limit of a run in closed form, without running it: equation (12) solved.

A limit obeys ``c w_bar = w_star + b prox(w_bar)`` with ``b = beta/K``, ``|w_bar| = 1``.
Given the support S of ``u_bar``, every coordinate is a function of c alone: off S
``w_bar_j = w_star_j / c``; on S u_bar_j solves ``(c - b) u + c m P'(u) = w_star_j``,
which is the branch of the prox at ``w_star_j / (c - b)`` with ``c m / (c - b)`` for m.
``|w_bar|`` decreases in c, so that c is one scalar root, between 1 and 1 + b.

A prox that jumps (l0, transformed l1 with a small a) leaves some coordinates free: both
in and out of S they are consistent. With n free coordinates there are up to 2^n limits.
On S the largest root is taken, where ``b prox' < c``. For transformed l1 near its jump
and b above about 0.6 a limit can lie on the smaller root; it is then not found.
"""

import itertools
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.algorithms import cgd, compensated, rvscgd
from rvsjax.lagrangian import Run
from rvsjax.teacher import angle, unit
from rvsjax.types import Array, Penalty

__all__ = ["MOST_FREE", "Limit", "has_limit", "limit_point", "limit_points"]

MOST_FREE = 12  # coordinates of which `limit_points` tries every choice

_STEPS = 170  # to a root, three times what halving needs; most often 4 to 8
_ROUNDS = 8  # of supports; they settle in two or three
_CONSISTENT = 1e-10  # |w - (w_star + b prox(w)) / |.|| of a limit


class Limit(NamedTuple):
    """A fixed point of the algorithm, in float64 wherever that is enabled."""

    w: Array  # w_bar (d,)
    u: Array  # u_bar = prox(w_bar) (d,)
    C: Array  # in w_bar = C (w_star - b (w_bar - u_bar)), eq. (12)
    gamma: Array  # angle of w_bar and u_bar, radians; 0 where u_bar = 0
    theta: Array  # angle of w_bar and w_star, radians
    free: Array  # (d,) coordinates that other limits have in, or out of, their support
    unique: Array  # no coordinate is free
    found: Array  # the equation holds; False where the support did not settle


def has_limit(run: Run) -> bool:
    """Say whether equation (12) is about a run.

    It is where the method is Algorithm 1, or has no penalty, and the mean of its
    gradients is the paper's; samples keep a run at a distance of it.
    """
    paper = getattr(run.gradient, "surrogate", None) == "relu"
    return paper and run.algorithm.step in (rvscgd.step, compensated.step, cgd.step)


@partial(jax.jit, inline=True)
def limit_point(run: Run, near: Array | None = None) -> Limit:
    """Return the limit of a run, with the support that the iterate `near` has.

    Without `near`, that of the teacher's largest entries. Only ``run.teacher``,
    ``run.penalty`` and ``run.hyper`` matter, not the start or the step size. Pure: can
    be compiled and mapped. Source: equation (12), solved here.
    """
    wide = jax.dtypes.canonicalize_dtype(jnp.float64)
    target = unit(run.teacher.w_star.astype(wide))
    hyper, penalty = jax.tree.map(
        lambda x: jnp.asarray(x, wide), (run.hyper, run.penalty)
    )
    near = target if near is None else near.astype(wide)
    b, m = hyper.beta / run.teacher.K, hyper.m
    threshold = penalty.threshold(m)
    jump = b * penalty.branch(threshold, m)
    taught = target != 0

    def refine(found: tuple[Array, ...]) -> tuple[Array, ...]:
        """Solve on three supports: of the run, the least, the largest; renew them."""
        count, _, solved_on = found[:3]
        c, w = jax.vmap(lambda support: _on_support(support, target, penalty, b, m))(
            solved_on
        )
        supports = [
            jnp.abs(w[0]) > threshold,
            jnp.abs(target) > threshold * c[2],
            (jnp.abs(target) > threshold * c[1] - jump) & taught,
        ]
        return count + 1, solved_on, jnp.stack(supports), c, w

    def unsettled(found: tuple[Array, ...]) -> Array:
        count, before, supports = found[:3]
        return (count < _ROUNDS) & jnp.any(before != supports)

    first = [
        jnp.abs(near) > threshold,
        jnp.abs(target) > threshold * (1 + b),
        taught,
    ]
    before = jnp.stack(first)
    unsolved = jnp.zeros((3,), wide), jnp.zeros((3, target.size), wide)
    _, _, supports, c, w = jax.lax.while_loop(
        unsettled, refine, (jnp.int32(0), ~before, before, *unsolved)
    )
    c, w = c[0], w[0]
    u = penalty.prox(w, m)
    free = supports[2] & ~supports[1]
    return Limit(
        w=w,
        u=u,
        C=1 / (c - b),
        gamma=jnp.where(jnp.any(u != 0), angle(w, unit(u)), 0),
        theta=angle(w, target),
        free=free,
        unique=~jnp.any(free),
        found=jnp.linalg.norm(w - unit(target + b * u)) < _CONSISTENT,
    )


def limit_points(run: Run) -> list[Limit]:
    """Return every limit of a run, by trying all choices of the free coordinates.

    Raises ValueError with more than 12 of them. Not to be compiled: their number is
    that of the results.
    """
    one = limit_point(run)
    free = np.flatnonzero(one.free)
    if len(free) > MOST_FREE:
        raise ValueError(
            f"{len(free)} coordinates are free, {2 ** len(free):,} choices; "
            f"at most {MOST_FREE} are tried"
        )
    sure = np.asarray(one.u) != 0
    sure[free] = False
    near = np.repeat(np.where(sure, np.inf, 0.0)[None], 2 ** len(free), axis=0)
    near[:, free] = [
        np.where(choice, np.inf, 0.0)
        for choice in itertools.product((False, True), repeat=len(free))
    ]
    solved = jax.device_get(_limit_points(run, near))
    points = [Limit(*(leaf[i] for leaf in solved)) for i in range(len(near))]
    found = {(point.u != 0).tobytes(): point for point in points if point.found}
    return list(found.values())


_limit_points = jax.jit(jax.vmap(limit_point, in_axes=(None, 0)))


def _on_support(
    support: Array, target: Array, penalty: Penalty, b: Array, m: Array
) -> tuple[Array, Array]:
    """Return c and w_bar ``(d,)`` on a support."""

    def weights(c: Array) -> Array:
        u = penalty.branch(target / (c - b), m * c / (c - b))
        return (target + jnp.where(support, b * u, 0)) / c

    one = jnp.ones_like(b)
    low = jnp.where(jnp.any(support), jnp.maximum(one, b), one)
    c = _root(lambda c: jnp.linalg.norm(weights(c)) - 1, low, one + b)
    return c, unit(weights(c))


class _Ends(NamedTuple):
    """An interval with a root of f, which falls in it."""

    low: Array
    high: Array
    above: Array  # f(low), halved where it lags; infinite where there is no number
    below: Array  # f(high), or halves of it
    rose: Array  # the last step moved low, not high
    steps: Array


def _root(f: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Return the root of a falling f to the last digits, by the Illinois method.

    Of each three steps one is a halving, so that it comes to an end for any f. The
    first two look at the ends: with f in one place, not three, programs compile faster.
    """
    ulp = jnp.finfo(high.dtype).eps

    def is_open(ends: _Ends) -> Array:
        wide = ends.high - ends.low > 2 * ulp * ends.high
        brackets = (ends.above > 0) & (ends.below < 0) & (ends.steps < _STEPS)
        return (ends.steps < 0) | (wide & brackets)

    def narrow(ends: _Ends) -> _Ends:
        low, high, above, below, rose, steps = ends
        x = high - below * (high - low) / (below - above)
        inside = (low < x) & (x < high) & (steps % 3 != 2)
        x = jnp.where(inside, x, (low + high) / 2)
        looks, at_low = steps < 0, steps == -2
        x = jnp.where(looks, jnp.where(at_low, low, high), x)
        value = f(x)
        value = jnp.where(jnp.isnan(value), jnp.inf, value)
        value = jnp.where(jnp.abs(value) <= 2 * ulp, 0, value)  # its own rounding
        rises = jnp.where(looks, at_low, value > 0)
        lag = jnp.where((rises == rose) & (steps > 0), 0.5, 1.0)
        return _Ends(
            low=jnp.where(rises, x, low),
            high=jnp.where(rises, high, x),
            above=jnp.where(rises, value, above * lag),
            below=jnp.where(rises, below * lag, value),
            rose=rises,
            steps=steps + 1,
        )

    unseen, begin = jnp.full_like(low, jnp.nan), jnp.full_like(low, -2, jnp.int32)
    ends = _Ends(low, high, unseen, unseen, low > high, begin)
    ends = jax.lax.while_loop(is_open, narrow, ends)
    return jnp.where(ends.above > 0, ends.high, ends.low)

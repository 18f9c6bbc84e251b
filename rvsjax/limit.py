"""The limit of a run in closed form, without running it: equation (12) solved.

A limit obeys ``c w_bar = w_star + b prox(w_bar)`` with ``b = beta/K``, ``|w_bar| = 1``.
Given the support S of ``u_bar``, every coordinate is a function of c alone: off S
``w_bar_j = w_star_j / c``; on S u_bar_j solves ``(c - b) u + c m P'(u) = w_star_j``,
which is the branch of the prox at ``w_star_j / (c - b)`` with ``c m / (c - b)`` for m.
``|w_bar|`` decreases in c, so that c is one scalar root, between 1 and 1 + b.

A prox that jumps (l0, transformed l1 with a small a) leaves some coordinates free: both
in and out of S they are consistent. With n free coordinates there are up to 2^n limits.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rvsjax.lagrangian import Run
from rvsjax.teacher import angle, unit
from rvsjax.types import Array, Hyper, Penalty

__all__ = ["Limit", "limit_point"]

_HALVINGS = 56  # of an interval of length b: to the last digit
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
    b, m = _scales(hyper, run.teacher.K)
    threshold = penalty.threshold(m)
    jump = b * penalty.branch(threshold, m)
    taught = target != 0

    def solve(support: Array) -> tuple[Array, Array]:
        return _on_support(support, target, penalty, b, m)

    def refine(_: Array, supports: Array) -> Array:
        c, w = jax.vmap(solve)(supports)
        return jnp.stack(
            [
                jnp.abs(w[0]) > threshold,
                jnp.abs(target) > threshold * c[2],  # in every one
                (jnp.abs(target) > threshold * c[1] - jump) & taught,  # in some
            ]
        )

    first = [
        jnp.abs(near) > threshold,
        jnp.abs(target) > threshold * (1 + b),
        taught,
    ]
    supports = jax.lax.fori_loop(0, _ROUNDS, refine, jnp.stack(first))
    c, w = solve(supports[0])
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


def _scales(hyper: Hyper, K: float) -> tuple[Array, Array]:  # noqa: N803
    """Return ``beta/K`` and ``lam/beta``; 0 where there is no coupling."""
    safe = jnp.where(hyper.beta > 0, hyper.beta, 1)
    return hyper.beta / K, jnp.where(hyper.beta > 0, hyper.lam / safe, 0)


def _on_support(
    support: Array, target: Array, penalty: Penalty, b: Array, m: Array
) -> tuple[Array, Array]:
    """Return c and w_bar ``(d,)`` on a support, by bisection in c."""

    def weights(c: Array) -> Array:
        u = penalty.branch(target / (c - b), m * c / (c - b))
        return (target + jnp.where(support, b * u, 0)) / c

    def halve(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) / 2
        outside = jnp.linalg.norm(weights(middle)) > 1
        return jnp.where(outside, middle, low), jnp.where(outside, high, middle)

    one = jnp.ones_like(b)
    low = jnp.where(jnp.any(support), jnp.maximum(one, b), one)
    low, high = jax.lax.fori_loop(0, _HALVINGS, halve, (low, one + b))
    return high, unit(weights(high))

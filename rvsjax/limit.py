"""The limit of a run in closed form, without running it: equation (12) solved.

A limit is a fixed point of ``F(w) = (w_star + b prox(w)) / c``, c the length of the
numerator, ``b = beta/K``. Where the prox jumps or is steep, a coordinate can be both in
and out of the support, or on either of two roots, and there can be several limits:
`limit_point` finds one of them and looks for others, `limit_points` tries every choice.
docs/mathematics.md has the proofs, and what is not proved.
"""

import itertools
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.algorithms import cgd, compensated, rvscgd
from rvsjax.fixed_point import LARGE, OFF, SMALL, Point, Problem, States, settle, solve
from rvsjax.lagrangian import Run
from rvsjax.teacher import angle, unit
from rvsjax.types import Array

__all__ = ["MOST_FREE", "Limit", "has_limit", "limit_point", "limit_points"]

MOST_FREE = 12  # of 2^12 choices of states `limit_points` tries all

_EVERY = 32  # choices up to which `limit_point` tries all
_SEARCHED = 64  # coordinates of which it changes the state where there are more
_CELLS = 64  # intervals of c in which `limit_points` looks where the root is not one
_APART = 1e-7  # |w_j| of two limits of the same states


class Limit(NamedTuple):
    """A fixed point of the algorithm, in float64 wherever that is enabled."""

    w: Array  # w_bar (d,)
    u: Array  # u_bar = prox(w_bar) (d,)
    C: Array  # in w_bar = C (w_star - b (w_bar - u_bar)), eq. (12)
    gamma: Array  # angle of w_bar and u_bar, radians; 0 where u_bar = 0
    theta: Array  # angle of w_bar and w_star, radians
    free: Array  # (d,) coordinates whose state another limit is known to change
    unique: Array  # the search, for b < 1 alone, came to its end and found no other
    found: Array  # the equation holds
    attracts: Array  # runs that come near it end here
    state: Array  # (d,) 0 where u_bar is 0, 2 where b prox' > c, 1 elsewhere


def has_limit(run: Run) -> bool:
    """Say whether equation (12) is about a run.

    It is where the method is Algorithm 1, or has no penalty, and the mean of its
    gradients is the paper's; samples keep a run at a distance of it.
    """
    paper = getattr(run.gradient, "surrogate", None) == "relu"
    return paper and run.algorithm.step in (rvscgd.step, compensated.step, cgd.step)


@partial(jax.jit, inline=True)
def limit_point(run: Run, near: Array | None = None) -> Limit:
    """Return the limit to which F leads from the iterate `near`, or from the teacher.

    It is the limit on the support and the roots of `near` where there is one. Other
    limits are counted where they attract. Only ``run.teacher``, ``run.penalty`` and
    ``run.hyper`` matter, not the start or the step size. Pure: can be compiled and
    mapped. Source: equation (12), solved here.
    """
    problem = Problem.of(run)
    near = problem.target if near is None else near.astype(problem.target.dtype)
    _, loose = _bounds(problem)
    point, free, searched = _search(problem, near, loose)
    unique = point.found & searched & ~jnp.any(free)
    return _describe(problem, point, free, unique)


def _describe(problem: Problem, point: Point, free: Array, unique: Array) -> Limit:
    w = point.w
    u = jnp.where(point.state == OFF, 0, problem.penalty.prox(w, problem.m))
    return Limit(
        w=w,
        u=u,
        C=1 / (jnp.linalg.norm(problem.target + problem.b * u) - problem.b),
        gamma=jnp.where(jnp.any(u != 0), angle(w, unit(u)), 0),
        theta=angle(w, problem.target),
        free=free,
        unique=unique,
        found=point.found,
        attracts=point.attracts & point.found,
        state=point.state,
    )


def _bounds(problem: Problem) -> tuple[Array, Array]:
    """Return the coordinates ``(d,)`` that are on in every limit, and those left open.

    For b < 1. Whatever its states, |w(c)| of a limit lies between those with as few
    coordinates on as can be and with as many. No coordinate is open for b >= 1.
    """
    d, one = problem.target.size, jnp.ones_like(problem.b)
    none, every = jnp.full(d, OFF), jnp.ones(d, bool)

    def bound(most: Array) -> Array:
        return solve(problem, States(none, every, most), one, one + problem.b)[0]

    low, high = jax.vmap(bound)(jnp.array([False, True]))
    off, large, _ = problem.roots(low)
    can_be_off = jnp.abs(problem.target) <= problem.threshold * high
    can_be_on = (large > problem.threshold) & (off > 0)
    return ~can_be_off, can_be_off & can_be_on & (problem.b < 1)


def _search(problem: Problem, near: Array, loose: Array) -> tuple[Point, Array, Array]:
    """Return the limit from `near`, where others differ, and if all was searched.

    One loop for both, so that a program has the code once.
    """
    d, kinds = loose.size, problem.states
    count = jnp.sum(loose)
    every = count * np.log(kinds) <= np.log(_EVERY) + 1e-9
    all_choices = kinds ** jnp.minimum(count, 5)
    flips = 3 * (kinds - 1) * jnp.minimum(count, _SEARCHED)
    last = jnp.where(every, jnp.where(count > 0, all_choices, 0), flips)
    rank = jnp.cumsum(loose) - 1
    top = 1 + problem.b
    bottom = jnp.maximum(1.0, problem.b)

    def choice(number: Array, own: Array) -> States:
        """Return all choices by number, or one coordinate changed and the rest loose.

        The rest is as it is, or as little on as can be, or as much.
        """
        digits = number // kinds ** jnp.clip(rank, 0, 5) % kinds
        flip, mode = number // 3, number % 3
        here = loose & (rank == flip // (kinds - 1))
        turned = (own + 1 + flip % (kinds - 1)) % kinds
        state = jnp.where(every, jnp.where(loose, digits, own), own)
        state = jnp.where(here & ~every, turned, state).astype(jnp.int32)
        return States(state, loose & ~here & ~every & (mode > 0), mode == 2)

    def more(search: tuple) -> Array:
        return search[0] <= last

    def attempt(search: tuple) -> tuple:
        number, own, free = search
        first = number == 0
        _, w = solve(problem, choice(number - 1, own.state), bottom, top)
        point = settle(problem, jnp.where(first, near, w))
        other = point.found & point.attracts & own.found & ~first
        own = jax.tree.map(lambda x, y: jnp.where(first, x, y), point, own)
        return number + 1, own, free | (other & _differ(point, own))

    start = jnp.zeros_like(last), Point.at(near), jnp.zeros(d, bool)
    _, own, free = jax.lax.while_loop(more, attempt, start)
    return own, free, (count <= _SEARCHED) & (problem.b < 1)


def _differ(one: Point | Limit, other: Point | Limit) -> Array:
    """Return the coordinates ``(d,)`` in which two limits are not alike.

    On given states c can have several values only with a coordinate on the small root.
    """
    moved = abs(one.w - other.w) > _APART
    return (one.state != other.state) | ((one.state == SMALL) & moved)


def limit_points(run: Run) -> list[Limit]:
    """Return every limit of a run, those that do not attract among them, for b < 1.

    All choices of states are tried. Raises ValueError with more than 2^12 of them, and
    for ``beta >= K``. Not to be compiled: their number is that of the results.
    """
    problem = Problem.of(run)
    if problem.b >= 1:
        raise ValueError("every limit is found for beta < K only")
    sure, free = map(np.asarray, jax.jit(_bounds)(problem))
    number = problem.states ** int(free.sum())
    if number > 2**MOST_FREE:
        raise ValueError(
            f"{free.sum()} coordinates are free, {number:,} choices; "
            f"at most {2**MOST_FREE:,} are tried"
        )
    tried = jax.device_get(_try_all(problem, *_choices(problem, sure, free)))
    points: list[Limit] = []
    for i in np.flatnonzero(tried.found):
        point = Limit(*(leaf[i] for leaf in tried))
        if all(np.any(_differ(point, other)) for other in points):
            points.append(point)
    return [_compared(point, points) for point in points]


def _compared(point: Limit, points: list[Limit]) -> Limit:
    """Return a limit with what the other ones change."""
    others = [_differ(point, other) for other in points if other.attracts]
    free = np.any([np.zeros(point.w.size, bool), *map(np.asarray, others)], axis=0)
    return point._replace(free=free, unique=~free.any())


def _choices(
    problem: Problem, sure: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return states ``(n, d)`` and intervals of c ``(n, 2)`` to look in.

    |w(c)| falls with c, so that one interval is enough, but for a small root.
    """
    states, cells = [], []
    kinds = np.arange(problem.states, dtype=np.int32)
    for choice in itertools.product(kinds, repeat=int(free.sum())):
        state = np.where(sure, LARGE, OFF)
        state[free] = choice
        parts = _CELLS if SMALL in choice else 1
        edges = np.linspace(1, 1 + float(problem.b), parts + 1)
        states += [state] * parts
        cells += zip(edges, edges[1:])
    return np.array(states), np.array(cells)


@jax.jit
def _try_all(problem: Problem, states: Array, cells: Array) -> Limit:
    def attempt(given: tuple[Array, Array]) -> Limit:
        state, (low, high) = given
        no, none = jnp.array(False), jnp.zeros(state.size, bool)
        _, w = solve(problem, States(state, none, no), low, high)
        return _describe(problem, settle(problem, w), none, no)

    return jax.lax.map(attempt, (states, cells), batch_size=1024)

"""The limit of a run in closed form, without running it: equation (12) solved.

A limit is a fixed point of ``F(w) = (w_star + b prox(w)) / c``, c the length of the
numerator, ``b = beta/K``. Where the prox jumps or is steep, a coordinate can be both in
and out of the support, or on either of two roots, and there can be several limits:
`limit_point` finds one of them and looks for others, `limit_points` tries every choice.
docs/explanation/mathematics.md has the proofs, and what is not proved.
"""

import itertools
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.models.no_overlap import angle, unit
from rvsjax.penalties.properties import has_pieces
from rvsjax.simulation.fixed_point import (
    LARGE,
    OFF,
    SMALL,
    FixedPointProblem,
    NewtonState,
    States,
    settle,
    solve,
)
from rvsjax.simulation.run import Run
from rvsjax.types import Array

__all__ = [
    "MOST_FREE",
    "Limit",
    "has_limit",
    "limit_point",
    "limit_points",
    "unknown_limit",
]

MOST_FREE = 12  # of 2^12 choices of states `limit_points` tries all

_FEW = {2: 5, 3: 3}  # open coordinates, all of whose 2 or 3 states are tried together
_SEARCHED = 16  # coordinates whose state it changes where there are more
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
    unique: Array  # the search, for b < 1 alone, ended, found no other and met no tie
    found: Array  # the equation holds
    attracts: Array  # runs that come near it end here
    state: Array  # (d,) 0 where u_bar is 0, 2 where b prox' > c, 1 elsewhere


def has_limit(run: Run) -> bool:
    """Say whether equation (12) is about a run.

    It is where the method is Algorithm 1, or has no penalty, and the mean of its
    gradients is the paper's; samples keep a run at a distance of it.
    """
    return run.is_algorithm_1 and getattr(run.gradient, "surrogate", None) == "relu"


@partial(jax.jit, inline=True)
def limit_point(run: Run, near: Array | None = None) -> Limit:
    """Return the limit to which F leads from the iterate `near`, or from the teacher.

    It is the limit on the support and the roots of `near` where there is one. Other
    limits are counted where they attract; they are not looked for where a penalty has
    several branches or is no sum over coordinates. Only ``run.teacher``,
    ``run.penalty`` and ``run.hyper`` matter, not the start or the step size. Pure: can
    be compiled and mapped. Source: equation (12), solved here.
    """
    problem = FixedPointProblem.of(run)
    near = problem.target if near is None else near.astype(problem.target.dtype)
    if has_pieces(run.penalty):
        nowhere, no = jnp.zeros(near.size, bool), jnp.array(False)
        return _describe(problem, settle(problem, near), nowhere, no)
    at = _search(problem, near)
    searched = (jnp.sum(at.open) <= _SEARCHED) & (problem.b < 1) & ~at.tied
    unique = at.own.found & searched & ~jnp.any(at.free)
    return _describe(problem, at.own, at.free, unique)


def _describe(
    problem: FixedPointProblem, point: NewtonState, free: Array, unique: Array
) -> Limit:
    w = point.w
    u = problem.penalty.prox(w, problem.m)
    if not has_pieces(problem.penalty):
        u = jnp.where(point.state == OFF, 0, u)
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


def unknown_limit(run: Run) -> Limit:
    """Return what stands for the limit of a run of which equation (12) says nothing.

    NaN and False: it is not found.
    """
    problem = FixedPointProblem.of(run)
    w, no = jnp.full_like(problem.target, jnp.nan), jnp.array(False)
    none, number = jnp.zeros(w.size, bool), jnp.full_like(problem.b, jnp.nan)
    return Limit(
        w, w, number, number, number, none, no, no, no, jnp.full_like(w, OFF, jnp.int32)
    )


class _Search(NamedTuple):
    """Progress of `_search`, and its next candidates."""

    trip: Array
    own: NewtonState
    free: Array  # (d,)
    tied: Array  # a weight at a jump of the prox: rounding decides whether there is one
    can: Array  # (d,) coordinates that are on in some limit, as far as bounds tell
    must: Array  # (d,) coordinates that are on in every limit
    state: Array  # (d,) to try
    place: Array  # the coordinate whose state is not its own, -1 where any may be
    turn: Array  # how often that one has had its turn
    more: Array

    @property
    def open(self) -> Array:
        """Return the coordinates ``(d,)`` that the bounds leave open."""
        return self.can & ~self.must


def _search(problem: FixedPointProblem, near: Array) -> _Search:
    """Find the limit from `near`, and where others differ.

    The first two trips bound c, the first one finds the limit from `near` as well, the
    others look elsewhere: one loop for all, so that a program has the code once.
    """
    one = jnp.ones_like(problem.b)

    def choice(at: _Search) -> States:
        """Return what to try next: all states as they are, or one changed.

        The other open ones are then as they are, or as little on as can be, or as much.
        """
        mode = jnp.where(at.turn < 3, at.turn, at.turn - 3)
        here = jnp.arange(near.size) == at.place
        loose = at.open & ~here & (at.place >= 0) & (mode > 0)
        bounds = at.trip < 2
        most = jnp.where(bounds, at.trip == 1, mode == 2)
        return States(at.state, loose | bounds, most)

    def attempt(at: _Search) -> _Search:
        floor = jnp.maximum(one, problem.b)
        c, w, can = solve(problem, choice(at), floor, one + problem.b)
        point = settle(problem, jnp.where(at.trip < 2, at.own.w, w))
        here = problem.is_tied(point.w)
        tied = problem.is_tied(w) | here
        other = point.found & point.attracts & (at.trip >= 2) & ~here
        first, size = at.trip == 0, jnp.abs(problem.target)
        sure = problem.threshold + problem.tie
        at = at._replace(
            own=jax.tree.map(lambda x, y: jnp.where(first, x, y), point, at.own),
            free=at.free | (other & _differ(point, at.own)),
            tied=at.tied | (tied & (at.trip >= 2)),
            can=jnp.where(first, can & (size > 0), at.can),
            must=jnp.where(at.trip == 1, size > sure * c, at.must),
        )
        return _turn(problem, at)._replace(trip=at.trip + 1)

    nowhere, none = jnp.zeros(near.size, bool), jnp.int32(0)
    own, no = NewtonState.at(near), jnp.array(False)
    at = _Search(
        *(none, own, nowhere, no, nowhere, nowhere, own.state, none - 1, none), more=~no
    )
    return jax.lax.while_loop(lambda at: at.more, attempt, at)


def _turn(problem: FixedPointProblem, at: _Search) -> _Search:
    """Choose what is tried next: all choices, counted up, or each coordinate in turn.

    Without a division or a power, which are long in a program.
    """
    kinds, index = problem.states, jnp.arange(at.state.size, dtype=jnp.int32)
    last, begins = 3 * (kinds - 1) - 1, at.trip < 2
    few = jnp.sum(at.open) <= _FEW[kinds]
    place, turn = jnp.where(begins, -1, at.place), jnp.where(begins, last, at.turn)
    ready = jnp.where(few, at.state < kinds - 1, index > place - (turn < last)) | begins
    here = jnp.min(jnp.where(at.open & ready, index, index.size))

    counted = jnp.where(index < here, OFF, at.state + (index == here))
    counted = jnp.where(at.open, jnp.where(begins, OFF, counted), at.own.state)
    turn = jnp.where(here > place, 0, turn + 1)
    turned = at.own.state + 1 + (turn >= 3)
    turned = jnp.where(turned < kinds, turned, turned - kinds)
    flipped = jnp.where(index == here, turned, at.own.state)
    left = few | (at.trip < 1 + 3 * (kinds - 1) * _SEARCHED)
    can = (here < index.size) & at.own.found & (problem.b < 1)
    return at._replace(
        state=jnp.where(few, counted, flipped),
        place=jnp.where(few, -1, here),
        turn=turn,
        more=(at.trip == 0) | (can & left),
    )


def _differ(one: NewtonState | Limit, other: NewtonState | Limit) -> Array:
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
    problem = FixedPointProblem.of(run)
    if problem.b >= 1:
        raise ValueError("every limit is found for beta < K only")
    at = jax.jit(_search)(problem, problem.target)
    sure, free = np.asarray(at.must), np.asarray(at.open)
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
    problem: FixedPointProblem, sure: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return states ``(n, d)`` and where to look, low, high and way ``(n, 3)``.

    |w(c)| falls with c, so that one interval is enough, but for a small root, which
    rises: there the length can go either way, more than once.
    """
    states, cells = [], []
    kinds = np.arange(problem.states, dtype=np.int32)
    for choice in itertools.product(kinds, repeat=int(free.sum())):
        state = np.where(sure, LARGE, OFF)
        state[free] = choice
        parts = _CELLS if SMALL in choice else 1
        edges = np.linspace(1, 1 + float(problem.b), parts + 1)
        ways = (1, -1) if SMALL in choice else (1,)
        states += [state] * (parts * len(ways))
        cells += [(*ends, way) for way in ways for ends in zip(edges, edges[1:])]
    return np.array(states), np.array(cells)


@jax.jit
def _try_all(problem: FixedPointProblem, states: Array, cells: Array) -> Limit:
    def attempt(given: tuple[Array, Array]) -> Limit:
        state, (low, high, way) = given
        no, none = jnp.array(False), jnp.zeros(state.size, bool)
        w = solve(problem, States(state, none, no), low, high, way)[1]
        return _describe(problem, settle(problem, w), none, no)

    return jax.lax.map(attempt, (states, cells), batch_size=1024)

"""Fixed points of ``F(w) = (w_star + b prox(w)) / c``, c the length of the numerator.

Two ways to them. Given c, each coordinate of w is known up to its state (`OFF`, `LARGE`
or `SMALL`), so that given the states c is a scalar root of ``|w| = 1``. And from a w
near enough Newton's method leads there, at O(d) a step. Source: equation (12).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.models.no_overlap import unit
from rvsjax.penalties.properties import is_separable
from rvsjax.simulation.run import Run
from rvsjax.types import Array, Penalty

__all__ = [
    "LARGE",
    "OFF",
    "SMALL",
    "NewtonState",
    "FixedPointProblem",
    "States",
    "settle",
    "solve",
]

Pytree = Any

OFF, LARGE, SMALL = np.arange(3, dtype=np.int32)  # states of a coordinate

_STEPS = 170  # to a root, three times what halving needs; most often 4 to 8
_MOVES = 100  # to a fixed point; two or three from the end of a run
_SETTLED = 1e-14  # |w - F(w)| that one more move of Newton's squares
_CONSISTENT = 1e-12  # |w - F(w)| of a limit
_TIED = 1e-11  # from a jump: ten times what a limit may be off


class FixedPointProblem(NamedTuple):
    """Terms of equation (12), in float64 wherever that is enabled."""

    target: Array  # w_star (d,)
    b: Array  # beta/K
    m: Array
    penalty: Penalty

    @classmethod
    def of(cls, run: Run) -> "FixedPointProblem":
        """Take what the limit of a run depends on."""
        wide = jax.dtypes.canonicalize_dtype(jnp.float64)
        hyper, penalty = jax.tree.map(
            lambda x: jnp.asarray(x, wide), (run.hyper, run.penalty)
        )
        target = unit(run.teacher.w_star.astype(wide))
        return cls(target, hyper.beta / run.teacher.K, hyper.m, penalty)

    @property
    def threshold(self) -> Array:
        """The threshold of the prox."""
        return self.penalty.threshold(self.m)

    @property
    def tie(self) -> Array:
        """The distance to a jump of the prox where rounding decides; 0 without one."""
        return jnp.where(self.penalty.jump(self.m) > 0, _TIED, 0)

    def is_tied(self, w: Array) -> Array:
        """Say whether rounding decides on which side of a jump a weight is."""
        return jnp.any(jnp.abs(jnp.abs(w) - self.threshold) < self.tie)

    @property
    def states(self) -> int:
        """The number of states that a coordinate can have."""
        return 3 if hasattr(self.penalty, "smaller_root") else 2

    def roots(self, c: Array) -> tuple[Array, Array, Array]:
        """Return the roots ``|w_j|`` by state, each ``(d,)``, for ``c > b``.

        ``OFF`` is ``|w_star_j| / c``; the others solve ``c x = |w_star_j| + b prox(x)``
        through ``(c - b) u + c m P'(u) = |w_star_j|``, whether or not x is beyond the
        threshold. The two are equal where there is one root, or none.
        """
        size = jnp.abs(self.target)
        x, m = size / (c - self.b), c * self.m / (c - self.b)
        large = self.penalty.branch(x, m)
        off, on = size / c, (size + self.b * large) / c
        smaller_root = getattr(self.penalty, "smaller_root", None)
        if smaller_root is None:
            return off, on, on
        return off, on, (size + self.b * smaller_root(x, large, m)) / c


class States(NamedTuple):
    """The states of the coordinates; loose ones are on or off as c has it."""

    state: Array  # (d,)
    loose: Array  # (d,)
    most: Array  # loose ones are on wherever they can be, else only where they must


def solve(
    problem: FixedPointProblem,
    states: States,
    low: Array,
    high: Array,
    way: Array | int = 1,
) -> tuple[Array, Array, Array]:
    """Return c in [low, high] with ``|w(c)| = 1``, w, and what can be on at c.

    An end of the interval where there is none. The length falls with c, or rises if way
    is -1. Not to be trusted: the states need not be those of w.
    """

    def look(c: Array) -> tuple[Array, tuple[Array, Array]]:
        off, large, small = problem.roots(c)
        can = large > problem.threshold - problem.tie
        if problem.states == 3:
            can &= small < large * (1 - 1e-12)
        on = jnp.where(states.most, can, off > problem.threshold)
        state = jnp.where(states.loose, jnp.where(on, LARGE, OFF), states.state)
        w = jnp.where(state == OFF, off, jnp.where(state == LARGE, large, small))
        return way * (jnp.linalg.norm(w) - 1), (w, can)

    unseen = jnp.zeros_like(problem.target), jnp.zeros(problem.target.size, bool)
    c, (w, can) = _root(look, low, high, unseen)
    return c, jnp.sign(problem.target) * w, can


class NewtonState(NamedTuple):
    """Iterate of `settle`, and what it saw a move earlier."""

    w: Array  # (d,)
    residual: Array  # |w - F(w)|
    state: Array  # (d,) SMALL where b prox' > c
    attracts: Array  # F contracts, in some norm
    newton: Array  # the last move was one of Newton's
    moves: Array

    @classmethod
    def at(cls, w: Array) -> "NewtonState":
        """Begin at w."""
        no, unseen = jnp.array(False), jnp.full_like(w[0], jnp.inf)
        state = jnp.full_like(w, OFF, jnp.int32)
        return cls(w, unseen, state, no, no, jnp.int32(0))

    @property
    def found(self) -> Array:
        """It is a fixed point."""
        return self.residual < _CONSISTENT


def settle(problem: FixedPointProblem, w: Array) -> NewtonState:
    """Return the fixed point to which F leads from w."""

    def moves(at: NewtonState) -> Array:
        return (at.residual > _SETTLED) & (at.moves < _MOVES)

    return jax.lax.while_loop(moves, partial(_move, problem), NewtonState.at(w))


def _move(problem: FixedPointProblem, at: NewtonState) -> NewtonState:
    """Move w to F(w), or by Newton's method where it can be trusted.

    That is for a P that is a sum over coordinates, where F contracts, or w is a fixed
    point already, and the support stays, but not after a move of it that has not halved
    the residual. The Jacobian of
    ``w - F(w)`` is diagonal plus rank one, ``1 - (b/c) (I - f f') diag(prox')``; in its
    symmetric form the second term is positive and can lift one negative eigenvalue.
    """

    def prox(x: Array) -> Array:
        return problem.penalty.prox(x, problem.m)

    on = jnp.abs(at.w) > problem.threshold
    u, slope = jax.jvp(prox, (at.w,), (jnp.ones_like(at.w),))
    numerator = problem.target + problem.b * u
    c = jnp.linalg.norm(numerator)
    f = numerator / c
    diagonal = 1 - problem.b / c * slope
    diagonal = jnp.where(jnp.abs(diagonal) < _SETTLED, _SETTLED, diagonal)
    across = problem.b / c * slope * f / diagonal
    lift = 1 + jnp.sum(across * f)
    turned = jnp.sum(diagonal < 0)
    attracts = (turned == 0) | ((turned == 1) & (lift < 0))

    away = at.w - f
    residual = jnp.linalg.norm(away)
    ahead = unit(at.w - (away - f * jnp.sum(across * away) / lift) / diagonal)
    stays = jnp.all((jnp.abs(ahead) > problem.threshold) == on)
    good = attracts & (~at.newton | (residual < at.residual / 2))
    newton = is_separable(problem.penalty) & stays & (good | (residual < 1e-9))
    state = jnp.where(on, jnp.where(diagonal < 0, SMALL, LARGE), OFF)
    w = jnp.where(newton, ahead, f)
    return NewtonState(w, residual, state, attracts, newton, at.moves + 1)


class _Ends(NamedTuple):
    """An interval with a root of f, which falls in it."""

    low: Array
    high: Array
    above: Array  # f(low), halved where it lags; infinite where there is no number
    below: Array  # f(high), or halves of it
    rose: Array  # the last step moved low, not high
    steps: Array
    x: Array  # where the next step looks
    seen: Pytree  # what f told where the last one did
    done: Array


def _root(
    f: Callable[[Array], tuple[Array, Pytree]],
    low: Array,
    high: Array,
    seen: Pytree = (),
) -> tuple[Array, Pytree]:
    """Return the root of a falling f to the last digits, by the Illinois method.

    f tells more than its value, arrays like `seen`: they are returned as well. Of each
    three steps one is a halving, so that it comes to an end for any f. The first two
    look at the ends, the last one at the root: with f in one place, not four, programs
    compile faster.
    """
    ulp = jnp.finfo(high.dtype).eps

    def narrow(ends: _Ends) -> _Ends:
        value, seen = f(ends.x)
        value = jnp.where(jnp.isnan(value), jnp.inf, value)
        value = jnp.where(jnp.abs(value) <= 2 * ulp, 0, value)  # its own rounding
        rises = jnp.where(ends.steps < 0, ends.steps == -2, value > 0)
        lag = jnp.where((rises == ends.rose) & (ends.steps > 0), 0.5, 1.0)
        low = jnp.where(rises, ends.x, ends.low)
        high = jnp.where(rises, ends.high, ends.x)
        above = jnp.where(rises, value, ends.above * lag)
        below = jnp.where(rises, ends.below * lag, value)
        steps = ends.steps + 1

        wide = high - low > 2 * ulp * high
        brackets = (above > 0) & (below < 0) & (steps < _STEPS)
        is_open = (steps < 0) | (wide & brackets)
        x = high - below * (high - low) / (below - above)
        inside = (low < x) & (x < high) & (steps % 3 != 2)
        x = jnp.where(inside, x, (low + high) / 2)
        x = jnp.where(steps < 0, high, x)
        x = jnp.where(is_open, x, jnp.where(above > 0, high, low))
        done = ~is_open & (x == ends.x)
        return _Ends(low, high, above, below, rises, steps, x, seen, done)

    unseen, begin = jnp.full_like(low, jnp.nan), jnp.full_like(low, -2, jnp.int32)
    no = low > high
    ends = _Ends(low, high, unseen, unseen, no, begin, low, seen, no)
    ends = jax.lax.while_loop(lambda ends: ~ends.done, narrow, ends)
    return ends.x, ends.seen

"""A run as a pytree, and its Lagrangian."""

import jax.numpy as jnp

from rvsjax.gradients import Population, Source
from rvsjax.teacher import Teacher
from rvsjax.types import Algorithm, Array, Hyper, Penalty, State, pytree, static

__all__ = ["Run", "lagrangian"]


@pytree
class Run:
    """One run: a teacher, a start, and a method with its gradient and its numbers.

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
    gradient: Source = Population()


def lagrangian(run: Run, state: State) -> Array:
    """Return ``L_beta(u, w) = f(w) + lam P(u) + (beta/2) |w - u|^2``, equation (9)."""
    return (
        run.teacher.loss(state.w)
        + run.hyper.lam * run.penalty.value(state.u)
        + run.hyper.beta / 2 * jnp.sum((state.w - state.u) ** 2)
    )

"""Gradient descent, ``w^{t+1} = w^t - eta g(w^t)``: no penalty, no unit length.

With the gradient of `rvsjax.models.relu` this is the method of Brutzkus and Globerson
2017, the reference whose gradient is not coarse. It has no second variable: ``u = w``.
Near the teacher it is stable for ``eta < 2 / (k/2 + k(k-1)/(2 pi))``; for a mean,
for k^2 times that.
"""

import jax.numpy as jnp

from rvsjax.types import Array, Gradient, Hyper, Penalty, State


def init(w: Array, hyper: Hyper, penalty: Penalty) -> State:
    """Start at ``w^0 = w``, any length but 0, ``(d,)``."""
    del hyper, penalty
    return State(w, w)


def step(
    state: State, hyper: Hyper, gradient: Gradient, penalty: Penalty
) -> tuple[State, Array]:
    """Take one step; return the new state and its ``|w|``.

    At ``w = 0`` the next gradient is NaN; where weights blow up the length is infinite,
    then NaN.
    """
    del penalty
    w = state.w - hyper.eta * gradient(state.w)
    return State(w, w), jnp.linalg.norm(w)

"""Coarse gradient descent without a penalty, ``w^{t+1} = v / |v|``.

::

    v = w^t - eta E g(w^t)

There is no second variable: ``u = w``, so that the Lagrangian is the loss.
"""

import jax.numpy as jnp

from rvsjax.types import Array, Gradient, Hyper, Penalty, State


def init(w: Array, hyper: Hyper, penalty: Penalty) -> State:
    """Start at ``w^0 = w``, unit length, ``(d,)``."""
    del hyper, penalty
    return State(w, w)


def step(
    state: State, hyper: Hyper, gradient: Gradient, penalty: Penalty
) -> tuple[State, Array]:
    """Take one step; return the new state and ``|v|``. At ``v = 0``, w is NaN."""
    del penalty
    v = state.w - hyper.eta * gradient(state.w)
    length = jnp.linalg.norm(v)
    return State(v / length, v / length), length

"""Relaxed variable splitting coarse gradient descent (Dinh and Xin 2020, Algorithm 1).

::

    u^{t+1} = prox_{(lam/beta) P}(w^t)
    v       = w^t - eta E g(w^t) - eta beta (w^t - u^{t+1})
    w^{t+1} = v / |v|
"""

import jax.numpy as jnp

from rvsjax.types import Array, Gradient, Hyper, Penalty, State


def init(w: Array, hyper: Hyper, penalty: Penalty) -> State:
    """Start at ``w^0 = w``, unit length, ``(d,)``, with ``u^0 = prox(w^0)``."""
    return State(w, penalty.prox(w, hyper.lam / hyper.beta))


def step(
    state: State, hyper: Hyper, gradient: Gradient, penalty: Penalty
) -> tuple[State, Array]:
    """Take one step; return the new state and ``|v|``. At ``v = 0``, w is NaN."""
    lam, beta, eta = hyper
    w = state.w
    u = penalty.prox(w, lam / beta)
    v = w - eta * gradient(w) - eta * beta * (w - u)
    length = jnp.linalg.norm(v)
    return State(v / length, u), length

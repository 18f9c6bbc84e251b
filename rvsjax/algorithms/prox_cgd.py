"""Proximal coarse gradient descent on the sphere: one variable, no coupling.

::

    v       = w^t - eta E g(w^t)
    p       = prox_{eta lam P}(v)
    w^{t+1} = p / |p|,    u^{t+1} = w^{t+1}

For a limit on the number of entries (`Largest`) this is iterative hard thresholding.
For it and for l1, ``p / |p|`` is the minimiser of ``eta lam P(u) + |u - v|^2 / 2`` over
the sphere; for other penalties it need not be. beta plays no role. Where the prox
jumps, an entry that was left out starts each step from 0: with a small eta it stays
out, and the method ends at a wrong support.
"""

import jax.numpy as jnp

from rvsjax.types import Array, Gradient, Hyper, Penalty, State


def init(w: Array, hyper: Hyper, penalty: Penalty) -> State:
    """Start at ``w^0 = w``, unit length, ``(d,)``, with ``u^0 = prox(w^0)``.

    u^0 is not normalised: it may be 0.
    """
    return State(w, penalty.prox(w, hyper.eta * hyper.lam))


def step(
    state: State, hyper: Hyper, gradient: Gradient, penalty: Penalty
) -> tuple[State, Array]:
    """Take one step; return the new state and ``|p|``. At ``p = 0``, w is NaN."""
    lam, _, eta = hyper
    v = state.w - eta * gradient(state.w)
    p = penalty.prox(v, eta * lam)
    length = jnp.linalg.norm(p)
    return State(p / length, p / length), length

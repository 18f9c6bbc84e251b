"""RVSCGD without the division by ``|v|``: what Algorithm 1's normalisation is for.

::

    u^{t+1} = prox_{(lam/beta) P}(w^t)
    w^{t+1} = w^t - eta E g(w^t) - eta beta (w^t - u^{t+1})

The loss ignores ``|w|`` and ``<w, E g(w)> = K |w| (1 - cos(theta)) >= 0``, and every
prox shrinks, ``<w, w - u> >= 0``: in small steps ``|w|`` never grows. It comes to rest
only at a multiple of w_star that its prox keeps whole, which l1 has none of; elsewhere
w shrinks until a step of ``2 eta K`` at most turns it over. Without a penalty
``|w| cos(theta/2)^2`` is constant in the limit of small steps, so that a start near the
opposite of w_star ends near 0 in any case.
"""

import jax.numpy as jnp

from rvsjax.algorithms import rvscgd
from rvsjax.types import Array, Gradient, Hyper, Penalty, State


def init(w: Array, hyper: Hyper, penalty: Penalty) -> State:
    """Start at ``w^0 = w``, unit length, ``(d,)``, with ``u^0 = prox(w^0)``."""
    return rvscgd.init(w, hyper, penalty)


def step(
    state: State, hyper: Hyper, gradient: Gradient, penalty: Penalty
) -> tuple[State, Array]:
    """Take one step; return the new state and its ``|w|``.

    At ``w = 0``, which has no direction, the next coarse gradient is NaN.
    """
    lam, beta, eta = hyper
    w = state.w
    u = penalty.prox(w, lam / beta)
    v = w - eta * gradient(w) - eta * beta * (w - u)
    return State(v, u), jnp.linalg.norm(v)

"""RVSCGD with compensated weights: ``w + tail``, a sum of two numbers of one dtype.

The step of `rvscgd`, for step sizes whose update is lost in the rounding of w: at
``eta K = 3e-5`` float32 stalls near 1e-3 radians. The update is computed on its own and
added to the tail, from where its sum is carried into w (Dekker's fast two-sum)::

    change   = -eta E g(w) - eta beta (w - u)
    1/|v| - 1 = -q / (1 + q + sqrt(1 + q)),    q = |v|^2 - 1
    w + tail  <- w + tail + change + (1/|v| - 1) (w + change)

The gradient and u see w alone: the limit is that of float32, to its rounding. A short
v, whose length q does not know to rounding, is normalised as it is.
"""

import jax.numpy as jnp

from rvsjax.algorithms import rvscgd
from rvsjax.types import Array, Gradient, Hyper, Penalty, State

_SHORT = 0.25  # |v|^2 below which 1 + q is not known to a few roundings


def init(w: Array, hyper: Hyper, penalty: Penalty) -> State:
    """Start at ``w^0 = w``, unit length, ``(d,)``, with ``u^0 = prox(w^0)``."""
    return rvscgd.init(w, hyper, penalty)._replace(tail=jnp.zeros_like(w))


def step(
    state: State, hyper: Hyper, gradient: Gradient, penalty: Penalty
) -> tuple[State, Array]:
    """Take one step; return the new state and ``|v|``. At ``v = 0``, w is NaN."""
    lam, beta, eta = hyper
    w = state.w
    u = penalty.prox(w, lam / beta)
    change = -eta * gradient(w) - eta * beta * (w - u)
    q = 2 * jnp.dot(w, change) + jnp.dot(change, change) + (jnp.dot(w, w) - 1)
    shrink = -q / (1 + q + jnp.sqrt(1 + q))
    assert state.tail is not None  # by `init`
    tail = state.tail + (change + shrink * (w + change))
    total = w + tail
    short, v = 1 + q < _SHORT, w + change
    length = jnp.where(short, jnp.linalg.norm(v), jnp.sqrt(1 + q))
    left = jnp.where(short, 0, tail - (total - w))
    return State(jnp.where(short, v / length, total), u, left), length

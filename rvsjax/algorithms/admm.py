"""ADMM with a gradient step on w: the method that Section 3.3 compares RVSCGD with.

::

    L(w, u, z) = f(w) + lam P(u) + <z, w - u> + (beta/2) |w - u|^2

    v       = w^t - eta (E g(w^t) + z^t + beta (w^t - u^t))
    w^{t+1} = v / |v|, or v where weights are free
    u^{t+1} = prox_{(lam/beta) P}(w^{t+1} + z^t / beta)
    z^{t+1} = z^t + beta (w^{t+1} - u^{t+1})

Unlike RVSCGD, w comes first, and u from the new w.
"""

import jax.numpy as jnp

from rvsjax.types import Array, Gradient, Hyper, Penalty, State


def init(w: Array, hyper: Hyper, penalty: Penalty) -> State:
    """Start at ``w^0 = w``, unit length, ``(d,)``: ``u^0 = prox(w^0)``, ``z^0 = 0``."""
    u = penalty.prox(w, hyper.lam / hyper.beta)
    return State(w, u, z=jnp.zeros_like(w))


def step(
    state: State, hyper: Hyper, gradient: Gradient, penalty: Penalty
) -> tuple[State, Array]:
    """Take one step; return the new state and ``|v|``. At ``v = 0``, w is NaN."""
    v = _descend(state, hyper, gradient)
    length = jnp.linalg.norm(v)
    return _split(v / length, state, hyper, penalty), length


def step_free(
    state: State, hyper: Hyper, gradient: Gradient, penalty: Penalty
) -> tuple[State, Array]:
    """Take one step without normalising w; return the new state and ``|v|``.

    At ``v = 0`` w is 0, which has no direction: the next coarse gradient is NaN. Where
    weights blow up the length is infinite, then NaN. Since f ignores ``|w|``, with l1
    there is no fixed point: w shrinks until steps turn unstable, near ``eta K / 2``.
    """
    v = _descend(state, hyper, gradient)
    return _split(v, state, hyper, penalty), jnp.linalg.norm(v)


def _descend(state: State, hyper: Hyper, gradient: Gradient) -> Array:
    """Return v: one gradient step on w."""
    _, beta, eta = hyper
    w, u, _, z = state
    assert z is not None  # by `init`
    return w - eta * (gradient(w) + z + beta * (w - u))


def _split(w: Array, state: State, hyper: Hyper, penalty: Penalty) -> State:
    """Return the state at the new w, with the u and z that follow."""
    lam, beta, _ = hyper
    assert state.z is not None  # by `init`
    u = penalty.prox(w + state.z / beta, lam / beta)
    return State(w, u, z=state.z + beta * (w - u))

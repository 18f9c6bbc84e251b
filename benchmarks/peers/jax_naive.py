"""JAX as a careful user writes it: one run's function, scan, vmap, jit; no options."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .problem import Problem, Result

__all__ = ["prepare"]

Array = jax.Array


class Numbers(NamedTuple):
    """What no value of should compile anew."""

    K: Any
    lam: Any
    beta: Any
    eta: Any
    a: Any
    threshold: Any


def prepare(problem: Problem, steps: int) -> Callable[[], Result]:
    setting = problem.setting
    given = (getattr(setting, name) for name in Numbers._fields)
    with jax.enable_x64(True):
        numbers = Numbers(*(jnp.asarray(number, setting.dtype) for number in given))
        w0, w_star = jnp.asarray(problem.w0), jnp.asarray(problem.w_star)

        def run(w0: Array, w_star: Array, numbers: Numbers) -> Result:
            return _run(setting.penalty, steps, w0, w_star, numbers)

        mapped = jax.jit(jax.vmap(run, in_axes=(0, 0, None)))
        program = mapped.lower(w0, w_star, numbers).compile()
    return lambda: jax.block_until_ready(program(w0, w_star, numbers))


def _run(
    penalty: str, steps: int, w0: Array, w_star: Array, numbers: Numbers
) -> Result:
    K, lam, beta, eta, a, _ = numbers  # noqa: N806

    def monitors(w: Array, u: Array) -> tuple[Array, Array]:
        apart, together = jnp.linalg.norm(w - w_star), jnp.linalg.norm(w + w_star)
        theta = 2 * jnp.arctan2(apart, together)
        coupling = beta / 2 * jnp.sum((w - u) ** 2)
        return theta, K * theta + lam * _value(penalty, u, a) + coupling

    def step(old: Result, _: None) -> tuple[Result, None]:
        w = old.w
        u = _prox(penalty, w, numbers)
        v = w - eta * K * (w - w_star) - eta * beta * (w - u)
        w = v / jnp.linalg.norm(v)
        theta, value = monitors(w, u)
        theta_increase = jnp.maximum(old.theta_increase, theta - old.theta)
        value_increase = jnp.maximum(old.lagrangian_increase, value - old.lagrangian)
        return Result(w, u, theta, value, theta_increase, value_increase), None

    u0 = _prox(penalty, w0, numbers)
    theta, value = monitors(w0, u0)
    lowest = jnp.full_like(theta, -jnp.inf)
    start = Result(w0, u0, theta, value, lowest, lowest)
    return jax.lax.scan(step, start, None, length=steps)[0]


def _prox(penalty: str, x: Array, numbers: Numbers) -> Array:
    m, a, size = numbers.lam / numbers.beta, numbers.a, jnp.abs(x)
    if penalty == "l1":
        return jnp.sign(x) * jnp.maximum(size - m, 0)
    if penalty == "l0":
        return jnp.where(size > numbers.threshold, x, 0)
    cosine = 1 - 27 * m * a * (a + 1) / (2 * (a + size) ** 3)
    third = jnp.arccos(jnp.maximum(cosine, -1)) / 3  # below -1 only where u is 0
    root = 2 / 3 * (a + size) * jnp.cos(third) - 2 * a / 3 + size / 3
    return jnp.where(size > numbers.threshold, jnp.sign(x) * root, 0)


def _value(penalty: str, u: Array, a: Array) -> Array:
    size = jnp.abs(u)
    if penalty == "l1":
        return jnp.sum(size)
    if penalty == "l0":
        return jnp.sum(u != 0).astype(u.dtype)
    return jnp.sum((a + 1) * size / (a + size))

"""Steps of l0 in JAX, runs in the minor axis: the ways of layouts.py but its first."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from .problem import Problem, Setting

__all__ = ["BLOCK", "prepare"]

BLOCK = 64
_ONE_PASS = ("one pass", "one kernel", "two devices")


def prepare(problem: Problem, steps: int, way: str) -> Callable[[], Any]:
    """Return a call that returns w, theta, the Lagrangian and their largest increases.

    Each with the runs last; in blocks, along the first axis, but for "columns".
    """
    setting = problem.setting
    advance = one_pass if way in _ONE_PASS else plain

    def block(w0: Any, w_star: Any) -> Any:
        start = begin(setting, w0, w_star)
        return jax.lax.fori_loop(
            0, steps, lambda _, old: advance(setting, old, w_star), start
        )

    def blocks(w0: Any, w_star: Any) -> Any:
        return jax.lax.map(lambda pair: block(*pair), (w0, w_star))

    with jax.enable_x64(True):
        w0, w_star = (jnp.asarray(x.T) for x in (problem.w0, problem.w_star))
        program = block
        if way != "columns":
            cut = (len(problem.w0) // BLOCK, BLOCK, w0.shape[0])
            w0, w_star = (
                jnp.asarray(np.ascontiguousarray(x.reshape(cut).transpose(0, 2, 1)))
                for x in (problem.w0, problem.w_star)
            )
            program = blocks
        if way == "two devices":
            mesh = Mesh(np.array(jax.devices()), ("runs",))
            apart = PartitionSpec("runs")
            program = jax.shard_map(blocks, mesh=mesh, in_specs=apart, out_specs=apart)
            place = NamedSharding(mesh, apart)
            w0, w_star = (jax.device_put(x, place) for x in (w0, w_star))
        compiled = jax.jit(program).lower(w0, w_star).compile()
    return lambda: jax.block_until_ready(compiled(w0, w_star))


def begin(setting: Setting, w: Any, w_star: Any) -> tuple[Any, ...]:
    """Return w, theta, the Lagrangian and the largest increases of both."""
    theta, value = monitors(setting, w, prox(setting, w), w_star)
    lowest = jnp.full_like(theta, -jnp.inf)
    return w, theta, value, lowest, lowest


def follow(old: tuple[Any, ...], w: Any, theta: Any, value: Any) -> tuple[Any, ...]:
    _, theta_0, value_0, theta_most, value_most = old
    theta_most = jnp.maximum(theta_most, theta - theta_0)
    return w, theta, value, theta_most, jnp.maximum(value_most, value - value_0)


def prox(setting: Setting, w: Any) -> Any:
    return jnp.where(jnp.abs(w) > setting.threshold, w, 0)


def monitors(setting: Setting, w: Any, u: Any, w_star: Any) -> tuple[Any, Any]:
    apart, together = (jnp.sqrt(jnp.sum(x**2, 0)) for x in (w - w_star, w + w_star))
    theta = 2 * jnp.arctan2(apart, together)
    coupling = setting.beta / 2 * jnp.sum((w - u) ** 2, 0)
    size = jnp.sum((u != 0).astype(u.dtype), 0)
    return theta, setting.K * theta + setting.lam * size + coupling


def plain(setting: Setting, old: tuple[Any, ...], w_star: Any) -> tuple[Any, ...]:
    w, eta = old[0], setting.eta
    u = prox(setting, w)
    v = w - eta * setting.K * (w - w_star) - eta * setting.beta * (w - u)
    w = v / jnp.sqrt(jnp.sum(v**2, 0))[None]
    return follow(old, w, *monitors(setting, w, u, w_star))


def one_pass(setting: Setting, old: tuple[Any, ...], w_star: Any) -> tuple[Any, ...]:
    """``v = a w + b w_star + c u`` with unit w and w_star: see the module."""
    w, b, c = old[0], setting.eta * setting.K, setting.eta * setting.beta
    a = 1 - b - c
    u = prox(setting, w)
    products = ((u, u), (u, w_star), (u, w), (w, w_star))
    uu, us, uw, ws = (jnp.sum(x * y, 0) for x, y in products)
    squares = a**2 + b**2 + c**2 * uu
    length = jnp.sqrt(squares + 2 * (a * b * ws + a * c * uw + b * c * us))
    cosine = (a * ws + b + c * us) / length
    apart, together = (jnp.maximum(2 - x, 0) for x in (2 * cosine, -2 * cosine))
    theta = 2 * jnp.arctan2(jnp.sqrt(apart), jnp.sqrt(together))
    coupling = 1 + uu - 2 * (a * uw + b * us + c * uu) / length
    size = jnp.sum((u != 0).astype(u.dtype), 0)
    value = setting.K * theta + setting.lam * size + setting.beta / 2 * coupling
    return follow(old, (a * w + b * w_star + c * u) / length[None], theta, value)

"""How far XLA alone gets on a CPU: the same steps in other layouts and programs.

python benchmarks/layouts.py [--runs N] [--d N] [--dtype ...] [--rounds N]

- rows: `jit(vmap(scan))`, the naive peer of throughput.py;
- columns: runs in the minor axis, (d, runs), sums over the major one;
- blocks: columns, 64 runs at a time, one block after another (`lax.map`);
- one pass: blocks; |v| and the monitors from inner products of u, w and w_star, so that
  the weights are read once a step (for speed alone: theta loses digits near 0 and pi);
- one kernel: one pass, and XLA emits the loop over steps as one kernel;
- two devices: one kernel, half of the runs on each of two CPU devices (`shard_map`).

l0, eta = 1e-5, million run-steps a second, each in a process of its own (the last two
need options that are read when JAX starts), in turn, the median of the rounds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

BLOCK = 64
SECONDS = 1.0
_ONE_KERNEL = (
    "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000"
)
_TWO = "--xla_force_host_platform_device_count=2"
WAYS = {  # the flags of each
    "rows": "",
    "columns": "",
    "blocks": "",
    "one pass": "",
    "one kernel": _ONE_KERNEL,
    "two devices": f"{_ONE_KERNEL} {_TWO}",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=4096, help="a multiple of 128")
    parser.add_argument("--d", type=int, default=50)
    parser.add_argument("--dtype", nargs="+", default=["float32", "float64"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(
            json.dumps(rate(options.child, options.dtype[0], options.runs, options.d))
        )
        return
    for dtype in options.dtype:
        seen: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(options.rounds):
            for way, flags in WAYS.items():
                sizes = ("--runs", str(options.runs), "--d", str(options.d))
                command = (sys.executable, __file__, "--child", way, "--dtype", dtype)
                environment = os.environ | {"XLA_FLAGS": flags}
                told = subprocess.check_output(command + sizes, env=environment)
                seen[way].append(json.loads(told.splitlines()[-1]) / 1e6)
        for way, rates in seen.items():
            print(f"{dtype} {way:12} {statistics.median(rates):7.1f}", flush=True)


# -- in a child ------------------------------------------------------------------------


def rate(way: str, dtype: str, runs: int, d: int) -> float:
    """Return run-steps a second of a program of about a second."""
    from peers import jax_naive
    from peers.problem import Setting, draw

    problem = draw(Setting("l0", dtype, 1e-5), runs, d)
    steps = 20
    while True:
        call = (
            jax_naive.prepare(problem, steps)
            if way == "rows"
            else prepare(problem, steps, way)
        )
        call()
        begin = time.perf_counter()
        call()
        took = time.perf_counter() - begin
        if took > 0.7 * SECONDS:
            return runs * steps / took
        steps = int(steps * min(1.1 * SECONDS / took, 50)) + 1


def prepare(problem: Any, steps: int, way: str) -> Callable[[], Any]:
    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax.sharding import Mesh, PartitionSpec

    setting = problem.setting
    advance = one_pass if way in ("one pass", "one kernel", "two devices") else plain

    def block(w0: Any, w_star: Any) -> Any:
        start = begin(setting, w0, w_star)
        step = lambda _, old: advance(setting, old, w_star)  # noqa: E731
        return jax.lax.fori_loop(0, steps, step, start)

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
            place = jax.sharding.NamedSharding(mesh, apart)
            w0, w_star = (jax.device_put(x, place) for x in (w0, w_star))
        compiled = jax.jit(program).lower(w0, w_star).compile()
    return lambda: jax.block_until_ready(compiled(w0, w_star))


def begin(setting: Any, w: Any, w_star: Any) -> tuple[Any, ...]:
    """Return w, theta, the Lagrangian and the largest increases of both."""
    import jax.numpy as jnp

    theta, value = monitors(setting, w, prox(setting, w), w_star)
    lowest = jnp.full_like(theta, -jnp.inf)
    return w, theta, value, lowest, lowest


def follow(old: tuple[Any, ...], w: Any, theta: Any, value: Any) -> tuple[Any, ...]:
    import jax.numpy as jnp

    _, theta_0, value_0, theta_most, value_most = old
    theta_most = jnp.maximum(theta_most, theta - theta_0)
    return w, theta, value, theta_most, jnp.maximum(value_most, value - value_0)


def prox(setting: Any, w: Any) -> Any:
    import jax.numpy as jnp

    return jnp.where(jnp.abs(w) > setting.threshold, w, 0)


def monitors(setting: Any, w: Any, u: Any, w_star: Any) -> tuple[Any, Any]:
    import jax.numpy as jnp

    apart, together = (jnp.sqrt(jnp.sum(x**2, 0)) for x in (w - w_star, w + w_star))
    theta = 2 * jnp.arctan2(apart, together)
    coupling = setting.beta / 2 * jnp.sum((w - u) ** 2, 0)
    size = jnp.sum((u != 0).astype(u.dtype), 0)
    return theta, setting.K * theta + setting.lam * size + coupling


def plain(setting: Any, old: tuple[Any, ...], w_star: Any) -> tuple[Any, ...]:
    import jax.numpy as jnp

    w, eta = old[0], setting.eta
    u = prox(setting, w)
    v = w - eta * setting.K * (w - w_star) - eta * setting.beta * (w - u)
    w = v / jnp.sqrt(jnp.sum(v**2, 0))
    return follow(old, w, *monitors(setting, w, u, w_star))


def one_pass(setting: Any, old: tuple[Any, ...], w_star: Any) -> tuple[Any, ...]:
    """``v = a w + b w_star + c u`` with unit w and w_star: see the module."""
    import jax.numpy as jnp

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
    return follow(old, (a * w + b * w_star + c * u) / length, theta, value)


if __name__ == "__main__":
    main()

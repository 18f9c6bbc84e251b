"""What a step along a sampled gradient costs: every sample drawn, or projected.

python benchmarks/sampling.py [--n 32 128 512] [--rounds 5] [--json FILE]

Microseconds of one step of one run, ``w <- unit(w - eta g)``, over runs mapped together
and compiled with the options of the engine, before the clock starts. Ways take turns;
ratios are of one round, and the median is shown. `numbers` draws the samples of
`minibatch` and adds them up; `products` has the samples and makes the gradient;
`projected numbers` draws those of `projected`; `population` draws nothing.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from rvsjax.models.gradients import Minibatch, Population, Projected, TrainingSet
from rvsjax.models.no_overlap import Teacher, unit
from rvsjax.sweep.engine import compiler_options
from rvsjax.types import Array, Gradient, pytree, static

D, K, ETA = 50, 20, 1e-3


@pytree
class Numbers:
    """As many Gaussians a step as a gradient draws, added up over all but d."""

    seed: Array
    shape: tuple[int, ...] = static()

    def at(self, teacher: Teacher, step: Array) -> Gradient:
        del teacher
        key = jax.random.fold_in(jax.random.key(self.seed, impl="threefry2x32"), step)

        def total(w: Array) -> Array:
            drawn = jax.random.normal(key, self.shape, w.dtype)
            return jnp.sum(drawn) + jnp.zeros_like(w)

        return total


def sources(n: int) -> dict[str, Callable[[Array, Any], Any]]:
    """Return the ways: seed and dtype to a gradient."""
    return {
        "minibatch": lambda seed, dtype: Minibatch(seed, n),
        "projected": lambda seed, dtype: Projected(seed, n),
        "numbers": lambda seed, dtype: Numbers(seed, (n, K, D)),
        "products": lambda seed, dtype: TrainingSet(seed, n, n).draw(K, D, dtype),
        "projected numbers": lambda seed, dtype: Numbers(seed, (2 * n * K + D,)),
        "population": lambda seed, dtype: Population(),
    }


def program(source: Any, steps: int, given: tuple) -> Callable[[], Array]:
    """Compile ``steps`` steps of every run; return a call of the program."""

    def run(source: Any, w: Array, w_star: Array) -> Array:
        teacher = Teacher(w_star, K)

        def body(w: Array, step: Array) -> tuple[Array, None]:
            return unit(w - ETA * source.at(teacher, step)(w)), None

        return jax.lax.scan(body, w, jnp.arange(steps, dtype=jnp.int32))[0]

    mapped = jax.jit(jax.vmap(run), compiler_options=compiler_options("cpu"))
    made = mapped.lower(source, *given).compile()
    return lambda: made(source, *given).block_until_ready()


def measure(n: int, dtype: str, options: argparse.Namespace) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    ends = rng.normal(size=(2, options.runs, D)).astype(dtype)
    ends /= np.linalg.norm(ends, axis=2, keepdims=True)
    seeds = jnp.arange(options.runs, dtype=jnp.uint32)
    calls, steps = {}, {}
    for name, make in sources(n).items():
        few = name in ("minibatch", "numbers", "products")
        steps[name] = max(options.numbers // (n * K * (D if few else 2)), 2)
        source = jax.vmap(lambda seed, make=make: make(seed, dtype))(seeds)
        calls[name] = program(source, steps[name], tuple(ends))
        calls[name]()
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(options.rounds):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            seconds = time.perf_counter() - begin
            rounds[name].append(1e6 * seconds / steps[name] / options.runs)
    pairs = zip(rounds["minibatch"], rounds["projected"])
    return {
        "dtype": dtype,
        "n": n,
        **{name: round(statistics.median(each), 1) for name, each in rounds.items()},
        "ratio": round(statistics.median(a / b for a, b in pairs), 1),
        "rounds": rounds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Sampled gradients, two ways.")
    add = parser.add_argument
    add("--n", nargs="+", type=int, default=[8, 32, 128, 512])
    add("--dtype", nargs="+", default=["float32", "float64"])
    add("--runs", type=int, default=16)
    add("--rounds", type=int, default=5)
    add("--numbers", type=int, default=2_000_000, help="drawn by a run in a call")
    add("--json", type=Path, metavar="FILE", help="write every round as JSON")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    rows = [measure(n, dtype, options) for dtype in options.dtype for n in options.n]
    print(f"jax {jax.__version__}, d = {D}, k = {K}, {options.runs} runs, relu")
    print(pd.DataFrame(rows).drop(columns="rounds").to_string(index=False))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

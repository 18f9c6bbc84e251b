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

from peers import jax_layouts, jax_naive
from peers.problem import Setting, draw

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
    problem = draw(Setting("l0", dtype, 1e-5), runs, d)
    steps = 20
    while True:
        if way == "rows":
            call = jax_naive.prepare(problem, steps)
        else:
            call = jax_layouts.prepare(problem, steps, way)
        call()
        begin = time.perf_counter()
        call()
        took = time.perf_counter() - begin
        if took > 0.7 * SECONDS:
            return runs * steps / took
        steps = int(steps * min(1.1 * SECONDS / took, 50)) + 1


if __name__ == "__main__":
    main()

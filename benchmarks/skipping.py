"""The Figure 4 sweep three ways: plain, step by step in C++, and in the span.

python benchmarks/skipping.py [--rounds 5] [--steps 400000] [--json FILE]

All runs of sweeps/figure4.toml with l0 and l1, in float64, with every monitor and
verdict; programs compiled before the clock starts, nothing written. Ways take turns;
ratios are of one round, and the median is shown. Verdicts are compared run by run.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import jax
import numpy as np
import pandas as pd

from rvsjax.simulation.kernels import KERNELS, native
from rvsjax.studies.rvscgd.evaluate import evaluate
from rvsjax.studies.rvscgd.trial import make_trial
from rvsjax.sweep.engine import Engine, blocks
from rvsjax.sweep.plan.overrides import override
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse, read
from rvsjax.theory import RUN_CLAIMS

SWEEP = Path(__file__).parent.parent / "sweeps" / "figure4.toml"
WAYS = ("plain", "direct", "span")
WIDTH = 16

KERNELS["direct"] = lambda run: native.simulate(run, "direct")
KERNELS["span"] = lambda run: native.simulate(run, "span")


def work(steps: int, penalty: str) -> list:
    raw = override(parse(read(SWEEP)), "steps", steps)
    plan = make_plan(raw, only=[f"penalty={penalty}"])
    return list(blocks(plan, lambda item: item.static_key, WIDTH))


def sweep(todo: list, way: str) -> tuple[float, np.ndarray, np.ndarray]:
    """Return seconds, verdicts (runs, claims) and final weights."""
    engine = Engine(evaluate, WIDTH)

    def make(item):
        return make_trial(item, 200, way)

    engine.prepare(make(todo[0].items[0])).result()
    begin = time.perf_counter()
    records = [future.result() for _, future in engine.run(todo, make)]
    seconds = time.perf_counter() - begin
    verdicts = np.concatenate([record.claims.verdict for record in records])
    return seconds, verdicts, np.concatenate([r.weights.w for r in records])


def measure(steps: int, penalty: str, rounds: int) -> dict:
    todo = work(steps, penalty)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    ends = {}
    for _ in range(rounds):
        for way in WAYS:
            took, *ends[way] = sweep(todo, way)
            seconds[way].append(took)
    runs = len(ends["plain"][0])
    fast = np.array(seconds["span"])
    row = {"penalty": penalty, "runs": runs, "steps": steps}
    for way in WAYS:
        row[f"{way} s"] = round(statistics.median(seconds[way]), 2)
    for way in WAYS[:2]:
        ratios = np.array(seconds[way]) / fast
        row[f"{way} / span"] = round(float(np.median(ratios)), 1)
        row[f"verdicts unlike {way}"] = int(np.sum(ends[way][0] != ends["span"][0]))
        apart = np.abs(ends[way][1] - ends["span"][1]).max()
        row[f"w from {way}"] = f"{apart:.1e}"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description="Figure 4 three ways.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=400_000)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    rows = [measure(given.steps, name, given.rounds) for name in ("l0", "l1")]
    claims = len(RUN_CLAIMS)
    print(f"jax {jax.__version__}, {claims} claims a run, {given.rounds} rounds")
    print(pd.DataFrame(rows).T.to_string(header=False))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

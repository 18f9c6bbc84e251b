"""Run-steps a second: rvsjax, the same work written otherwise, and the roof.

python benchmarks/throughput.py [--full] [--json FILE] [--peers ...] ...

A run-step is one step of one run with theta, the Lagrangian and the increases of both.
Peers are measured in turn, round by round; a ratio is the median of the ratios of the
rounds. Compilation is outside the clock. `rvsjax` is a whole call of `rvsjax.run`, with
its tables; `rvsjax-run` its blocks alone, by its manifest. Column `of roof` is what
`rvsjax-run` reaches of a multiply-add loop, counted as the plain step
(`peers/roof.py`); a program that needs fewer operations can seem to reach more.
"""

import argparse
import itertools
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from peers import MODULES
from peers.machine import about
from peers.problem import Setting, draw
from peers.timing import Timed, time_ours, time_peer, time_roof

OURS = ("rvsjax", "rvsjax-run")


class Case(NamedTuple):
    """One row of the table."""

    dtype: str
    penalty: str
    d: int
    runs: int
    eta: float


def contenders(case: Case, options: argparse.Namespace) -> Iterator[tuple[str, Timed]]:
    """Yield who takes part; say of the others why not."""
    setting = Setting(case.penalty, case.dtype, case.eta)
    problem = draw(setting, case.runs, case.d)
    for name in options.peers:
        try:
            if name == "rvsjax":
                length = options.our_seconds, options.limit
                yield name, time_ours(setting, case.runs, case.d, *length)
            elif name == "roof":
                yield name, time_roof(case.dtype, options.seconds)
            else:
                yield name, time_peer(name, problem, options.seconds)
        except ImportError as error:
            print(f"{name}: not installed ({error.name})", file=sys.stderr)
        except RuntimeError as error:
            print(f"{name}, {case.runs} runs: {error}", file=sys.stderr)


def measure(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    """Return one case's rounds, medians, ratios and fractions of the roof."""
    taking_part = list(contenders(case, options))
    rounds = []
    for _ in range(options.rounds):
        found: dict[str, float] = {}
        for _, timed in taking_part:
            found |= timed()
        rounds.append(found)
    return {"case": case._asdict(), "rounds": rounds} | summarise(case, rounds)


def summarise(case: Case, rounds: list[dict[str, float]]) -> dict[str, Any]:
    names = list(rounds[0])
    peers = [name for name in names if name not in (*OURS, "roof")]

    def median(ratio: Callable[[dict[str, float]], float]) -> float:
        return statistics.median(map(ratio, rounds))

    summary: dict[str, Any] = {
        "rates": {name: median(lambda r, n=name: r[n]) for name in names},
        "ratios": {
            f"{ours}/{peer}": median(lambda r, o=ours, p=peer: r[o] / r[p])
            for ours, peer in itertools.product(OURS, peers)
            if ours in names
        },
    }
    if "roof" in names:
        from peers.roof import flops

        work = flops(case.penalty, case.d)
        summary["of_roof"] = {
            name: median(lambda r, n=name: r[n] * work / r["roof"])
            for name in names
            if name != "roof"
        }
    return summary


def rates(result: dict[str, Any]) -> dict[str, str]:
    """Return million run-steps a second, and fractions of the roof."""
    found, shares = result["rates"], result.get("of_roof", {})
    row = {n: f"{rate / 1e6:.2f}" for n, rate in found.items() if n != "roof"}
    if "roof" in found:
        row["roof GFLOP/s"] = f"{found['roof'] / 1e9:.0f}"
    shown = [name for name in ("rvsjax-run", "numba") if name in shares]
    return row | {f"{name} of roof": f"{100 * shares[name]:.0f} %" for name in shown}


def ratios(result: dict[str, Any]) -> dict[str, str]:
    return {name: f"{ratio:.2f}" for name, ratio in result["ratios"].items()}


def table(results: list[dict[str, Any]], columns: Callable[..., dict[str, str]]) -> str:
    rows = [result["case"] | columns(result) for result in results]
    return pd.DataFrame(rows).fillna("").to_string(index=False)


def quick(options: argparse.Namespace) -> Iterator[Case]:
    """Yield every combination of what the options say."""
    for values in itertools.product(
        options.dtype, options.penalty, options.d, options.runs, options.eta
    ):
        yield Case(*values)


def full(options: argparse.Namespace) -> Iterator[Case]:
    """Yield one factor at a time around d = 50, 2048 runs, eta = 1e-5."""
    for dtype in options.dtype:
        for penalty in ("l0", "l1", "transformed-l1"):
            yield Case(dtype, penalty, 50, 2048, 1e-5)
        yield Case(dtype, "l0", 50, 2048, 0.1)
        for d in (10, 200, 1000):
            yield Case(dtype, "l0", d, 2048, 1e-5)
        for runs in (256, 16384, 10**6):
            yield Case(dtype, "l0", 50, runs, 1e-5)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    words = (__doc__ or "").split("\n", 1)[0]
    parser = argparse.ArgumentParser(description=words)
    everyone = ["rvsjax", *MODULES, "roof"]
    add = parser.add_argument
    add("--full", action="store_true", help="the whole grid, about 20 minutes")
    add("--json", type=Path, metavar="FILE", help="write every round as JSON")
    add("--dtype", nargs="+", default=["float32", "float64"])
    add("--penalty", nargs="+", default=["l0", "l1", "transformed-l1"])
    add("--d", nargs="+", type=int, default=[50])
    add("--runs", nargs="+", type=int, default=[2048])
    add("--eta", nargs="+", type=float, default=[1e-5])
    add("--peers", nargs="+", choices=everyone, default=everyone)
    add("--rounds", type=int, default=5)
    add("--seconds", type=float, default=0.4, help="of a peer's measurement")
    add("--our-seconds", type=float, default=3.0, help="of rvsjax's blocks")
    add("--limit", type=float, default=20.0, help="no longer calls of rvsjax")
    return parser.parse_args(arguments)


def main() -> None:
    options = parse()
    head = about()
    print(", ".join(f"{name} {value}" for name, value in head.items()), flush=True)
    results = []
    for case in (full if options.full else quick)(options):
        print(*case, file=sys.stderr, flush=True)
        results.append(measure(case, options))
    print(f"million run-steps a second\n{table(results, rates)}")
    print(f"\nratios\n{table(results, ratios)}")
    if options.json:
        options.json.write_text(json.dumps(head | {"results": results}, indent=1))


if __name__ == "__main__":
    main()

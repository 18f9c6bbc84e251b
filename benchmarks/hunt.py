"""Hard runs at random: is a verdict of floats false? Replayed in 50 digits.

python benchmarks/hunt.py [--runs N] [--seed S] [--processes P] [--out FILE]

The runs and the rules are those of `tests/hunt.py`. Programs are compiled and judged in
this process, replays are taken by others. The worst false verdicts of each claim are
written as sweep files. Exit code 1 where a verdict is false or a replay failed.
"""

import argparse
import math
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from rvsjax.theory import VERDICTS
from tests.hunt import (
    FALSE,
    KINDS,
    SHAPES,
    Chosen,
    Finding,
    Seen,
    compare,
    draw,
    examine,
    sweep_file,
)

CHUNK = 20  # runs that a process replays at a time
KEPT = 5  # false verdicts of a claim and kind that are written down
HEAD = ("claim", *VERDICTS, *KINDS)


class Found(NamedTuple):
    """Counts by claim and verdict or kind, the false verdicts, and what failed."""

    counts: Counter[tuple[str, str]]
    false: list[Finding]
    failed: list[str]  # the parameters and the traceback of a run without a replay


def judge_chunk(pairs: list[tuple[Chosen, Seen]]) -> Found:
    """Replay runs, in a process of its own; one that fails costs itself alone."""
    found: list[Finding] = []
    failed = []
    for chosen, seen in pairs:
        try:
            found += compare(chosen, seen)
        except Exception:
            failed.append(f"{chosen}\n{traceback.format_exc()}")
    counts = Counter((x.claim, x.verdict) for x in found)
    counts.update((x.claim, x.kind) for x in found if x.kind)
    return Found(counts, [x for x in found if x.kind in FALSE], failed)


def batches(runs: int, seed: int) -> Iterator[list[tuple[Chosen, Seen]]]:
    """Draw and judge runs in floats, one program at a time."""
    share = math.ceil(runs / len(SHAPES))
    for i, shape in enumerate(SHAPES):
        rng = np.random.default_rng([seed, i])
        drawn = [draw(shape, rng) for _ in range(share)]
        yield list(zip(drawn, examine(shape, drawn)))
        jax.clear_caches()  # a program is not used again


def hunt(runs: int, seed: int, processes: int) -> Found:
    """Hunt, and tell on stderr how far it is."""
    spawn = multiprocessing.get_context("spawn")  # JAX has threads
    begin = time.perf_counter()
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        asked: list[Future[Found]] = []
        judged = 0
        for batch in batches(runs, seed):
            chunks = [batch[i : i + CHUNK] for i in range(0, len(batch), CHUNK)]
            asked += [pool.submit(judge_chunk, chunk) for chunk in chunks]
            judged += len(batch)
            tell(judged, "runs judged in floats", begin)
        found = Found(Counter(), [], [])
        for done, future in enumerate(asked, 1):
            part = future.result()
            found.counts.update(part.counts)
            found.false.extend(part.false)
            found.failed.extend(part.failed)
            if done % 50 == 0:
                tell(judged * done // len(asked), "runs replayed", begin)
    return found


def tell(number: int, what: str, begin: float) -> None:
    seconds = time.perf_counter() - begin
    print(f"{seconds:6.0f} s: {number:,} {what}", file=sys.stderr, flush=True)


def table(counts: Counter[tuple[str, str]]) -> str:
    """Return the counts as a table in Markdown."""
    claims = dict.fromkeys(claim for claim, _ in counts)
    rows = [HEAD, ["---"] * len(HEAD)]
    rows += [(x, *(f"{counts[x, name]:,}" for name in HEAD[1:])) for x in claims]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write_worst(false: list[Finding], folder: Path) -> int:
    """Write the worst of each claim and kind as sweep files; return their number."""
    folder.mkdir(parents=True, exist_ok=True)

    def excess(finding: Finding) -> float:
        value = finding.seen["observed"] - finding.seen["bound"]
        return max(value, finding.exact.get("excess", 0))

    written: Counter[str] = Counter()
    for finding in sorted(false, key=excess, reverse=True):
        name = f"{finding.claim}-{finding.kind.replace(' ', '-')}"
        if written[name] < KEPT:
            text = (
                f"{sweep_file(finding)}\n# floats {finding.seen}\n# {finding.exact}\n"
            )
            (folder / f"{name}-{written[name]}.toml").write_text(text)
            written[name] += 1
    return written.total()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, help="file for the table")
    parser.add_argument("--worst", type=Path, default=Path("out/hunt"))
    given = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    begin = time.perf_counter()
    found = hunt(given.runs, given.seed, given.processes)
    seconds = time.perf_counter() - begin
    versions = [f"{x} {version(x)}" for x in ("rvsjax", "jax", "numpy", "mpmath")]
    total = len(SHAPES) * math.ceil(given.runs / len(SHAPES))
    told = f"{total:,} runs, seed {given.seed}, {seconds:.0f} s, {date.today()}"
    text = f"{told}; {', '.join(versions)}\n\n{table(found.counts)}\n"
    print(text)
    if given.out:
        given.out.write_text(text)
    print(f"{len(found.false)} false verdicts, {len(found.failed)} replays failed")
    if found.false:
        print(f"{write_worst(found.false, given.worst)} of them in {given.worst}")
    for text in found.failed[:KEPT]:
        print(text)
    return bool(found.false or found.failed)


if __name__ == "__main__":
    raise SystemExit(main())

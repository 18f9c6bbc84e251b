"""A sweep that is not left in peace: is a row lost, or wrong, in N minutes of faults?

python benchmarks/soak.py [--executor ray] [--minutes N] [--seed S] [--json FILE]

The same sweep is run again and again into new folders, and each time disturbed until it
is complete: killed, interrupted, out of disk (a limit on the size of files), a second
process on the same folder, shards of which one is killed, bytes flipped or cut in its
files. Then its tables are compared with those of a sweep left in peace. A row is lost
if it is not there, wrong if any of its bits differ. What happens is drawn from a seed;
when it happens depends on the machine. With `--executor ray` the sweep runs on a
cluster of this machine, of which workers, nodes, the head and drivers are killed, and
which nodes join.
"""

import argparse
import contextlib
import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

SWEEP = """
version = 1
name = "soak"
study = "rvscgd"
[constants]
d = 20
steps = 20_000
eta = 0.01
[grid]
penalty = ["l0", "l1"]
beta = { geom = [1e-3, 1e-1], num = 10 }
[seeds]
count = 16
[record]
curves = 20
weights = true
"""
TABLES = ("runs", "curves", "pairs", "weights", "claims")
KEYS = ["run_id", "step", "claim"]
LONGEST = 300.0  # seconds that one process may take: beyond, it hangs


class Soak:
    """Folders of one sweep, what was done to them, and what became of them."""

    def __init__(self, home: Path, seed: int) -> None:
        self.home = home
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.more: tuple[str, ...] = ()  # options of each process
        self.environment: dict[str, str] | None = None
        self.file = home / "soak.toml"
        self.file.write_text(SWEEP)

    # -- processes ---------------------------------------------------------------------

    def start(self, out: Path, *more: str, limit: int | None = None) -> Any:
        def few_bytes() -> None:
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        command = [sys.executable, "-m", "rvsjax.sweep", str(self.file), "--no-report"]
        command += ["--out", str(out), "--progress", "none", "--block", "8"]
        command += [*self.more, *more]
        self.counts["processes"] += 1
        return subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=few_bytes,
        )

    def end(self, process: Any, allowed: set[int]) -> int:
        """Wait for a process; a traceback, a hang or another code is a defect."""
        try:
            _, said = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
            said = f"hung\n{said}"
        if process.returncode not in allowed or "Traceback" in said or "hung" in said:
            self.counts["defects"] += 1
            print(f"exit {process.returncode}: {said}", file=sys.stderr)
        return process.returncode

    def some_time(self) -> float:
        return self.random.uniform(0.5, 8.0)

    # -- faults ------------------------------------------------------------------------

    def peace(self, out: Path) -> None:
        self.end(self.start(out), {0})

    def kill(self, out: Path) -> None:
        process = self.start(out)
        time.sleep(self.some_time())
        process.kill()
        self.end(process, {-signal.SIGKILL, 0})

    def interrupt(self, out: Path) -> None:
        process = self.start(out)
        time.sleep(self.some_time())
        process.send_signal(self.random.choice([signal.SIGINT, signal.SIGTERM]))
        self.end(process, {130, 0, -signal.SIGINT, -signal.SIGTERM})

    def full_disk(self, out: Path) -> None:
        limit = self.random.randrange(200, 100_000)
        self.end(self.start(out, limit=limit), {0, 2, 3})

    def second(self, out: Path) -> None:
        """Two at once; the one that came second is refused, whichever that is."""
        first = self.start(out)
        time.sleep(self.random.uniform(0.0, 3.0))
        other = self.start(out)
        time.sleep(self.some_time())
        if self.random.random() < 0.5:
            first.kill()
        codes = [self.end(one, {0, 2, -signal.SIGKILL}) for one in (first, other)]
        self.counts["refused seconds"] += codes.count(2)

    def shards(self, out: Path) -> None:
        pair = [self.start(out, "--shard", f"{i}/2") for i in (1, 2)]
        time.sleep(self.some_time())
        self.random.choice(pair).kill()
        for one in pair:
            self.end(one, {0, 2, -signal.SIGKILL})  # 2: a manifest of just now

    def damage(self, out: Path) -> None:
        files = [
            path for path in out.rglob("*") if path.suffix in (".parquet", ".json")
        ]
        files = [path for path in files if "quarantine" not in path.parts]
        files = [path for path in files if path.parent.name != ".locks"]
        if not files:
            self.counts["damage"] -= 1
            return
        path = self.random.choice(sorted(files))
        data = bytearray(path.read_bytes())
        if data and self.random.random() < 0.7:
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        else:
            data = data[: self.random.randrange(len(data) + 1)]
        path.write_bytes(data)

    # -- rounds ------------------------------------------------------------------------

    def faults(self) -> list[Callable[[Path], None]]:
        often = [self.kill, self.kill, self.damage, self.damage]
        return [*often, self.interrupt, self.full_disk, self.second, self.shards]

    def round(self, number: int, truth: dict[str, pd.DataFrame]) -> None:
        out = self.home / f"round-{number}"
        for fault in self.random.choices(self.faults(), k=self.random.randrange(2, 7)):
            fault(out)
            self.counts[fault.__name__] += 1
        self.peace(out)
        self.counts["rounds"] += 1
        self.counts["blocks"] += len(list((out / "parts").glob("*-runs-*.parquet")))
        self.counts["moved to quarantine"] += len(list(out.glob("quarantine/*")))
        self.counts["temporary files left"] += len(list(out.rglob("*.tmp")))
        for name, expected in truth.items():
            lost, wrong = compare(expected, pd.read_parquet(out / f"{name}.parquet"))
            self.counts["rows lost"] += lost
            self.counts["rows wrong"] += wrong
            if lost or wrong:
                found = f"{out.name}, {name}: {lost} lost, {wrong} wrong"
                print(found, file=sys.stderr)


def compare(expected: pd.DataFrame, found: pd.DataFrame) -> tuple[int, int]:
    """Return how many rows of a table are lost, and how many wrong or too many."""
    keys = [name for name in KEYS if name in expected]
    there = pd.MultiIndex.from_frame(found[keys])
    due = pd.MultiIndex.from_frame(expected[keys])
    lost = int((~due.isin(there)).sum())
    told = expected.astype(str).set_index(keys)
    here = found.astype(str).set_index(keys)
    both = told[due.isin(there)]
    alike = here[~here.index.duplicated()].reindex(both.index)
    unlike = (alike != both) & ~(alike.isna() & both.isna())
    wrong = int(unlike.any(axis=1).sum())
    return lost, wrong + int((~there.isin(due)).sum()) + int(there.duplicated().sum())


def main() -> None:
    words = (__doc__ or "").split("\n", 1)[0]
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--executor", choices=("local", "ray"), default="local")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        soak = Soak(folder, options.seed)
        soak.peace(soak.home / "truth")
        truth = {
            name: pd.read_parquet(soak.home / "truth" / f"{name}.parquet")
            for name in TABLES
        }
        if options.executor == "ray":
            from soak_cluster import ClusterSoak

            soak = stack.enter_context(ClusterSoak(folder, options.seed))
        begin, number = time.monotonic(), 0
        while time.monotonic() - begin < 60 * options.minutes:
            soak.round(number, truth)
            number += 1
        soak.counts["minutes"] = round((time.monotonic() - begin) / 60)
    keys = ("rows lost", "rows wrong", "defects", "temporary files left")
    told = {key: soak.counts[key] for key in (*soak.counts, *keys)}
    for name, count in told.items():
        print(f"{name:24} {count:,}")
    if options.json:
        options.json.write_text(json.dumps(told, indent=2) + "\n")
    sys.exit(any(told[key] for key in keys))


if __name__ == "__main__":
    main()

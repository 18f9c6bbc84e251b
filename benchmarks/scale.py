"""Sweeps of one step from a thousand runs up: time, memory, opening and page.

python benchmarks/scale.py [--most N] [--page-most N] [--write]

Sweeps of 10^3, 10^4, ... up to `--most` runs (10^6) with d = 10, `rvscgd` with l0, no
curves, each by the command line in a process of its own: wall and CPU time, CPU time of
a run more than the sweep before had, and the peak of memory. Then, in processes of
their own: CPU seconds of opening the folder, and wall time and memory of its page
(`--page-most`, 10^5). `--write` puts the table, and what follows from it for 10^9 runs
on 1,000 workers, into benchmarks/README.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- scale.py: begin -->", "<!-- scale.py: end -->"

SWEEP = """version = 1
name = "scale"
study = "rvscgd"
[constants]
d = 10
steps = 1
[grid]
eta = {{ geom = [1e-3, 1e-1], num = 10 }}
beta = {{ geom = [1e-3, 1e-1], num = 10 }}
[seeds]
count = {seeds}
[record]
curves = 0
"""

OPEN = """
import json, sys, time
from pathlib import Path
from rvsjax.sweep.continuation import continued
from rvsjax.sweep.engine import devices
from rvsjax.sweep.job import Job
from rvsjax.sweep.options import Options
from rvsjax.sweep.store import Store
from rvsjax.sweep.study import study_of

folder = Path(sys.argv[1])
source, plan = continued(folder)
data, _ = study_of(plan).material(None, ()), devices()
begin, store = time.process_time(), Store(folder)
with store.hold():
    job = Job.open(store, plan, source, data, Options())
    blocks, left = len(job.schedule.numbers), len(job.pending())
print(json.dumps([time.process_time() - begin, blocks, left]))
"""

KEEP = """
import json, sys, time
from pathlib import Path
from rvsjax.sweep.store import Store
from rvsjax.sweep.store.parts import encode_block

source = Store(Path(sys.argv[1]))
source.tables = ("pairs", "runs")
tables = source.block_tables(0)
store = Store(Path(sys.argv[2]))
with store.hold():
    store.open("plan", {}, "", source.tables)
    store.configure({"width": 1})
    store.pack_size, number = 64, 1024
    made = [(i, encode_block(tables, i, store.told(i))) for i in range(number)]
    begin = time.perf_counter()
    for i in range(0, number, 64):
        store.keep_all(dict(made[i : i + 64]))
    print(json.dumps((time.perf_counter() - begin) / number))
"""


class Row(NamedTuple):
    """What a sweep of so many runs took."""

    runs: int
    seconds: float
    cpu: float  # seconds of all cores
    peak: float  # GB
    blocks: int
    opening: float  # CPU seconds
    page: float | None  # seconds
    page_peak: float | None  # GB
    files: int


def timed(*command: str) -> tuple[float, float, float]:
    """Run a command; return wall and CPU seconds, and the peak of memory in GB."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 4):
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9
    return time.perf_counter() - begin, cpu, peak


def told(code: str, *arguments: str) -> Any:
    return json.loads(subprocess.check_output([sys.executable, "-c", code, *arguments]))


def measure(home: Path, runs: int, page_most: int) -> Row:
    file, out = home / f"{runs}.toml", home / str(runs)
    file.write_text(SWEEP.format(seeds=runs // 100))
    python = sys.executable, "-m"
    where = str(file), "--out", str(out)
    took = timed(*python, "rvsjax.sweep", *where, "--no-report", "-q")
    opening, blocks, left = told(OPEN, str(out))
    assert left == 0
    page = timed(*python, "rvsjax.report", str(out)) if runs <= page_most else None
    shown = (page[0], page[2]) if page else (None, None)
    files = sum(1 for path in (out / "parts").rglob("*") if path.is_file())
    return Row(runs, *took, blocks, opening, *shown, files)


def table(rows: list[Row]) -> str:
    head = "| runs | blocks | files | s | CPU s | CPU ms a run more | peak GB "
    lines = [head + "| open, CPU s | page, s | its peak GB |", "|" + "---|" * 10]
    for before, row in zip([None, *rows], rows):
        more = ""
        if before:
            slope = (row.cpu - before.cpu) / (row.runs - before.runs)
            more = f"{1e3 * slope:.3f}"
        page = [f"{x:.1f}" if x is not None else "" for x in (row.page, row.page_peak)]
        cells = f"{row.runs:,}", f"{row.blocks:,}", f"{row.files:,}"
        cells += (
            f"{row.seconds:.1f}",
            f"{row.cpu:.1f}",
            more,
            f"{row.peak:.2f}",
            f"{row.opening:.2f}",
        )
        lines.append(f"| {' | '.join((*cells, *page))} |")
    return "\n".join(lines)


def extrapolated(rows: list[Row], keep: float) -> str:
    """Say what the slopes mean for 10^9 runs in blocks of 1,024."""
    one, two = rows[-2:]
    blocks = -(-(10**9) // 1024)
    slope = (two.cpu - one.cpu) / (two.runs - one.runs)
    memory = (two.peak - one.peak) / (two.runs - one.runs)
    opening = (two.opening - one.opening) / max(1, two.files - one.files)
    files = -(-blocks // 64)
    minutes = slope * 1e6 / 60, keep * blocks / 60
    return f"""By the last two rows, on paper, 10^9 runs of one step on 1,000 workers:

- a worker computes, encodes and unites its 10^6 runs in {minutes[0]:.0f} min of a core;
- one process keeps {blocks:,} blocks at {keep * 1e3:.2f} ms in {minutes[1]:.0f} min;
- a folder of {files:,} packs opens in {two.opening + opening * files:.0f} s;
- **not yet**: one process makes the whole tables, each one file, and its memory grows
  by {memory * 1e9:,.0f} bytes a run; a page holds all runs."""


def section(rows: list[Row], keep: float) -> str:
    import jax

    day = datetime.now(UTC).strftime("%-d %B %Y")
    where = f"{os.cpu_count()} cores, {day}, jax {jax.__version__}"
    return "\n\n".join(
        [f"{BEGIN}\n{where}:", table(rows), extrapolated(rows, keep), END]
    )


def write(text: str) -> None:
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + text + after)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--most", type=int, default=10**6, metavar="N")
    parser.add_argument("--page-most", type=int, default=10**5, metavar="N")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        home, runs = Path(folder), 1000
        while runs <= options.most:
            rows.append(measure(home, runs, options.page_most))
            print(rows[-1], flush=True)
            runs *= 10
        keep = told(KEEP, str(home / str(rows[-1].runs)), str(home / "kept"))
    text = section(rows, keep)
    print(text)
    if options.write:
        write(text)


if __name__ == "__main__":
    main()

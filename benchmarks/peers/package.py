"""rvsjax through its public entry point: a sweep file in, tables out."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import rvsjax

from .problem import Setting

__all__ = ["Seconds", "prepare", "sweep_file"]


class Seconds(NamedTuple):
    """Where the time of a call went."""

    whole: float  # by the clock: expansion, run, tables and claims
    run: float  # the blocks, by the manifest, summed over lanes, over their number
    compile: float  # by the manifest; 0 where the programs were kept


def prepare(setting: Setting, runs: int, d: int, steps: int) -> Callable[[], Seconds]:
    """Return a timed call. Its programs are compiled: the same sweep ran once."""
    source = sweep_file(setting, runs, d, steps)
    _timed(source)
    return lambda: _timed(source)


def sweep_file(setting: Setting, runs: int, d: int, steps: int) -> str:
    """Return the sweep of the same work: teachers, starts and numbers as in `draw`."""
    numbers = setting._asdict()
    if setting.penalty != "transformed-l1":
        del numbers["a"]
    numbers |= {"d": d, "nnz": min(5, d), "steps": steps}
    constants = "\n".join(f"{name} = {json.dumps(x)}" for name, x in numbers.items())
    return f"""version = 1
name = "throughput"
study = "rvscgd"
[constants]
{constants}
[seeds]
count = {runs}
[record]
curves = 2
"""


def _timed(source: str) -> Seconds:
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "sweep.toml", Path(folder) / "out"
        file.write_text(source)
        begin = time.perf_counter()
        rvsjax.run(file, out=out)
        whole = time.perf_counter() - begin
        [session] = json.loads((out / "manifest.json").read_text())["sessions"]
    seconds = session["seconds"]
    return Seconds(whole, seconds["run"] / session["lanes"], seconds["compile"])

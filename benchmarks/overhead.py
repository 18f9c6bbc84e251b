"""What a sweep costs beside its steps: import, compiling, tables, memory.

python benchmarks/overhead.py [--runs N ...] [--steps N ...] [--repeat N] [--json FILE]

Each line is measured in processes of their own, the median of `--repeat` (5):

- import: `import rvsjax`;
- compile: a program of each penalty at d = 50, blocks of 64, in the config that a
  sweep would choose; the second time from the cache, in a new process; and all three
  in one process, as a sweep of three groups does, divided by three;
- tables: expansion, ids, tables and Parquet of the runs of a sweep with d = 10, whose
  blocks all have the numbers of the first; neither steps nor claims are computed;
- sweep: whole sweeps of `--steps` steps (1 and 20,000) with d = 10 and two points a
  curve, `--runs` of them, without compiling: for each run, for each run more than the
  sweep before had, and the peak of memory of the process; once each.
"""

import argparse
import json
import operator
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PENALTIES = ("l0", "l1", "transformed-l1")
TABLE_RUNS = 100_000

HEAD = 'version = 1\nname = "overhead"\nstudy = "rvscgd"\n'
SWEEP = """[constants]
d = 10
steps = {steps}
[grid]
eta = {{ geom = [1e-3, 1e-1], num = 10 }}
beta = {{ geom = [1e-3, 1e-1], num = 10 }}
[seeds]
count = {seeds}
[record]
curves = 2
"""


def in_child(task: str, *arguments: str, **environment: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", task, *arguments]
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3"}  # as the command line has it
    told = subprocess.check_output(command, env=os.environ | environment)
    return json.loads(told.splitlines()[-1])


def plan_of(text: str) -> tuple[Any, str]:
    from rvsjax.sweep.plan.plan import make_plan
    from rvsjax.sweep.plan.sweep_file import parse

    return make_plan(parse(HEAD + text)), HEAD + text


# -- in a child ------------------------------------------------------------------------


def time_import() -> dict[str, float]:
    begin = time.perf_counter()
    import rvsjax  # noqa: F401

    return {"seconds": time.perf_counter() - begin}


def time_compile(*penalties: str) -> dict[str, Any]:
    import jax

    from rvsjax.sweep.execution import choose_config
    from rvsjax.sweep.study import study_of
    from rvsjax.sweep.study_engine import make_engine

    plan, _ = plan_of(f"[constants]\nsteps = 1000\n[grid]\npenalty = {[*penalties]}\n")
    begin = time.perf_counter()
    config = choose_config(plan, "cpu", block_size=64)
    kernels = time.perf_counter()
    study = study_of(plan)
    trials = [study.trial(item, 200, config.kernel) for item in plan]
    engine = make_engine(study, config, tuple(jax.devices()[:1]))
    ready = time.perf_counter()
    for program in [engine.prepare(trial) for trial in trials]:
        program.result()
    done = time.perf_counter()
    told = {"seconds": (done - ready) / len(trials), "kernels": kernels - begin}
    return told | {"kernel": config.kernel}


def time_tables(runs: str) -> dict[str, float]:
    import jax

    from rvsjax.sweep.engine import Engine, blocks, choose_block_size
    from rvsjax.sweep.store import Store
    from rvsjax.sweep.study import study_of

    plan, source = plan_of(SWEEP.format(steps=1, seeds=int(runs) // 100))
    width = choose_block_size([int(runs)], "cpu", 10)
    items = [item for item, _ in zip(plan, range(width))]
    study, asked = study_of(plan), plan.sweep_file.record
    trials = [study.trial(item, 2, "plain") for item in items]
    record = Engine(study.evaluate, width)(trials)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, (store := Store(folder)).hold():
        store.open(plan.fingerprint, plan.as_json(), source, study.kept(asked))
        for block in blocks(plan, lambda item: item.static_key, width):
            cut = slice(len(block.items))
            some = jax.tree.map(operator.itemgetter(cut), record)
            store.append(block.number, study.rows(block.items, some, asked))
        appended = time.perf_counter()
        store.compact()
        done = time.perf_counter()
    return {
        "seconds": done - begin,
        "blocks": appended - begin,
        "whole tables": done - appended,
        "width": width,
    }


def time_sweep(runs: str, steps: str) -> dict[str, float]:
    from rvsjax.simulation.kernels import native
    from rvsjax.sweep.runner import Options, run_plan

    native.problem()  # compiles the C++ where it was not
    plan, source = plan_of(SWEEP.format(steps=steps, seeds=max(1, int(runs) // 100)))
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        run_plan(plan, source, folder, Options())
        seconds = time.perf_counter() - begin
        manifest = json.loads((Path(folder) / "manifest.json").read_text())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bytes_each = 1 if sys.platform == "darwin" else 1024
    [session] = manifest["sessions"]
    return {
        "seconds": seconds,
        "without compiling": seconds - session["seconds"]["compile"],
        "width": manifest["width"],
        "peak GB": peak * bytes_each / 1e9,
    }


CHILDREN = {
    "import": time_import,
    "compile": time_compile,
    "tables": time_tables,
    "sweep": time_sweep,
}

# -- the table -------------------------------------------------------------------------


def median(repeat: int, task: str, *arguments: str, **environment: str) -> float:
    found = [in_child(task, *arguments, **environment) for _ in range(repeat)]
    return statistics.median(one["seconds"] for one in found)


def compiling(repeat: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    built = []
    for penalties in (*((one,) for one in PENALTIES), PENALTIES):
        first, again = [], []
        for _ in range(repeat):
            with tempfile.TemporaryDirectory() as folder:  # mode 0700
                for seconds in (first, again):
                    one = in_child("compile", *penalties, RVSJAX_CACHE=folder)
                    seconds.append(one["seconds"])
                    told["kernel"] = one["kernel"]
                    built.append(one["kernels"])
        name = " ".join(penalties) if len(penalties) == 1 else "each of three"
        told[f"{name}, s"] = statistics.median(first)
        told[f"{name} from the cache, s"] = statistics.median(again)
    told["C++ kernels at first use, s"] = statistics.median(built[::2])
    return told


def measure(
    repeat: int, sizes: list[int], lengths: list[int]
) -> Iterator[tuple[str, str | float]]:
    yield "import rvsjax, s", median(repeat, "import")
    for name, x in compiling(repeat).items():
        yield f"compile: {name}", x
    tables = median(repeat, "tables", str(TABLE_RUNS)) / TABLE_RUNS
    yield "tables, ms a run", 1000 * tables
    for steps in lengths:
        before = None
        for size in sorted(sizes):
            one = in_child("sweep", str(size), str(steps))
            seconds = one["without compiling"]
            what = f"sweep of {size:,}, {steps:,} steps"
            yield f"{what}: ms a run without compiling", 1000 * seconds / size
            if before is not None:
                more = (seconds - before[1]) / (size - before[0])
                yield f"{what}: ms each run more than {before[0]:,}", 1000 * more
            yield f"{what}: peak, GB", one["peak GB"]
            before = size, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="*", default=[10**3, 10**4, 10**5])
    parser.add_argument("--steps", type=int, nargs="*", default=[1, 20_000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(CHILDREN[options.child[0]](*options.child[1:])))
        return
    told = {}
    for name, x in measure(options.repeat, options.runs, options.steps):
        print(f"{name:64} {x if isinstance(x, str) else f'{x:.4g}'}", flush=True)
        told[name] = x
    if options.json:
        options.json.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()

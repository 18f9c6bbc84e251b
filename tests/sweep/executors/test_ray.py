"""The Ray executor: the bytes of the local one, whatever dies. Needs Ray.

Each sweep has a cluster of its own, which takes seconds to start: few tests, each of
them whole.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

import rvsjax
from rvsjax.cli.main import main

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="needs Ray"),
]

SWEEP = """
version = 1
name = "tiny"
study = "rvscgd"
[constants]
d = 6
nnz = 3
steps = 200
[grid]
penalty = ["l0", "l1"]
eta = [0.1, 0.01]
[seeds]
count = 40
[record]
curves = 5
weights = true
"""
OPTIONS = ("--block", "4", "--kernel", "plain", "--no-report", "--quiet")
TABLES = ("runs", "curves", "pairs", "weights", "claims")

# Python runs it in each worker of Ray before anything else.
SABOTAGE = """
import os, pathlib, signal, sys
if "default_worker.py" in " ".join(sys.orig_argv):
    import rvsjax.sweep.executors.orders as orders
    computed, flags = orders._done, pathlib.Path(__file__).parent
    always, once = {always}, {once}
    def sabotaged(task, engine, order):
        flag = flags / str(order.number)
        if order.number in always or (order.number in once and not flag.exists()):
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return computed(task, engine, order)
    orders._done = sabotaged
"""


class Sweeps:
    """A folder with a sweep file, and what the local executor makes of it."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "tiny.toml"
        self.file.write_text(SWEEP)
        assert (
            main(["sweep", str(self.file), "--out", str(folder / "local"), *OPTIONS])
            == 0
        )

    def begin(self, out, *more, sabotage=None):
        """Start a sweep on a cluster of its own."""
        path = [str(self.folder / f"{out}-sabotage")] if sabotage else []
        for name in path:
            os.makedirs(name)
            with open(f"{name}/sitecustomize.py", "w") as file:
                file.write(
                    SABOTAGE.format(**{"always": set(), "once": set()} | sabotage)
                )
        path += [str(rvsjax.__path__[0]) + "/..", os.environ.get("PYTHONPATH", "")]
        return subprocess.Popen(
            [sys.executable, "-m", "rvsjax.sweep", str(self.file), *OPTIONS, *more]
            + ["--executor", "ray", "--out", str(self.folder / out)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, path))},
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, out, *more, code=0, **how):
        process = self.begin(out, *more, **how)
        said = process.communicate(timeout=300)[1]
        assert process.returncode == code, said
        assert "Traceback" not in said
        return said

    def bytes(self, out):
        return {x: (self.folder / out / f"{x}.parquet").read_bytes() for x in TABLES}


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    return Sweeps(tmp_path_factory.mktemp("ray"))


def test_the_tables_of_a_cluster_are_those_of_this_process(sweeps):
    """Where three workers die, each with what it had."""
    sweeps.run("some-die", sabotage={"once": {3, 17, 31}})
    assert sweeps.bytes("some-die") == sweeps.bytes("local")
    (session,) = rvsjax.load(sweeps.folder / "some-die").manifest["sessions"]
    assert session["executor"] == "ray" and session["lost"] >= 3
    assert sum(place["blocks"] for place in session["places"]) == 40


def test_a_block_that_kills_its_worker_fails_and_is_mended_by_retry(sweeps):
    sweeps.run("poison", code=3, sabotage={"always": {5}})
    runs = pq.read_table(sweeps.folder / "poison" / "runs.parquet").to_pandas()
    failed = runs[runs["status"] == "failed"]
    assert len(failed) == 4 and (runs["status"] == "ok").sum() == 156
    assert failed["reason"].str.startswith("its worker died 4 times").all()
    sweeps.run("poison", "--retry", "failed")
    assert sweeps.bytes("poison") == sweeps.bytes("local")


def test_a_driver_that_is_killed_goes_on(sweeps):
    parts = sweeps.folder / "killed" / "parts"
    process = sweeps.begin("killed")
    until = time.monotonic() + 200
    while time.monotonic() < until and not (
        parts.is_dir() and len([*parts.iterdir()]) > 8
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = {path.name for path in parts.iterdir() if not path.name.endswith(".tmp")}
    assert len(kept) > 8
    sweeps.run("killed")
    assert kept <= {path.name for path in parts.iterdir()}
    assert sweeps.bytes("killed") == sweeps.bytes("local")

"""A real sweep of many blocks, killed again and again: the bytes of one left in peace.

Four kills; with RVSJAX_NIGHT=1, fifty. Each process starts JAX, which takes seconds.
"""

import os
import random
import signal
import subprocess
import sys

import pytest

from rvsjax.sweep.store import Store
from tests.sweep.faults.children import ROOT

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "killed"
study = "rvscgd"
[constants]
d = 4
nnz = 2
steps = 5
eta = 0.1
penalty = "l1"
[record]
curves = 3
[seeds]
count = {blocks}
"""
NIGHT = os.environ.get("RVSJAX_NIGHT") == "1"
KILLS, BLOCKS = (50, 300) if NIGHT else (4, 30)
STEPS = 21  # failpoints that a block passes, with three files
TABLES = ("runs", "curves", "pairs", "claims")


class Desk:
    def __init__(self, folder):
        self.folder, self.log = folder, folder / "log"
        (folder / "killed.toml").write_text(SWEEP.format(blocks=BLOCKS))

    def __call__(self, out, kill=0):
        """Run the sweep; return its exit code and the blocks that it computed."""
        self.log.write_text("")
        command = [
            sys.executable,
            "-m",
            "tests.sweep.faults.real",
            str(kill),
            str(self.log),
        ]
        command += ["sweep", str(self.folder / "killed.toml"), "--no-report", "-q"]
        command += ["--out", str(self.folder / out), "--block", "1"]
        command += ["--kernel", "plain"]
        code = subprocess.run(command, cwd=ROOT, timeout=300).returncode
        return code, [int(line) for line in self.log.read_text().split()]

    def bytes(self, out):
        folder = self.folder / out
        return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("real"))


def test_kills_at_random_moments(desk):
    code, computed = desk("peace")
    assert (code, sorted(computed)) == (0, list(range(BLOCKS)))
    luck, done = random.Random(0), set()
    for _ in range(KILLS):
        code, computed = desk("out", luck.randint(1, 2 * STEPS * BLOCKS // KILLS))
        assert code in (-signal.SIGKILL, 0)
        assert done.isdisjoint(computed)
        store = Store(desk.folder / "out")
        store.tables = ("curves", "pairs", "runs")
        assert store.done() >= done | set(computed[:-1])
        done = store.done()
    code, computed = desk("out")
    assert code == 0
    assert set(computed) == set(range(BLOCKS)) - done
    assert desk.bytes("out") == desk.bytes("peace")
    assert not list((desk.folder / "out").rglob("*.tmp"))

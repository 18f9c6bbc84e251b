"""Shards of a folder: their own blocks first, then those that others did not begin."""

import signal
import subprocess
import sys
import time

import pytest

import rvsjax
from rvsjax.cli.main import main
from rvsjax.sweep.store import Store
from rvsjax.sweep.store.reservations import Reservations

SWEEP = """
version = 1
name = "shared"
study = "rvscgd"
[constants]
d = 6
nnz = 3
steps = 20
eta = 0.1
[seeds]
count = 24
[record]
curves = 5
"""
OPTIONS = ("--block", "2", "--kernel", "plain", "--no-report", "--quiet")
TABLES = ("runs", "curves", "claims")

# A shard that takes its time for each block, and hangs at one of them.
SLOW = """
import sys, time
from rvsjax.cli.main import main
from rvsjax.sweep.engine import Engine
compute = Engine.compute
def slowly(self, items, worker, block=None, *more):
    time.sleep(3600 if block == {hangs} else 0.05)
    return compute(self, items, worker, block, *more)
Engine.compute = slowly
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    home = tmp_path_factory.mktemp("sharing")
    (home / "shared.toml").write_text(SWEEP)
    assert main(command(home, home / "whole")) == 0
    return home


def command(home, out, *more):
    return ["sweep", str(home / "shared.toml"), "--out", str(out), *OPTIONS, *more]


def tables(folder):
    return [(folder / f"{name}.parquet").read_bytes() for name in TABLES]


def slow(whole, out, shard, hangs=-1):
    """Start a shard in a process of its own."""
    given = command(whole, out, "--shard", shard)
    script = [sys.executable, "-c", SLOW.format(hangs=hangs), *given]
    return subprocess.Popen(script, stderr=subprocess.PIPE, text=True)


def wait(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def blocks(out):
    names = (x.name for x in out.glob("parts/*-runs-*.parquet"))
    return sorted(int(name.partition("-")[0]) for name in names)


def test_a_block_is_reserved_by_one_and_freed_by_its_end(tmp_path):
    (tmp_path / ".locks").mkdir()
    one, two = Reservations(tmp_path), Reservations(tmp_path)
    assert one.take(3) and one.take(2**22) and not two.take(3) and two.take(4)
    assert not one.was_kept(3)
    one.free(3, kept=True)
    assert two.take(3) and two.was_kept(3) and not two.was_kept(5)
    one.close()
    assert two.take(2**22) and not two.was_kept(2**22)
    two.close()


def test_a_shard_that_was_never_begun_keeps_its_blocks(whole, tmp_path):
    out = tmp_path / "out"
    assert main(command(whole, out, "--shard", "1/3")) == 0
    assert blocks(out) == [0, 3, 6, 9]


@pytest.mark.slow
def test_blocks_of_a_dead_shard_are_taken_over(whole, tmp_path):
    out = tmp_path / "out"
    victim = slow(whole, out, "1/3", hangs=3)
    wait(lambda: blocks(out) == [0])
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert main(command(whole, out, "--shard", "2/3")) == 0
    assert blocks(out) == [0, 1, 3, 4, 6, 7, 9, 10]
    assert main(command(whole, out, "--shard", "3/3")) == 0
    assert tables(out) == tables(whole / "whole")
    taken = [x.get("taken_over", 0) for x in rvsjax.load(out).manifest["sessions"]]
    assert taken == [3, 0]


@pytest.mark.slow
def test_a_slow_shard_is_helped_but_for_what_it_has_begun(whole, tmp_path):
    """The block at which it hangs, and those it has ahead, are its own."""
    out = tmp_path / "out"
    victim = slow(whole, out, "1/2", hangs=2)
    wait(lambda: blocks(out) == [0])
    assert main(command(whole, out, "--shard", "2/2")) == 0
    assert 2 not in blocks(out) and {1, 3, 5, 7, 9, 11} <= {*blocks(out)}
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert main(command(whole, out, "--shard", "1/2")) == 0
    assert tables(out) == tables(whole / "whole")


@pytest.mark.slow
def test_shards_side_by_side_compute_each_block_once(whole, tmp_path):
    out = tmp_path / "out"
    shards = [slow(whole, out, f"{i}/2") for i in (1, 2)]
    for shard in shards:
        said = shard.communicate(timeout=120)[1]
        assert shard.returncode == 0, said
    assert tables(out) == tables(whole / "whole")
    sessions = rvsjax.load(out).manifest["sessions"]
    assert sum(session["blocks"] for session in sessions) == 12
    assert Store(out).holders() == {}

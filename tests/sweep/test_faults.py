"""Killed at any moment: what was finished stays, and what is missing is made, once."""

import itertools
import random
import shutil

import pytest

from rvsjax.sweep.store import atomic
from tests.sweep.faults.children import children as begin
from tests.sweep.faults.fake import OUT, source
from tests.sweep.faults.folders import contents, finished, parts, state

pytestmark = pytest.mark.slow

SMALL, LARGE = 3, 5  # runs, of 2 and 3 blocks


@pytest.fixture(scope="module")
def children():
    with begin() as run:
        yield run


def fresh(children, home):
    home.mkdir()


def small(children, home):
    """A sweep of fewer runs, half of its last block there."""
    children(home, SMALL)
    next(path for path in parts(home) if "000001-runs" in path.name).unlink()


def damaged(children, home):
    """A part, the manifest and a whole table that have lost their second half."""
    children(home, SMALL)
    for path in (
        parts(home)[0],
        home / OUT / "manifest.json",
        home / OUT / "runs.parquet",
    ):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


STEPS = "make made open write written rename renamed sync synced remove removed"


@pytest.mark.parametrize(
    "begun, count, more",
    [
        (fresh, SMALL, ""),
        (small, LARGE, " move moved"),
        (damaged, SMALL, " move moved"),
    ],
)
def test_a_sweep_killed_at_every_step(children, tmp_path, begun, count, more):
    """And then at any moment, until it ends by itself."""
    begun(children, tmp_path / "begun")
    shutil.copytree(tmp_path / "begun", tmp_path / "truth")
    assert children(tmp_path / "truth", count).code == 0
    truth, blocks = contents(tmp_path / "truth"), finished(tmp_path / "truth")
    assert truth["sweep.toml"] == source(count).encode()
    luck, steps, kills, seen = random.Random(0), set(), [], set()
    for number in itertools.count(1):
        home = tmp_path / "home"
        shutil.copytree(tmp_path / "begun", home)
        kill, done = number, finished(home)
        kills.append(0)
        while (life := children(home, count, kill=kill)).was_killed:
            steps.add(life.of("step")[-1].split()[0])
            assert len(list(home.rglob("*.tmp"))) <= 1  # those of before are gone
            assert done.isdisjoint(life.of("computed"))
            done |= set(life.of("kept"))
            assert done <= finished(home)
            done, kill = finished(home), luck.randint(1, 300)
            kills[-1] += 1
            if state(home) in seen:
                break
            seen.add(state(home))
        else:
            assert life.code == 0
            assert set(life.of("computed")) == blocks - done
            assert contents(home) == truth
        shutil.rmtree(home)
        if not kills[-1]:  # it has no more steps
            break
    assert max(kills) > 1
    assert steps == set((STEPS + more).split())


def blocks_of(home):
    """Return the names of the parts of each block."""
    names = sorted(path.name for path in parts(home))
    groups = itertools.groupby(names, lambda name: int(name.split("-")[0]))
    return {block: set(own) for block, own in groups}


def test_a_block_computed_again_is_never_half_of_before(children, tmp_path):
    """Killed while blocks get other bytes: each has all of now or all of before."""
    again = {"again": [0], "version": 1}
    children(tmp_path / "before", SMALL)
    shutil.copytree(tmp_path / "before", tmp_path / "now")
    assert children(tmp_path / "now", SMALL, **again).code == 0
    before, now = blocks_of(tmp_path / "before"), blocks_of(tmp_path / "now")
    assert before[0].isdisjoint(now[0])
    seen = set()
    for number in itertools.count(1):
        home = tmp_path / "home"
        shutil.copytree(tmp_path / "before", home)
        if not children(home, SMALL, kill=number, **again).was_killed:
            break
        for block in finished(home):
            assert blocks_of(home)[block] in (before[block], now[block])
        if state(home) not in seen:
            seen.add(state(home))
            assert children(home, SMALL, **again).code == 0
            assert contents(home) == contents(tmp_path / "now")
        shutil.rmtree(home)
    assert number > 50


def test_a_shard_killed_at_every_step(children, tmp_path):
    """What it left goes when the tables are written: until then others may write."""
    children(tmp_path / "truth", SMALL)
    children(tmp_path / "begun", SMALL, shard=(1, 2))
    seen = set()
    for number in itertools.count(1):
        home = tmp_path / "home"
        shutil.copytree(tmp_path / "begun", home)
        if not children(home, SMALL, shard=(2, 2), kill=number).was_killed:
            break
        if state(home) not in seen:
            seen.add(state(home))
            assert children(home, SMALL, shard=(2, 2)).code == 0
            assert contents(home) == contents(tmp_path / "truth")
        shutil.rmtree(home)
    assert number > 50


def test_nothing_but_tests_hears_of_the_steps():
    assert atomic.failpoint is atomic._nothing

"""The machine loses power: what was kept is there, whatever else the disk holds."""

import itertools
import random
import shutil

import pytest

from tests.sweep.faults.children import children as begin
from tests.sweep.faults.disk import LOSSES, Disk, Power, build
from tests.sweep.faults.fake import OUT, TABLES
from tests.sweep.faults.folders import contents, is_whole, parts

pytestmark = pytest.mark.slow

SMALL, LARGE = 3, 5  # runs, of 2 and 3 blocks


@pytest.fixture(scope="module")
def children():
    with begin() as run:
        yield run


@pytest.fixture(scope="module")
def told(children, tmp_path_factory):
    """What a sweep does to the disk, and what it computes and keeps."""
    life = children(tmp_path_factory.mktemp("told"), SMALL, record=True)
    assert life.code == 0
    return life.told


@pytest.fixture(scope="module")
def truth(children, tmp_path_factory):
    home = tmp_path_factory.mktemp("truth")
    children(home, SMALL)
    return contents(home)


def never(luck):
    return False


def always(luck):
    return True


def perhaps(luck):
    return luck.random() < 0.5


def unharmed(data):
    return data


HONEST = [Power("nothing", never, (unharmed,))]
HONEST += [Power(loss.__name__, always, (loss,)) for loss in LOSSES]
HONEST += [Power("something", perhaps, (unharmed, *LOSSES))]
LYING = Power("lies", always, (unharmed, unharmed, *LOSSES), is_honest=False)


def moments(told):
    """Yield the disk after each call, and the blocks kept by then."""
    disk, kept = Disk(), set()
    for what, about in told:
        if what == "kept":
            kept.add(about)
        elif what == "call":
            disk(*about)
            yield disk, frozenset(kept)


def what_counts(tree):
    """Return what a tree holds, but for the data of temporary files."""
    return tuple(
        (name, what_counts(entry) if isinstance(entry, dict) else entry)
        for name, entry in tree.items()
        if not name.endswith(".tmp")
    ), any(name.endswith(".tmp") for name in tree)


def test_all_that_was_kept_is_there(children, told, truth, tmp_path):
    """On a disk that does what it is asked: nothing is damaged, nothing made twice."""
    seen = set()
    for disk, kept in moments(told):
        for power, seed in itertools.product(HONEST, range(2)):
            tree = disk.after(power, seed)
            if (what_counts(tree), kept) in seen:
                continue
            seen.add((what_counts(tree), kept))
            home = tmp_path / "home"
            build(tree, home)
            life = children(home, SMALL)
            assert life.code == 0, power.name
            assert kept.isdisjoint(life.of("computed")), power.name
            assert contents(home) == truth, power.name
            shutil.rmtree(home)
    assert len(seen) > 20


def test_a_disk_that_lies_about_data(children, told, truth, tmp_path):
    """Files whose syncs did nothing: what is damaged is found and made again."""
    damage = 0
    for number, (disk, _) in enumerate(moments(told)):
        home = tmp_path / "home"
        build(disk.after(LYING, number), home)
        harmed = {part.name for part in parts(home) if not is_whole(part)}
        assert children(home, SMALL).code == 0
        found = contents(home)
        moved = {name for name in found if name.startswith("quarantine/")}
        assert {f"quarantine/{name}" for name in harmed} <= moved
        assert {name: found[name] for name in found.keys() - moved} == truth
        damage += len(harmed)
        shutil.rmtree(home)
    assert damage > 50


@pytest.mark.parametrize("before, step", [(0, "made"), (SMALL, "renamed")])
def test_a_process_dies_another_goes_on_then_power_is_lost(
    children, tmp_path, before, step
):
    """Names that the first had not made to last are under what the second did.

    In a folder just made, and in one of a sweep that grows, where a manifest of before
    would be of other blocks.
    """
    begun, calls = tmp_path / "begun", []
    begun.mkdir()
    if before:
        calls = children(begun, before, record=True).told
    shutil.copytree(begun, tmp_path / "truth")
    steps = children(tmp_path / "truth", LARGE).of("step")
    numbers = [n for n, name in enumerate(steps, 1) if name.startswith(step)]
    truth, luck, done = contents(tmp_path / "truth"), random.Random(0), 0
    for number in numbers:
        home = tmp_path / "home"
        shutil.copytree(begun, home)
        first = children(home, LARGE, kill=number, record=True)
        second = children(home, LARGE, kill=luck.randint(20, 150), record=True)
        *_, (disk, kept) = moments(calls + first.told + second.told)
        shutil.rmtree(home)
        build(disk.after(HONEST[0], 0), home)
        third = children(home, LARGE)
        assert third.code == 0
        assert kept.isdisjoint(third.of("computed"))
        assert second.was_killed or not third.of("computed")
        assert contents(home) == truth
        done += not second.was_killed
        shutil.rmtree(home)
    assert len(numbers) > 3 and done


def losses(disk, powers=HONEST):
    """Return what the disk may hold after a loss of power now."""
    return [disk.after(power, seed) for power in powers for seed in range(3)]


def held(tree, *path):
    for name in path:
        tree = tree.get(name, {})
    return tree


def test_a_block_computed_again_has_all_of_now_or_all_of_before(children, tmp_path):
    before = children(tmp_path, SMALL, record=True).told
    old = {part.name: part.read_bytes() for part in parts(tmp_path)}
    again = children(tmp_path, SMALL, record=True, again=[0], version=1).told
    new = {part.name: part.read_bytes() for part in parts(tmp_path)}
    whole = [{n: d for n, d in x.items() if n.startswith("000000")} for x in (old, new)]
    mixed = 0
    for disk, _ in moments(before + again):
        for tree in losses(disk):
            there = held(tree, *OUT.split("/"), "parts")
            block = {n: d for n, d in there.items() if n.startswith("000000-")}
            block = {n: d for n, d in block.items() if n in old or n in new}
            tables = {name.split("-")[1] for name in block}
            assert len(tables) < len(TABLES) or block in whole
            mixed += block not in whole and bool(block)
    assert mixed > 5  # on its way there


def test_a_whole_table_of_before_does_not_come_back(children, tmp_path):
    """Once blocks are added to a sweep that grows, a reader sees them."""
    before = children(tmp_path, SMALL, record=True).told
    old = (tmp_path / OUT / "runs.parquet").read_bytes()
    more = children(tmp_path, LARGE, record=True).told
    seen = 0
    for disk, kept in moments(before + more):
        for tree in losses(disk):
            is_old = held(tree, *OUT.split("/")).get("runs.parquet") == old
            assert not (is_old and len(kept) > 2)
            seen += is_old
    assert seen > 5


def test_what_is_damaged_is_not_lost(children, tmp_path):
    """On its way to quarantine it is there, under one name or both.

    A move from folder to folder is there whole or not at all, as on all journals.
    """
    disk, damage = Disk(), b"not what it was"
    for about in children(tmp_path, SMALL, record=True).of("call"):
        disk(*about)
    victim = parts(tmp_path)[0]
    name = str(victim.relative_to(tmp_path))
    for call in ("open", ""), ("write", damage.hex()), ("fsync", ""):
        disk(call[0], name, call[1])
    disk("fsync", str(victim.parent.relative_to(tmp_path)), "")
    victim.write_bytes(damage)
    life = children(tmp_path, SMALL, record=True)
    assert life.of("computed") == [0]
    for about in life.of("call"):
        disk(*about)
        for tree in losses(disk, HONEST[:-1]):
            out = held(tree, *OUT.split("/"))
            assert damage in [*out["parts"].values(), *held(out, "quarantine").values()]


def test_the_disk_forgets_what_was_not_synced():
    """The model itself: data without a sync, a name without a sync of its folder."""
    disk = Disk()
    calls = [("mkdir", "out", ""), ("fsync", "", ""), ("open", "out/a", "")]
    calls += [("write", "out/a", b"data".hex()), ("rename", "out/a", "out/b")]
    nothing, names = HONEST[0], HONEST[1]
    for call in calls:
        disk(*call)
    assert disk.after(nothing, 0) == {"out": {}}
    assert disk.after(names, 0) == {"out": {"b": b""}}
    disk("fsync", "out/b", "")
    assert disk.after(names, 0) == {"out": {"b": b"data"}}
    disk("fsync", "out", "")
    assert disk.after(nothing, 0) == {"out": {"b": b"data"}}
    lies = [disk.after(LYING, seed)["out"]["b"] for seed in range(99)]
    assert {*lies} == {unharmed(b"data"), *(loss(b"data") for loss in LOSSES)}
    disk("unlink", "out/b", "")
    assert disk.after(nothing, 0) == {"out": {"b": b"data"}}
    assert disk.after(names, 0) == {"out": {}}

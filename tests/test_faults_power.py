"""The machine loses power: what was kept is there, whatever else the disk holds."""

import itertools
import random
import shutil

import pytest

from tests.faults.children import children as begin
from tests.faults.disk import LOSSES, Disk, Power, build
from tests.faults.folders import contents, is_whole, parts

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


def test_a_process_dies_another_goes_on_then_power_is_lost(children, tmp_path):
    """Names that the first had not made to last are under what the second did.

    The sweep grows, so that a manifest of before would be of other blocks.
    """
    before = children(tmp_path / "begun", SMALL, record=True)
    shutil.copytree(tmp_path / "begun", tmp_path / "truth")
    children(tmp_path / "truth", LARGE)
    truth, luck, losses = contents(tmp_path / "truth"), random.Random(0), 0
    for number in itertools.count(1):
        home = tmp_path / "home"
        shutil.copytree(tmp_path / "begun", home)
        first = children(home, LARGE, kill=number, record=True)
        if not first.was_killed:
            break
        if first.of("killed")[0].startswith("renamed"):
            second = children(home, LARGE, kill=luck.randint(20, 150), record=True)
            *_, (disk, kept) = moments(before.told + first.told + second.told)
            shutil.rmtree(home)
            build(disk.after(HONEST[0], 0), home)
            third = children(home, LARGE)
            assert third.code == 0
            assert kept.isdisjoint(third.of("computed"))
            assert contents(home) == truth
            losses += 1
        shutil.rmtree(home)
    assert losses > 5


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

"""Packs: blocks kept together are what they are by themselves."""

import hashlib
import io
import itertools
import shutil
import zipfile
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from rvsjax.sweep import waiting
from rvsjax.sweep.executors.executor import Done
from rvsjax.sweep.store import FolderError, Store, atomic, packs
from rvsjax.sweep.store.parts import encode_block

TABLES = ("curves", "runs")
BLOCKS = 4


def tables(block, version=0):
    runs = pa.table({"x": [block, block + version], "status": ["ok", "ok"]})
    return {"curves": pa.table({"x": [block / 8 + version]}), "runs": runs}


def opened(folder, pack_size=BLOCKS, said=()):
    store = Store(folder)
    with store.hold():
        assert [x.split(" ")[1] for x in store.open("plan", {}, "", TABLES)] == [*said]
        store.configure({"width": 2})
    store.pack_size = pack_size
    return store


def made(store, blocks, version=0):
    return {x: encode_block(tables(x, version), x, store.told(x)) for x in blocks}


@pytest.fixture
def store(tmp_path):
    store = opened(tmp_path / "out")
    store.keep_all(made(store, range(BLOCKS)))
    return store


def files(store):
    parts = store.folder / "parts"
    return sorted(str(x.relative_to(parts)) for x in parts.rglob("*") if x.is_file())


def whole(store):
    store.compact()
    return {name: store.path(name).read_bytes() for name in TABLES}


@pytest.fixture
def loose(tmp_path):
    store = opened(tmp_path / "loose", pack_size=1)
    store.keep_all(made(store, range(BLOCKS)))
    return store


def test_blocks_of_a_pack_are_one_file_and_the_same_tables(store, loose):
    [name] = files(store)
    assert packs.is_pack(name) and name.startswith("0000/000000-000003-")
    assert len(files(loose)) == BLOCKS * len(TABLES)
    assert store.done() == loose.done() == set(range(BLOCKS))
    assert whole(store) == whole(loose)
    with zipfile.ZipFile(store.folder / "parts" / name) as archive:
        assert sorted(archive.namelist()) == files(loose)


def test_they_are_read_by_others(store, loose):
    other = Store(store.folder)
    other.tables = TABLES
    assert other.done() == set(range(BLOCKS))
    for name in TABLES:
        assert other.load(name).equals(loose.load(name))
    assert other.block_tables(2)["runs"]["x"].to_pylist() == [2, 2]
    assert other.with_status({"ok"}) == set(range(BLOCKS))


def test_a_block_computed_again_leaves_those_beside_it(store):
    store = opened(store.folder)
    store.keep_all(made(store, [1, 4], version=5))
    assert len(files(store)) == 2
    assert store.load("runs")["x"].tolist() == [0, 0, 1, 6, 2, 2, 3, 3, 4, 9]
    store.keep_all(made(store, range(5), version=1))
    assert len(files(store)) == 1
    before = files(store)
    store.keep_all(made(store, range(5), version=1))
    assert files(store) == before


def test_blocks_of_either_kind_take_the_place_of_the_other(store):
    store = opened(store.folder, pack_size=1)
    store.keep_all(made(store, [1], version=1))
    assert [x.split("-")[1] for x in files(store)][1:] == ["curves", "runs"]
    store = opened(store.folder)
    store.keep_all(made(store, [1, 2], version=2))
    assert len(files(store)) == 2 and all(map(packs.is_pack, files(store)))
    assert store.load("runs")["x"].tolist() == [0, 0, 1, 3, 2, 4, 3, 3]


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, BLOCKS])
def test_stopped_at_every_step_no_block_is_half_of_before(
    store, tmp_path, monkeypatch, size
):
    """Each has all of now or all of before, or is computed again; then all of now."""
    seen = set()
    for number in itertools.count(1):
        folder = shutil.copytree(store.folder, tmp_path / f"copy-{number}")
        again, left = opened(folder, size), [number]

        def stop(step, path, left=left):
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt

        blocks = made(again, [1, 2], version=1)
        with monkeypatch.context() as patch:
            patch.setattr(atomic, "failpoint", stop)
            try:
                again.keep_all(blocks)
            except KeyboardInterrupt:
                pass
            else:
                break
        found = opened(folder, size)
        done = found.done()
        assert done >= {0, 3}
        for block in done:
            x = found.block_tables(block)["runs"]["x"].to_pylist()
            assert x == [block, block] or (block in (1, 2) and x == [block, block + 1])
            angle = found.block_tables(block)["curves"]["x"].to_pylist()
            assert angle == [block / 8 + x[1] - x[0]]
        seen.add(frozenset(done))
        found.keep_all(blocks)
        assert found.load("runs")["x"].tolist() == [0, 0, 1, 2, 2, 3, 3, 3]
    assert len(seen) > 1 and number > 10


def test_a_flipped_bit_anywhere_is_found(store):
    [name] = files(store)
    path = store.folder / "parts" / name
    right = path.read_bytes()
    rows = store.load("runs")["x"].tolist()
    for place in range(0, len(right), 401):
        data = bytearray(right)
        data[place] ^= 4
        path.write_bytes(data)
        packs.read.cache_clear()
        try:  # of what does not change its parts, its names for one, a reader is told
            assert Store(store.folder).load("runs")["x"].tolist() == rows
        except FolderError as error:
            assert "run the same sweep again" in str(error)
        found = opened(store.folder, said=["is"])
        assert found.done() == set() and files(found) == []
        path.write_bytes(right)


def archive(store, members, **how):
    """Put a pack that a stranger made into the place of the one that is there."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", **how) as file:
        for name, data in members.items():
            file.writestr(name, data)
    data = sink.getvalue()
    [name] = files(store)
    digest = hashlib.sha256(data).hexdigest()
    (store.folder / "parts" / name).unlink()
    path = store.folder / "parts" / f"0000/000000-000000-{digest}.zip"
    path.write_bytes(data)
    return path


def compressed(store):
    archive(store, made(store, [0])[0], compression=zipfile.ZIP_DEFLATED)
    return "is"


def of_no_parts(store):
    archive(store, {"../../precious": b"x"})
    return "is"


def empty(store):
    archive(store, {})
    return "is"


def without_curves(store):
    parts = {x: y for x, y in made(store, [0])[0].items() if "-runs-" in x}
    archive(store, parts)
    return "lacks"


def of_another_plan(store):
    told = store.told(0) | {"plan": "other"}
    archive(store, encode_block(tables(0), 0, told))
    return "belongs"


def of_another_config(store):
    told = store.told(0) | {"setting": '{"width": 3}'}
    archive(store, encode_block(tables(0), 0, told))
    return "was"


def elsewhere(store):
    [name] = files(store)
    folder = store.folder / "parts"
    (folder / "0001").mkdir()
    (folder / name).rename(folder / "0001" / name.split("/")[1])
    return "is"


@pytest.mark.parametrize(
    "harm",
    [compressed, of_no_parts, empty, without_curves, of_another_plan]
    + [of_another_config, elsewhere],
)
def test_a_pack_that_is_none_of_the_folder_is_moved(store, harm, loose):
    why = harm(store)
    found = opened(store.folder, said=[why])
    assert found.done() == set() and len(list(found.folder.glob("quarantine/*"))) == 1
    found.keep_all(made(found, range(BLOCKS)))
    assert whole(found) == whole(loose)


def test_blocks_far_apart_are_in_several_folders(store):
    store.keep_all(made(store, [4096, 5000]))
    assert [x.split("/")[0] for x in files(store)] == ["0000", "0001"]
    assert opened(store.folder).done() == {0, 1, 2, 3, 4096, 5000}


def test_a_finished_block_waits_for_others_but_not_long(monkeypatch):
    now, kept, counted = [0.0], [], []
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    job: Any = SimpleNamespace(
        store=SimpleNamespace(pack_size=3),
        keep=lambda blocks: kept.append([x.block for x in blocks]),
    )
    tracker: Any = SimpleNamespace(writing=open_nothing, add=counted.append)
    waits = waiting.Waiting(job, tracker)
    for block in range(4):
        waits.add(Done(block, {}, Counter()))
    assert kept == [[0, 1, 2]] and len(counted) == 3
    waits.keep_old()
    assert len(kept) == 1
    now[0] = 0.6
    waits.keep_old()
    assert kept[1:] == [[3]] and len(counted) == 4
    waits.keep()
    assert len(kept) == 2


def open_nothing():
    return io.StringIO()

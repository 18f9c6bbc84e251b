"""Ledger of a folder: parts are read once, and again after any change."""

import os
import shutil

import pyarrow as pa
import pytest

from rvsjax.sweep.store import Store, parts

BLOCKS = 3


@pytest.fixture
def folder(tmp_path):
    """A folder that another process has written."""
    store = opened(tmp_path / "out")
    for block in range(BLOCKS):
        store.append(block, {"runs": pa.table({"x": [block]})})
    return store.folder


def opened(folder, plan="plan"):
    store = Store(folder)
    with store.hold():
        assert store.open(plan, {}, "", ["runs"]) == []
        store.configure({"width": 1})
    return store


@pytest.fixture
def read(monkeypatch):
    """The blocks whose parts were read."""
    found, told = [], parts.told

    def heard(part):
        found.append(part.block)
        return told(part)

    monkeypatch.setattr(parts, "told", heard)
    return found


def ledger(folder):
    return folder / ".locks" / "1-of-1.ledger"


def test_a_part_is_not_read_again_by_those_who_open_the_folder(folder, read):
    assert opened(folder).done() == set(range(BLOCKS))
    assert read == []


@pytest.mark.parametrize("change", ["times", "rewritten", "copied", "no ledger"])
def test_what_may_be_another_file_is_read(folder, read, change):
    path = Store(folder).parts("runs")[1].path
    if change == "times":
        os.utime(path)
    elif change == "rewritten":
        path.write_bytes(path.read_bytes())
    elif change == "copied":
        shutil.copytree(folder, folder.with_name("copy"))
        folder = folder.with_name("copy")
    else:
        ledger(folder).unlink()
    opened(folder)
    assert read == ([1] if change in ("times", "rewritten") else [0, 1, 2])
    opened(folder)
    assert len(read) == (1 if change in ("times", "rewritten") else 3)


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"[3, [1], []]", b'["x", 1, 2, 3]', b"\xff", b"[" * 5000]
)
def test_a_ledger_that_is_torn_or_a_strangers_costs_a_reading(folder, read, line):
    whole = ledger(folder).read_bytes().splitlines()
    ledger(folder).write_bytes(b"\n".join([whole[0], line, *whole[1:-1]]) + b"\n")
    assert opened(folder).done() == set(range(BLOCKS))
    assert read == [BLOCKS - 1]


def test_a_link_in_the_place_of_a_ledger_is_not_followed(folder, read, tmp_path):
    precious = tmp_path / "precious"
    ledger(folder).rename(precious)
    before = precious.read_bytes()
    ledger(folder).symlink_to(precious)
    opened(folder)
    assert precious.read_bytes() == before and read == [0, 1, 2]


def test_of_another_plan_an_unchanged_part_is_moved_all_the_same(folder, read):
    store = Store(folder)
    with store.hold():
        moved = store.open("other", {}, "", ["runs"], lambda told: {"mark": "other"})
    assert len(moved) == BLOCKS and "belongs to another sweep" in moved[0]
    assert read == []


def test_parts_of_another_block_are_not_kept(folder):
    store = opened(folder)
    with pytest.raises(ValueError, match="not all names of parts of block 4"):
        store.keep(4, {"../../../precious": b""})

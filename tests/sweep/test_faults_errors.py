"""A disk that is full or broken: the sweep ends, and what was finished stays."""

import contextlib
import errno
import gc
import itertools
import os
import shutil

import pyarrow as pa
import pytest

from rvsjax.sweep.store import FolderError, Store, atomic
from tests.sweep.faults.children import FAILED
from tests.sweep.faults.children import children as begin
from tests.sweep.faults.folders import contents, finished, is_whole, parts, state

pytestmark = pytest.mark.slow

RUNS = 3  # of 2 blocks
REASONS = (errno.ENOSPC, errno.EIO)


@pytest.fixture(scope="module")
def children():
    with begin() as run:
        yield run


@pytest.fixture(scope="module")
def truth(children, tmp_path_factory):
    home = tmp_path_factory.mktemp("truth")
    assert children(home, RUNS).code == 0
    return contents(home)


def test_any_call_may_fail_once(children, truth, tmp_path):
    """The sweep ends there; a process after it goes on."""
    failed, seen = set(), set()
    for number in itertools.count(1):
        home = tmp_path / "home"
        home.mkdir()
        life = children(home, RUNS, fail=(number, REASONS[number % 2], False))
        if not life.of("failed"):
            break
        failed.add(life.of("failed")[0].split()[0])
        assert life.code == FAILED and life.of("error")
        assert finished(home) >= set(life.of("kept"))
        assert all(map(is_whole, parts(home)))
        assert not list(home.rglob("*.tmp"))
        if state(home) not in seen:
            seen.add(state(home))
            assert children(home, RUNS).code == 0
            assert contents(home) == truth
        shutil.rmtree(home)
    assert life.code == 0
    assert failed == {"mkdir", "open", "write", "fsync", "replace", "unlink"}


def test_any_call_and_all_after_it_may_fail(children, truth, tmp_path):
    """The same process goes on once the disk works, with files of its own."""
    for number in itertools.count(1):
        home = tmp_path / str(number)
        home.mkdir()
        fail = (number, REASONS[number % 2], True)
        life = children(home, RUNS, fail=fail, twice=True)
        assert life.code == 0
        assert contents(home) == truth
        assert not life.of("synced again")
        if not life.of("failed"):
            break
        assert life.of("error")
    assert number > 60


def test_two_that_write_one_file_do_not_meet(tmp_path):
    """As where there are no locks: the last one's bytes are there, whole."""
    path = tmp_path / "manifest.json"
    with atomic.replacing(path) as one:
        one.write(b"one")
        atomic.replace(path, b"other")
        assert path.read_bytes() == b"other"
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("reason, stops", [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_system_that_syncs_no_folders_is_no_reason_to_stop(
    tmp_path, monkeypatch, reason, stops
):
    def fail(_):
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError) if stops else contextlib.nullcontext():
        atomic.sync(tmp_path)


def test_a_folder_that_may_not_be_read_is_no_reason_to_stop(tmp_path, monkeypatch):
    def forbid(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", forbid)
    atomic.sync(tmp_path)


def test_a_whole_table_that_cannot_be_made_leaves_nothing(tmp_path):
    """Neither a file nor a writer that would speak up when it is collected."""
    store = Store(tmp_path / "out")
    with store.hold():
        store.open("plan", {}, "", ["runs"])
        for block in range(2):
            store.append(block, {"runs": pa.table({"x": range(100)})})
        path = store.parts("runs")[1].path
        data = bytearray(path.read_bytes())
        data[10] ^= 1  # the columns can be read: a writer is there by then
        path.write_bytes(data)
        with pytest.raises(FolderError, match="damaged"):
            store.compact()
    gc.collect()
    assert not list((tmp_path / "out").glob("*runs.parquet*"))

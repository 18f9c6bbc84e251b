"""Two at once: refused by name, shared on purpose, right where locks do not work."""

import errno
import fcntl
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from filelock import FileLock

import rvsjax
from rvsjax.cli.main import main
from rvsjax.results.results import Results
from rvsjax.sweep.engine import Engine
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store, atomic

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "shared"
study = "rvscgd"
[constants]
k = 3
d = 4
nnz = 2
steps = 20
eta = 0.1
penalty = "l1"
lam = 0.01
[seeds]
count = 16
[record]
curves = 3
"""
FILES = ("runs.parquet", "curves.parquet", "pairs.parquet", "claims.parquet")
WAIT = 60  # seconds after which something hangs

# A process that imports no JAX and does what a sweep does with its folder. What it
# computes has other bits in every process, as on another machine, if it is told so.
CHILD = """
import errno, fcntl, os, sys, time
from pathlib import Path
import pyarrow as pa
from rvsjax.sweep.store import Store, FolderError

folder, task, index, total, start, trouble = sys.argv[1:]
index, total, trouble = int(index), int(total), int(trouble)
if trouble:
    def flock(number, what):
        raise OSError(trouble, os.strerror(trouble))
    fcntl.flock = flock
noise = os.getpid() * 1e-12 if trouble else 0.0
BLOCKS = 32
store = Store(folder)

def work():
    with store.alone():
        for sentence in store.open("plan", {"name": "x"}, "", ["curves", "runs"]):
            print(sentence)
        store.configure({"width": 2})
    for block in range(BLOCKS):
        if block % total == index - 1 and block not in store.done():
            runs = pa.table({"x": [block, block + 0.5 + noise]})
            curves = pa.table({"x": [block + noise] * 3})
            store.append(block, {"runs": runs, "curves": curves})
    store.add("sessions", {"pid": os.getpid()})
    with store.alone():
        if len(store.done()) == BLOCKS and not store.is_sealed():
            store.compact()
            store.seal(["curves", "runs"])
            print("compacted")

while start != "-" and not Path(start).exists():
    time.sleep(0.005)
try:
    with store.hold(index, total):
        if task == "work":
            work()
        elif task == "alone":
            with store.alone():
                print("alone", flush=True)
                sys.stdin.readline()
        else:
            print("held", flush=True)
            sys.stdin.readline()
except FolderError as error:
    print(error)
    sys.exit(2)
"""


class Children:
    """Processes that use a folder; those that still run are killed at the end."""

    def __init__(self):
        self.running = []

    def begin(self, folder, task="hold", index=1, total=1, start="-", trouble=0):
        arguments = map(str, (folder, task, index, total, start, trouble))
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", CHILD, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def holder(self, folder, *more):
        process = self.begin(folder, *more)
        assert process.stdout.readline() in ("held\n", "alone\n")
        return process

    def end(self, process, code=0):
        said, errors = process.communicate("\n", timeout=WAIT)
        assert errors == ""
        assert process.returncode == code, said
        return said


@pytest.fixture
def children():
    children = Children()
    yield children
    for process in children.running:
        if process.poll() is None:
            process.kill()
        process.communicate()


# -- who holds it ----------------------------------------------------------------------


def test_the_second_is_told_who_since_when(tmp_path, children):
    holder = children.holder(tmp_path / "out")
    with pytest.raises(FolderError) as told, Store(tmp_path / "out").hold():
        pass
    said = str(told.value)
    assert said.startswith(f"{tmp_path}/out is in use by process {holder.pid} on ")
    assert f" on {socket.gethostname()}, since 20" in said
    assert said.endswith("wait for it, or use another folder")
    children.end(holder)
    with Store(tmp_path / "out").hold():
        pass


def test_a_holder_that_wrote_down_nothing_is_told_all_the_same(tmp_path, children):
    children.holder(tmp_path / "out")
    about = tmp_path / "out/.locks/1-of-1.json"
    for content in ("", "[]", "{", "\x00", '{"pid": 3}'):
        about.write_text(content)
        with pytest.raises(FolderError, match="in use by another process"):
            Store(tmp_path / "out").hold().__enter__()


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path, children):
    for share in ((1, 1), (2, 3)):
        holder = children.holder(tmp_path / "out", "alone", *share)
        holder.send_signal(signal.SIGKILL)
        holder.wait(WAIT)
        begin = time.monotonic()
        with Store(tmp_path / "out").hold(*share), Store(tmp_path / "out").alone():
            assert time.monotonic() - begin < 5


def test_a_stopped_process_still_holds(tmp_path, children):
    """Nothing is stolen by age."""
    holder = children.holder(tmp_path / "out")
    holder.send_signal(signal.SIGSTOP)
    for path in (tmp_path / "out/.locks").iterdir():
        os.utime(path, (0, 0))
    with pytest.raises(FolderError, match=f"process {holder.pid} "):
        Store(tmp_path / "out").hold().__enter__()
    holder.send_signal(signal.SIGCONT)
    children.end(holder)


def test_shares_and_who_is_refused(tmp_path, children):
    """The same share twice, and any of another number; other shares are let in."""
    folder = tmp_path / "out"
    holder = children.holder(folder, "hold", 2, 3)
    for share in ((2, 3), (1, 1), (1, 2), (2, 2), (3, 4), (2, 30)):
        with pytest.raises(FolderError, match=f"process {holder.pid} "):
            Store(folder).hold(*share).__enter__()
    with Store(folder).hold(1, 3), Store(folder).hold(3, 3):
        with pytest.raises(FolderError, match=f"process {os.getpid()} "):
            Store(folder).hold(1, 3).__enter__()
    children.end(holder)
    for share in ((1, 2), (1, 1), (2, 3)):  # what is left of others is in nobody's way
        with Store(folder).hold(*share):
            pass


def test_whoever_is_refused_holds_nothing(tmp_path, children):
    folder = tmp_path / "out"
    holder = children.holder(folder, "hold", 1, 2)
    with pytest.raises(FolderError):
        Store(folder).hold(1, 1).__enter__()
    children.end(holder)
    with Store(folder).hold(2, 2):
        pass


def test_whoever_is_refused_lets_go_before_others_look(tmp_path, monkeypatch):
    """Else each of two could be refused for the other, and none go on."""
    order, release = [], FileLock.release

    def let_go(lock, *more, **named):
        order.append(Path(lock.lock_file).name)
        release(lock, *more, **named)

    with Store(tmp_path / "out").hold(1, 2):
        monkeypatch.setattr(FileLock, "release", let_go)
        with pytest.raises(FolderError):
            Store(tmp_path / "out").hold(1, 3).__enter__()
        assert order.index("1-of-3.lock") < order.index("door.lock")


def test_a_busy_holder_is_told_at_once(tmp_path, children):
    """Also while it checks or writes whole tables, which can take hours."""
    holder = children.holder(tmp_path / "out", "alone", 1, 2)
    begin = time.monotonic()
    for share in ((1, 2), (1, 1), (2, 3)):
        with pytest.raises(FolderError, match=f"process {holder.pid} "):
            Store(tmp_path / "out").hold(*share).__enter__()
    assert time.monotonic() - begin < 10


def test_those_that_share_wait_for_each_other(tmp_path, children):
    """As long as it takes: nobody is sent away."""
    holder = children.holder(tmp_path / "out", "alone", 1, 2)
    store, order = Store(tmp_path / "out"), []

    def let_go():
        time.sleep(0.5)
        order.append("first")
        holder.stdin.write("\n")
        holder.stdin.flush()

    thread = threading.Thread(target=let_go)
    with store.hold(2, 2):
        thread.start()
        with store.alone():
            order.append("second")
        thread.join()
    assert order == ["first", "second"]
    assert holder.wait(WAIT) == 0


def test_of_two_that_begin_at_once_with_other_numbers_one_goes_on(tmp_path, children):
    """Four at a time, twice, to meet the moments in which they meet."""
    for turn in range(2):
        folder, start = tmp_path / str(turn), tmp_path / f"start{turn}"
        rivals = [
            children.begin(folder, "hold", 1, total, start) for total in (1, 2, 3, 4)
        ]
        start.touch()
        said = [process.stdout.readline() for process in rivals]
        assert said.count("held\n") == 1, said
        for process, line in zip(rivals, said, strict=True):
            children.end(process, 0 if line == "held\n" else 2)


# -- the command and the function ------------------------------------------------------


def plan(seeds=16):
    raw = parse(SWEEP)
    raw["seeds"]["count"] = seeds
    return make_plan(raw)


def options(**more):
    return Options(**{"width": 2, "kernel": "plain"} | more)


def tables(folder):
    return {name: (Path(folder) / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "out"
    run_plan(plan(), "", folder, options())
    return folder


def test_the_command_is_refused_with_2(tmp_path, children, capsys, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))  # put back after
    Path("shared.toml").write_text(SWEEP)
    holder = children.holder(tmp_path / "out/shared")
    assert main(["sweep", "shared.toml", "--progress", "none"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"out/shared is in use by process {holder.pid} on " in said.err
    assert main(["sweep", "shared.toml", "--shard", "1/2", "-q"]) == 2
    assert not list((tmp_path / "out/shared/parts").iterdir())


def test_the_function_is_refused_not_kept_waiting(tmp_path, children):
    Path("shared.toml").write_text(SWEEP)
    holder = children.holder(tmp_path / "out/shared", "alone")
    begin = time.monotonic()
    with pytest.raises(FolderError, match=f"in use by process {holder.pid} "):
        rvsjax.run("shared.toml")
    assert time.monotonic() - begin < 30


def test_who_reads_needs_no_lock(whole, children):
    children.holder(whole, "alone")
    assert len(rvsjax.load(whole).runs) == 16


# -- shards ----------------------------------------------------------------------------


def reference(folder):
    """Do in one process what the children share."""
    store = Store(folder)
    with store.hold():
        store.open("plan", {"name": "x"}, "", ["curves", "runs"])
        store.configure({"width": 2})
        for block in range(32):
            runs, curves = {"x": [block, block + 0.5]}, {"x": [float(block)] * 3}
            store.append(block, {"runs": pa.table(runs), "curves": pa.table(curves)})
        store.compact()
    return store


def bytes_of(folder):
    return [(folder / f"{name}.parquet").read_bytes() for name in ("runs", "curves")]


def test_eight_processes_share_a_folder(tmp_path, children):
    folder, start = tmp_path / "out", tmp_path / "start"
    shares = [children.begin(folder, "work", i, 8, start) for i in range(1, 9)]
    start.touch()
    said = [children.end(process) for process in shares]
    assert sorted(said) == [""] * 7 + ["compacted\n"]
    store = Store(folder)
    sessions = [session["pid"] for session in store.manifest["sessions"]]
    assert sorted(sessions) == sorted(process.pid for process in shares)
    assert bytes_of(folder) == bytes_of(reference(tmp_path / "alone").folder)
    with store.hold():
        assert store.open("plan", {"name": "x"}, "", ["curves", "runs"]) == []
        assert store.is_sealed()
    assert not list(folder.rglob("*.tmp"))


def test_a_shard_that_was_killed_begins_again(tmp_path, children):
    folder = tmp_path / "out"
    victim = children.begin(folder, "work", 2, 2)
    while not list(folder.glob("parts/*-runs-*")):
        time.sleep(0.001)
    victim.kill()
    victim.wait(WAIT)
    for index in (1, 2):
        children.end(children.begin(folder, "work", index, 2))
    assert bytes_of(folder) == bytes_of(reference(tmp_path / "alone").folder)


def test_two_real_shards(whole, tmp_path):
    """One after the other: the second finds the program that the first has kept."""
    Path("shared.toml").write_text(SWEEP)
    command = [sys.executable, "-m", "rvsjax.sweep", "shared.toml", "--no-report"]
    command += ["--kernel", "plain", "--block", "2", "--device", "cpu", "--shard"]
    ours = ("JAX_", "XLA_")  # the shell may have set some
    bare = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    options = {"capture_output": True, "text": True, "env": bare, "timeout": 4 * WAIT}
    first, second = (
        subprocess.run([*command, share], **options) for share in ("1/2", "2/2")
    )
    assert (first.returncode, second.returncode) == (0, 0), (first, second)
    assert "Traceback" not in first.stderr + second.stderr
    assert (first.stdout, second.stdout) == ("", "out/shared\n")
    assert "this shard is done; " in first.stderr
    assert "this shard is done; " not in second.stderr
    told = Results("out/shared").manifest["sessions"]
    assert [session["blocks"] for session in told] == [4, 4]
    # XLA_FLAGS differ from those of this process: the numbers agree, if not the bits
    runs, right = Results("out/shared").runs, Results(whole).runs
    assert list(runs["run_id"]) == list(right["run_id"])
    np.testing.assert_allclose(runs["m_theta"], right["m_theta"], rtol=1e-9)


def test_shards_that_try_again_leave_nothing_out_of_date(whole, tmp_path, monkeypatch):
    """The first is done, and makes tables, while the second still replaces blocks."""
    folder = tmp_path / "out"

    def fails(*_):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "compute", fails)
        assert run_plan(plan(), "", folder, options()).failed
    retry = frozenset({"failed"})
    begun = []

    def meanwhile(progress):
        if not begun:
            begun.append(progress)
            ending = run_plan(plan(), "", folder, options(shard=(1, 2), retry=retry))
            assert ending.blocks_left == 0
            assert (Results(folder).runs["status"] == "failed").sum() == 8

    second = options(shard=(2, 2), retry=retry, watch=meanwhile)
    assert run_plan(plan(), "", folder, second).blocks_left == 0
    assert tables(folder) == tables(whole)
    assert run_plan(plan(), "", folder, options()).blocks_left == 0
    assert tables(folder) == tables(whole)


# -- without locks ---------------------------------------------------------------------

NO_LOCKS = [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP]


@pytest.mark.parametrize("trouble", NO_LOCKS)
def test_where_locks_do_not_work_there_are_none(tmp_path, monkeypatch, trouble):
    """No file stands for a lock either: one left by a killed process would stay."""

    def fails(number, what):
        raise OSError(trouble, os.strerror(trouble))

    monkeypatch.setattr(fcntl, "flock", fails)
    one, other = Store(tmp_path / "out"), Store(tmp_path / "out")
    with one.hold(), other.hold(), one.alone(), other.alone():
        for store in (one, other):
            store.open("plan", {}, "", ["runs"])
        one.append(0, {"runs": pa.table({"x": [1.0, 2.0]})})
        other.append(0, {"runs": pa.table({"x": [1.0, 2.0 + 1e-15]})})
        one.append(1, {"runs": pa.table({"x": [3.0]})})
        other.append(1, {"runs": pa.table({"x": [3.0]})})
    assert len(list((tmp_path / "out/parts").iterdir())) == 3
    found = Store(tmp_path / "out").load("runs")["x"]
    np.testing.assert_allclose(found, [1, 2, 3], rtol=1e-14)
    third = Store(tmp_path / "out")
    with third.hold():
        third.open("plan", {}, "", ["runs"])
        third.append(0, {"runs": pa.table({"x": [9.0]})})  # in place of both
    assert Store(tmp_path / "out").load("runs")["x"].tolist() == [9, 3]


@pytest.fixture
def no_locks(monkeypatch):
    def fails(number, what):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fails)


def test_without_locks_a_block_that_another_is_writing_is_left_alone(
    tmp_path, no_locks
):
    """Its curves are there, its runs are not: with locks, its writer would be dead."""
    one, other = Store(tmp_path / "out"), Store(tmp_path / "out")
    with one.hold(), other.hold():
        one.open("plan", {}, "", ["curves", "runs"])
        one.append(0, {"curves": pa.table({"x": [1.0]})})
        [begun] = one.parts("curves")
        other.open("plan", {}, "", ["curves", "runs"])
        other.append(0, {name: pa.table({"x": [2.0]}) for name in ("curves", "runs")})
        assert begun.path.exists()
        assert len(list((tmp_path / "out/parts").iterdir())) == 3


def test_a_part_that_goes_while_it_is_read(tmp_path, no_locks, monkeypatch):
    """As where another computes its block again."""
    store = Store(tmp_path / "out")
    with store.hold():
        store.open("plan", {}, "", ["runs"])
        store.append(0, {"runs": pa.table({"x": [1.0]})})
        store.append(1, {"runs": pa.table({"x": [2.0]})})
        listed, first = store._in_parts(), store.parts("runs")[0].path
        monkeypatch.setattr(Store, "_in_parts", lambda self: listed)
        first.unlink()
        assert store.open("plan", {}, "", ["runs"]) == []
        statuses = functools.partial(store.with_status, {"ok"})
        for act in (store.compact, statuses, lambda: store.load("runs")):
            with pytest.raises(
                FolderError, match="was removed meanwhile; run the same"
            ):
                act()


def test_two_hosts_write_one_file_under_one_pid(tmp_path):
    """Nested, as if at once: neither takes the other's temporary file."""
    path = tmp_path / "file"
    with atomic.replacing(path) as one:
        one.write(b"one")
        with atomic.replacing(path) as other:
            other.write(b"two")
        assert path.read_bytes() == b"two"
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_another_trouble_with_a_lock_is_no_leave_to_go_without(tmp_path, monkeypatch):
    def fails(number, what):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", fails)
    with pytest.raises(FolderError, match="Input/output error"):
        Store(tmp_path / "out").hold().__enter__()


def test_many_at_once_without_locks(tmp_path, children):
    """Each computes all there is to its own bits; every block is there once."""
    folder, start = tmp_path / "out", tmp_path / "start"
    twins = [
        children.begin(folder, "work", 1, 1, start, errno.ENOLCK) for _ in range(4)
    ]
    start.touch()
    for process in twins:
        children.end(process)
    children.end(children.begin(folder, "work"))  # one more, with locks
    # of whole tables, two may be sealed for each other; they are made of parts again
    moved = {path.name for path in (folder / "quarantine").glob("*")}
    assert moved <= {"runs.parquet", "curves.parquet"}
    right = reference(tmp_path / "alone")
    for name in ("runs", "curves"):
        found, expected = Store(folder).load(name)["x"], right.load(name)["x"]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
        assert len(found) == len(expected)
    assert json.loads((folder / "manifest.json").read_text())["plan"] == "plan"

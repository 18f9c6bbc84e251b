"""Commands that work on one folder at one time, in any order, killed anywhere.

Each is a thread that goes on only when it is told to, up to its next look at what
others share. Locks, files and the wiring are those of a sweep; runs are made up.
"""

import contextlib
import errno
import fcntl
import functools
import os
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from rvsjax.sweep import job, runner, whole
from rvsjax.sweep.executors import task
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store, atomic, lock, untrusted

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "together"
study = "rvscgd"
[constants]
d = 5
steps = 5
lam = 0.02
[grid]
penalty = ["l1", "l0"]
[seeds]
count = {seeds}
"""
SEEDS = (3, 5)
PLANS = {seeds: make_plan(parse(SWEEP.format(seeds=seeds))) for seeds in SEEDS}
IDS = {seeds: {item.run_id for item in plan} for seeds, plan in PLANS.items()}
SHARES = [(1, 1), (1, 2), (1, 2), (2, 2), (2, 2)]
FOREVER = 100
STEPS = st.sampled_from([0, 3, 4, 5, 6, 8, FOREVER, FOREVER])  # up to the next stop
LANE = SimpleNamespace(platform="cpu", device_kind="cpu")
PATIENCE = 60  # seconds, for a machine that is busy; nothing takes one of them


class Killed(BaseException):
    """The end of a process that nothing in it hears of."""


def value_of(run_id):
    return int(run_id[:6], 16) / 7


class Process:
    """A call that stops before each look at what others share, until told to go on."""

    def __init__(self, call, fails=False, reads=False):
        self.fails, self.reads = fails, reads
        self.go, self.stopped = threading.Semaphore(0), threading.Semaphore(0)
        self.steps_to_live: int | None = None
        self.answer: Any = None
        self.error: BaseException | None = None
        self.over = False
        self.thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self.thread.process = self
        self.thread.start()
        assert self.stopped.acquire(timeout=PATIENCE)

    def _run(self, call):
        try:
            self.pause()
            self.answer = call()
        except BaseException as error:
            self.error = error
        finally:
            self.over = True
            self.stopped.release()

    def pause(self):
        self.stopped.release()
        assert self.go.acquire(timeout=PATIENCE)
        if self.steps_to_live == 0:
            raise Killed

    def step(self):
        """Go on up to the next stop."""
        if not self.over:
            self.go.release()
            assert self.stopped.acquire(timeout=PATIENCE)

    def go_on(self, steps=FOREVER):
        for _ in range(steps):
            self.step()


def process() -> Process | None:
    return getattr(threading.current_thread(), "process", None)


def pause():
    if now := process():
        now.pause()


def count_down(step, path):
    """Let the process that changes the disk die at its time."""
    now = process()
    if now is None or now.steps_to_live is None:
        return
    if now.steps_to_live == 0:
        raise Killed
    now.steps_to_live -= 1


class FakeEngine:
    """Blocks that come one after another; a run is the number that it is made of."""

    workers = (LANE,)

    def __init__(self):
        self.narrow, self.under_way, self.resumed = {}, {}, 0
        self.compile_seconds = self.run_seconds = 0.0

    def run(self, pending, make, stop, tell) -> Iterator[tuple[Any, Future]]:
        for block in pending:
            pause()
            future = Future()
            if process() and process().fails:
                future.set_exception(MemoryError("no room"))
            else:
                future.set_result(None)
            yield block, future


class FakeStudy:
    names = ("curves", "runs")

    def kept(self, record):
        return self.names

    def has_kernel(self, item):
        return False

    def material(self, data, items):
        return SimpleNamespace(source="", digest="", arrays=())

    def rows(self, items, results, record):
        ids = [item.run_id for item in items]
        values = list(map(value_of, ids))
        rows = {"run_id": ids, "status": ["ok"] * len(ids), "m_theta": values}
        return {
            "curves": pa.table({"run_id": ids * 2, "theta": values * 2}),
            "runs": pa.table(rows),
        }


@pytest.fixture(scope="module", autouse=True)
def fakes():
    """Put threads for processes, and made-up numbers for runs."""
    brief, opened = lock.brief, untrusted.opened

    @contextlib.contextmanager
    def paused_brief(folder):
        pause()
        with brief(folder) as locked:
            yield locked

    def paused_opened(path):
        if process() and process().reads:
            pause()
        return opened(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock, "brief", paused_brief)
        patch.setattr(untrusted, "opened", paused_opened)
        patch.setattr(atomic, "failpoint", count_down)
        patch.setattr(atomic.os, "fsync", lambda number: None)
        for module in job, runner:
            patch.setattr(module, "study_of", lambda plan: FakeStudy())
        patch.setattr(task, "find_study", lambda name: FakeStudy())
        patch.setattr(task, "make_engine", lambda *_, **__: FakeEngine())
        patch.setattr(runner, "session", lambda *_: {"blocks": 0})
        patch.setattr(
            whole,
            "_write_claims",
            lambda store, study: store.write("claims.parquet", b"x"),
        )
        yield


def command(folder, seeds, share=(1, 1), retry=False):
    options = Options(
        width=2,
        kernel="plain",
        shard=share,
        retry=frozenset({"failed"}) if retry else frozenset(),
        workers=(LANE,),
    )
    return run_plan(PLANS[seeds], f"seeds = {seeds}", folder, options)


def read(folder):
    """Return the status of each run; a folder may be in no state to be read."""
    try:
        found = Store(folder).load("runs")
    except FolderError:
        return None
    assert found["run_id"].is_unique
    for row in found.to_dict("records"):
        assert row["status"] == "failed" or row["m_theta"] == value_of(row["run_id"])
    return dict(zip(found["run_id"], found["status"]))


class Together:
    """Up to three calls at a time: of a sweep, grown or not, of shards, of readers."""

    def __init__(self, folder):
        self.folder = folder
        self.processes: list[Process] = []
        self.good: set[str] = set()  # runs that were read as computed
        self.again = False

    def begin(self, seeds, share, trouble, steps):
        if len(self.processes) < 3:
            self.again |= trouble == "retry"
            retry = trouble == "retry"
            call = functools.partial(command, self.folder, seeds, share, retry)
            self.go_on(Process(call, fails=trouble == "fails"), steps)

    def begin_to_read(self, steps):
        if len(self.processes) < 3:
            self.go_on(Process(lambda: read(self.folder), reads=True), steps)

    def let(self, number, steps):
        if self.processes:
            self.go_on(self.processes[number % len(self.processes)], steps)

    def kill(self, number, changes):
        """Let it change the disk so many times more, before it dies."""
        if self.processes:
            self.processes[number % len(self.processes)].steps_to_live = changes
            self.let(number, FOREVER)

    def go_on(self, chosen, steps):
        self.processes = [x for x in self.processes if x is not chosen]
        chosen.go_on(steps)
        if not chosen.over:
            self.processes.append(chosen)
        elif not isinstance(chosen.error, FolderError | Killed | type(None)):
            raise chosen.error

    def look(self):
        """See that nothing is there twice, and nothing is lost."""
        found = read(self.folder)
        if found is not None and not self.again:
            assert self.good <= {x for x in found if found[x] == "ok"}
            self.good |= {x for x in found if found[x] == "ok"}

    def mend(self):
        """See that the last sweep of the folder comes to all of its runs."""
        known = Store(self.folder).manifest.get("asked", {"seeds": {"count": 3}})
        seeds = known["seeds"]["count"]
        command(self.folder, seeds)
        ending = command(self.folder, seeds, retry=True)
        assert ending.blocks_left == 0
        assert read(self.folder) == dict.fromkeys(IDS[seeds], "ok")
        store = Store(self.folder)
        store.tables = FakeStudy.names
        assert store.is_sealed()
        assert all(map(store.is_united, FakeStudy.names))
        assert not list(self.folder.rglob("*.tmp"))


PLACES = st.integers(0, 2)
BEGIN = st.tuples(
    st.just("begin"),
    st.sampled_from(SEEDS),
    st.sampled_from(SHARES),
    st.sampled_from(["", "", "fails", "retry"]),
    STEPS,
)
OPERATIONS = st.one_of(
    BEGIN,
    BEGIN,
    BEGIN,
    st.tuples(st.just("let"), PLACES, STEPS),
    st.tuples(st.just("kill"), PLACES, st.integers(0, 30)),
    st.tuples(st.just("begin_to_read"), STEPS),
)


@pytest.fixture
def knows_locks(monkeypatch):
    """Let processes, but not the test itself, find that locks do not work."""
    real = fcntl.flock

    def flock(number, what):
        if process():
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        return real(number, what)

    return lambda locks: monkeypatch.setattr(fcntl, "flock", real if locks else flock)


def check(operations):
    with tempfile.TemporaryDirectory() as home:
        together = Together(Path(home) / "out")
        try:
            for name, *how in operations:
                getattr(together, name)(*how)
                together.look()
        finally:
            while together.processes:
                together.let(0, FOREVER)
        together.look()
        together.mend()


@pytest.mark.parametrize("locks", [True, False])
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # to make one smaller takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(operations=st.lists(OPERATIONS, min_size=4, max_size=10))
def test_commands_on_one_folder_at_one_time(operations, locks, knows_locks):
    """Whatever they do, the same command mends it; without locks as well."""
    knows_locks(locks)
    check(operations)


def parts(folder):
    return {path.name for path in (folder / "parts").iterdir()}


def step_until(one, there):
    while not there() and not one.over:
        one.step()
    assert there()


def test_a_shard_of_an_older_plan_is_refused_before_it_writes(tmp_path):
    folder = tmp_path / "out"
    command(folder, 3, (2, 2))
    one = Process(lambda: command(folder, 3, (1, 2)))
    step_until(one, lambda: any("000000-runs" in name for name in parts(folder)))
    command(folder, 5, (2, 2))
    before, manifest = parts(folder), Store(folder).manifest
    one.go_on()
    assert isinstance(one.error, FolderError)
    assert "was given to another plan meanwhile" in str(one.error)
    assert parts(folder) == before and Store(folder).manifest == manifest
    assert command(folder, 5).blocks_left == 0
    assert read(folder) == dict.fromkeys(IDS[5], "ok")


def test_a_folder_that_has_runs_twice_is_mended(tmp_path, monkeypatch):
    """As it was left where nobody looked whether a sweep had grown."""
    folder = tmp_path / "out"
    command(folder, 3, (2, 2))
    one = Process(lambda: command(folder, 3, (1, 2)))
    step_until(one, lambda: any("000000-runs" in name for name in parts(folder)))
    command(folder, 5, (2, 2))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_need_the_same", lambda self: None)
        one.go_on()
    assert any("000002-runs" in name for name in parts(folder))
    assert set(read(folder)) <= IDS[5]
    assert command(folder, 5).blocks_left == 0
    assert read(folder) == dict.fromkeys(IDS[5], "ok")
    assert any("000002-runs" in x.name for x in (folder / "quarantine").iterdir())


def test_tables_made_beside_a_shard_that_tries_again_are_not_kept(tmp_path):
    """It is killed once its block is there, before it is done with the folder."""
    folder = tmp_path / "out"
    Process(lambda: command(folder, 3), fails=True).go_on()
    failed = parts(folder)
    one = Process(lambda: command(folder, 3, (2, 2), retry=True))
    step_until(one, lambda: not (folder / "runs.parquet").exists())
    command(folder, 3, (1, 2))  # makes whole tables of what is there
    step_until(one, lambda: any("000001-runs" in x for x in parts(folder) - failed))
    one.steps_to_live = 0
    one.go_on()
    assert isinstance(one.error, Killed)
    assert "ok" in read(folder).values()
    command(folder, 3)
    assert "ok" in read(folder).values()

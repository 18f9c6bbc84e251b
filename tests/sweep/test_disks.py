"""Full, forbidden and exhausted: what was finished stays, a sentence says why."""

import contextlib
import ctypes
import errno
import gc
import os
import random
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import jax
import pyarrow as pa
import pytest

from rvsjax.cli.main import main
from rvsjax.sweep.store import FolderError, Store

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "narrow"
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
count = 8
[record]
curves = 3
"""
BLOCKS = 4
FILES = ("runs.parquet", "curves.parquet", "pairs.parquet", "claims.parquet")


# -- what a machine may lack -----------------------------------------------------------


@contextlib.contextmanager
def limited(what, number):
    """Allow so much of a resource; for files, Python is told instead of killed."""
    before, most = resource.getrlimit(what)
    resource.setrlimit(what, (number, most))
    try:
        yield
    finally:
        resource.setrlimit(what, (before, most))


def no_larger_than(size):
    return limited(resource.RLIMIT_FSIZE, size)


@contextlib.contextmanager
def handles(number):
    """Leave so many file handles, and no other."""
    with contextlib.ExitStack() as stack:
        first = os.dup(0)
        stack.callback(os.close, first)
        stack.enter_context(limited(resource.RLIMIT_NOFILE, first + 20))
        taken = []
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        for _ in range(min(number, len(taken))):
            os.close(taken.pop())
        for handle in taken:
            stack.callback(os.close, handle)
        yield


@pytest.fixture
def without_rights(tmp_path, monkeypatch):
    """Let permissions count: to the superuser, on Linux, two capabilities open all."""
    monkeypatch.chdir(tmp_path)
    if os.geteuid():
        yield
        return
    if sys.platform != "linux":
        pytest.skip("run by the superuser, whom no permission stops")
    libc = ctypes.CDLL(None, use_errno=True)
    version_3, effective = (ctypes.c_uint32 * 2)(0x20080522, 0), 0
    override_and_search = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(version_3, sets) == 0
    before = sets[effective]
    sets[effective] &= ~override_and_search
    assert libc.capset(version_3, sets) == 0
    try:
        yield
    finally:
        sets[effective] = before
        assert libc.capset(version_3, sets) == 0


# -- the store alone -------------------------------------------------------------------


def job(folder):
    """Do all that a sweep does in a folder, or what is missing of it."""
    store = Store(folder)
    with store.hold():
        with store.alone():
            moved = store.open("plan", {"name": "x"}, "name = 'x'\n", TABLES)
            store.configure({"width": 3})
        for block in sorted({0, 1, 2, 3} - store.done()):
            store.append(block, block_of(block))
        store.add("sessions", {"said": "x" * 100})
        with store.alone():
            if not store.is_sealed():
                store.compact()
                store.seal(TABLES)
    return moved


TABLES = ("curves", "runs")


def block_of(block):
    """A block, larger than the one before; whole tables are larger than any."""
    numbers = random.Random(block).sample(range(10**9), 60 + 20 * block)
    rows = {"block": [block] * len(numbers), "x": numbers}
    return {"curves": pa.table(rows), "runs": pa.table({"x": numbers[:50]})}


def content(folder):
    tables = [folder / f"{name}.parquet" for name in TABLES]
    return [
        path.read_bytes() for path in (*sorted((folder / "parts").iterdir()), *tables)
    ]


@pytest.fixture(scope="module", autouse=True)
def _collect_only_what_is_made_here():
    """A collection walks over all that there is, and after JAX that takes a second."""
    gc.freeze()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Content and sizes of what the job makes where nothing is in the way."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    job(folder)
    sizes = {path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    return content(folder), sizes


def check_finished(folder, whole):
    """The job goes on where it was, to the same bytes, with nothing in the way."""
    before = {path: path.stat().st_mtime_ns for path in folder.glob("parts/*.parquet")}
    assert job(folder) == []
    assert content(folder) == whole[0]
    assert not (folder / "quarantine").exists()
    assert not list(folder.rglob("*.tmp"))
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_a_disk_that_is_full_anywhere(whole, tmp_path):
    """Every file fails once, at its last byte and at its first."""
    _, sizes = whole
    sizes = {size - 1 for size in sizes if size} | {0, 1}
    failed = set()
    for size in sorted(sizes):
        folder = tmp_path / str(size)
        try:
            with no_larger_than(size):
                job(folder)
        except OSError as error:
            assert error.errno == errno.EFBIG
            failed.add(Path(error.filename).name.partition("-")[0])
            assert not error.filename.endswith(".tmp")
        gc.collect()  # a file that is left open would be told here
        assert not list(folder.rglob("*.tmp"))
        check_finished(folder, whole)
    assert failed >= {"manifest.json", "000000", "000003", "curves.parquet"}


def test_finished_blocks_stay_where_the_next_does_not_fit(whole, tmp_path):
    store = Store(tmp_path / "out")
    with store.hold():
        store.open("plan", {"name": "x"}, "name = 'x'\n", TABLES)
        store.configure({"width": 3})
        store.append(0, block_of(0))
        before = content_of_parts(store.folder)
        with no_larger_than(100), pytest.raises(OSError, match="000001-curves"):
            store.append(1, block_of(1))
        assert content_of_parts(store.folder) == before
        assert store.done() == {0}
        with no_larger_than(100), pytest.raises(OSError, match="manifest.json"):
            store.add("sessions", {"said": "x" * 100})
        assert "sessions" not in store.manifest
        store.append(1, block_of(1))
    check_finished(store.folder, whole)


def content_of_parts(folder):
    return {path.name: path.read_bytes() for path in (folder / "parts").iterdir()}


def test_a_block_that_is_tried_again_has_never_tables_of_both(tmp_path):
    """The old ones go first: with a disk full in between, it is computed again."""
    store = Store(tmp_path / "out")
    with store.hold():
        store.open("plan", {}, "", TABLES)
        store.append(0, block_of(0))
        store.append(1, block_of(1))
        again = block_of(2)
        with no_larger_than(100), pytest.raises(OSError):
            store.append(1, again)
        assert store.done() == {0}
        store.append(1, again)
        assert store.load("curves")["block"].value_counts().to_dict() == {0: 60, 2: 100}


def test_out_of_handles_anywhere(whole, tmp_path):
    """With as few as none: nothing that is whole is taken for damaged."""
    failed = 0
    for number in range(12):
        folder = tmp_path / str(number)
        for begun in (False, True):
            if begun:
                job(folder)
                (folder / "runs.parquet").unlink()
            try:
                with handles(number):
                    job(folder)
            except (OSError, FolderError) as error:
                assert "Too many open files" in str(error)
                failed += 1
            gc.collect()
            check_finished(folder, whole)
    assert 4 <= failed < 24  # the last ones had enough


def test_readers_out_of_handles_take_nothing_for_damaged(tmp_path):
    job(tmp_path)
    with handles(0), pytest.raises(OSError, match="Too many open files"):
        Store(tmp_path).load("runs")
    with handles(0), pytest.raises(OSError, match="Too many open files"):
        _ = Store(tmp_path).manifest
    (tmp_path / "runs.parquet").unlink()
    with handles(0), pytest.raises(OSError, match="Too many open files"):
        Store(tmp_path).load("runs")


def test_a_folder_that_cannot_be_made(without_rights):
    Path("closed").mkdir()
    Path("closed").chmod(0o555)
    with pytest.raises(FolderError, match="closed/out cannot be .*: Permission denied"):
        job("closed/out")
    Path("closed").chmod(0o000)
    with pytest.raises(FolderError, match="closed/out cannot be .*: Permission denied"):
        job("closed/out")
    Path("closed").chmod(0o777)
    long = "x" * 300
    with pytest.raises(FolderError, match="cannot be .*: File name too long"):
        job(long)


def test_a_folder_that_cannot_be_written(whole, without_rights):
    job(Path("out"))
    before = content(Path("out"))
    for name in (".locks", "parts", "."):
        mode = stat.S_IMODE(Path("out", name).stat().st_mode)
        for file in Path("out/.locks").iterdir():
            file.chmod(0o400)
        Path("out", name).chmod(0o555)
        with pytest.raises(FolderError, match="out cannot be .*: Permission denied"):
            job(Path("out"))
        Path("out", name).chmod(mode)
        for file in Path("out/.locks").iterdir():
            file.chmod(0o600)
    assert content(Path("out")) == before
    check_finished(Path("out"), whole)


@pytest.mark.parametrize("name", ["manifest.json", "runs.parquet", "parts"])
def test_what_may_not_be_read_is_not_damaged(whole, without_rights, name):
    folder = Path("out")
    job(folder)
    mode = stat.S_IMODE((folder / name).stat().st_mode)
    (folder / name).chmod(0)
    told = f"Permission denied.*{name}|{name}: Permission denied"
    with pytest.raises((OSError, FolderError), match=told):
        job(folder)
    (folder / name).chmod(mode)
    check_finished(folder, whole)


def test_a_part_that_may_not_be_read_is_not_damaged(whole, without_rights):
    folder = Path("out")
    job(folder)
    path = Store(folder).parts("curves")[1].path
    path.chmod(0)
    with pytest.raises(OSError, match=f"Permission denied.*{path.name}"):
        job(folder)
    path.chmod(0o644)
    check_finished(folder, whole)


def test_a_failed_sync_is_told_and_never_tried_again(whole, tmp_path, monkeypatch):
    """The pages may be gone by then, so that a second sync of a file proves nothing."""
    real, synced = os.fsync, []

    def fails(number):
        status = os.fstat(number)
        if stat.S_ISREG(status.st_mode):
            synced.append(status.st_ino)
            if len(synced) == 3:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(number)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(OSError, match="Input/output error") as told:
            job(tmp_path / "out")
    assert told.value.filename.startswith(str(tmp_path / "out"))
    assert synced.count(synced[-1]) == 1
    check_finished(tmp_path / "out", whole)


# -- the command -----------------------------------------------------------------------


def command(folder, *more):
    """Run the command `sweep` in this process, which has JAX already."""
    Path("narrow.toml").write_text(SWEEP)
    options = ["--kernel", "plain", "--block", "2", "--no-report", *more]
    return lambda: main(["sweep", "narrow.toml", "--out", str(folder), *options])


@contextlib.contextmanager
def put_back():
    """Put back what the command changes in its process."""
    names = (signal.SIGINT, signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
        before = [signal.signal(name, signal.SIG_DFL) for name in names]
        try:
            yield
        finally:
            for name, handler in zip(names, before, strict=True):
                signal.signal(name, handler)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The tables of the sweep where nothing was in the way; all is imported by now."""
    folder = tmp_path_factory.mktemp("straight")
    jax.devices()
    with put_back(), contextlib.chdir(folder):
        assert command("out")() == 0
    return {
        path.name: path.read_bytes() for path in (folder / "out").rglob("*.parquet")
    }


@pytest.fixture
def sweep(tables, capsys):
    """The command, in whatever surroundings: its code, and what it said."""

    def carry_out(*more, out="out", within=contextlib.nullcontext):
        run = command(out, *more)
        with within():
            code = run()
        said = capsys.readouterr().err
        assert "Traceback" not in said and "Exception" not in said
        return code, said

    with put_back():
        yield carry_out


def check_same_tables(folder, tables):
    for name in FILES:
        assert (folder / name).read_bytes() == tables[name]


KEPT = "what was finished is kept, the same command continues"


def test_a_sweep_on_a_full_disk_goes_on_later(sweep, tables):
    names = {Path("parts" if "-" in name else "", name) for name in tables}
    names.add(Path("manifest.json"))
    sizes = sorted(len(data) for name, data in tables.items() if "-" in name)
    for number, size in enumerate((0, sizes[0] - 1, sizes[-1] - 1, sizes[-1] + 500)):
        folder = Path(f"out{number}")
        code, said = sweep(out=folder, within=lambda size=size: no_larger_than(size))
        assert code == 3
        told = (f"{folder / name}: File too large; {KEPT}" for name in names)
        assert said.splitlines()[-1] in told
        assert sweep(out=folder)[0] == 0
        check_same_tables(folder, tables)


def test_a_sweep_without_handles_goes_on_later(sweep, tables):
    codes = set()
    for number in (0, 1, 2, 3, 5):
        code, said = sweep(within=lambda number=number: handles(number))
        assert code == 0 or "Too many open files" in said
        assert code != 3 or said.endswith(KEPT + "\n")
        codes.add(code)
    assert codes > {0}
    assert sweep()[0] == 0
    check_same_tables(Path("out"), tables)


def test_a_sweep_that_may_not_write_goes_on_later(sweep, tables, without_rights):
    assert sweep("--shard", "1/2")[0] == 0
    Path("out/parts").chmod(0o555)
    code, said = sweep()
    assert code == 3
    last = said.splitlines()[-1]
    assert last.startswith("out/parts/000001-curves-")
    assert last.endswith(f": Permission denied; {KEPT}")
    Path("out/parts").chmod(0o755)
    Path("out").chmod(0o000)
    code, said = sweep()
    assert code == 2 and "Permission denied" in said
    Path("out").chmod(0o755)
    code, said = sweep("--progress", "json")
    assert code == 0 and '"blocks": 2, "blocks_before": 2' in said
    check_same_tables(Path("out"), tables)


@pytest.mark.parametrize(
    "error", [RuntimeError("can't start new thread"), MemoryError()]
)
def test_a_machine_that_gives_nothing_more_is_a_sentence(
    sweep, tables, monkeypatch, error
):
    def fails(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("rvsjax.sweep.store.parts.encode", fails)
        code, said = sweep()
    assert code == 3
    assert said.splitlines()[-1] == f"{str(error) or 'MemoryError'}; {KEPT}"
    assert sweep()[0] == 0
    check_same_tables(Path("out"), tables)


def test_a_sweep_of_which_every_run_fails_can_be_tried_again(
    sweep, tables, monkeypatch
):
    """There is no claim to tell of then, and no traceback either."""

    def fails(*_):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("rvsjax.sweep.engine.Engine.compute", fails)
        code, said = sweep()
    assert code == 3 and "8 failed" in said
    assert sweep("--retry", "failed")[0] == 0
    check_same_tables(Path("out"), tables)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few hundred kilobytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=777", "none", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no disk can be mounted: {error}")
    if done.returncode:
        pytest.skip(f"no disk can be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_without_room(sweep, tables, small_disk):
    """Whatever room is left: the sweep ends with a sentence, or is done."""
    for room in (0, 8, 16, 64, 120):
        folder = small_disk / str(room)
        fill(small_disk / "ballast", room * 1024)
        code, said = sweep(out=folder)
        assert code == 3
        assert said.endswith(f": No space left on device; {KEPT}\n")
        assert said.splitlines()[-1].startswith(f"{folder}/")
        (small_disk / "ballast").unlink()
        assert sweep(out=folder)[0] == 0
        check_same_tables(folder, tables)
        subprocess.run(["rm", "-r", str(folder)], check=True)


def fill(path, room):
    """Fill a disk up to so many bytes."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(number, bytes(4096))
    os.ftruncate(number, os.fstat(number).st_size - room)
    os.close(number)

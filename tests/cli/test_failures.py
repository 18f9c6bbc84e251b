"""One handler turns every error of a command into a sentence and an exit code."""

import argparse
import errno
import os
import subprocess
import sys

import pyarrow as pa
import pytest

from rvsjax.cli import devices
from rvsjax.cli.commands import report, sweep, verify
from rvsjax.cli.failures import explain
from rvsjax.cli.main import main
from rvsjax.errors import DataError, FolderError, OutOfMemory, UserError

SWEEP = argparse.Namespace(resumable=True, block=None, file="x.toml")
WIDE = argparse.Namespace(resumable=True, block=2, file="x.toml")
REPORT = argparse.Namespace(folder="out")

FULL = OSError(errno.ENOSPC, "No space left on device", "out/parts")
NAMELESS = OSError(errno.EIO, "Input/output error")
THREADS = RuntimeError("can't start new thread\nmore")
ARROW = pa.ArrowInvalid("not a table")
KEPT = "; what was finished is kept, the same command continues"
AGAIN = "; free some memory, and try again"

FAILURES = {
    "user": (UserError("no"), SWEEP, "no", 2),
    "folder": (FolderError("no"), SWEEP, "no", 2),
    "data": (DataError("no"), SWEEP, "no", 2),
    "folder of a report": (FolderError("no"), REPORT, "no", 2),
    "memory of a block": (OutOfMemory("no"), SWEEP, "no", 3),
    "memory of a wide block": (
        *(OutOfMemory("no"), WIDE),
        *("no; try a smaller --block in another folder", 3),
    ),
    "memory of a row": (OutOfMemory("no"), REPORT, f"no{AGAIN}", 2),
    "disk": (FULL, SWEEP, f"out/parts: No space left on device{KEPT}", 3),
    "disk of a report": (FULL, REPORT, "out/parts: No space left on device", 2),
    "file": (NAMELESS, SWEEP, f"the results folder: Input/output error{KEPT}", 3),
    "file of a report": (NAMELESS, REPORT, "the folder: Input/output error", 2),
    "memory": (MemoryError(), SWEEP, f"MemoryError{KEPT}", 3),
    "memory of a report": (
        *(MemoryError(), REPORT),
        *("the folder needs more memory than there is", 2),
    ),
    "threads": (THREADS, SWEEP, f"can't start new thread{KEPT}", 3),
    "a table": (ARROW, SWEEP, f"not a table{KEPT}", 3),
}


def raised(error):
    """Return an error as a command raises it, from a file."""
    try:
        raise error
    except Exception as caught:
        return caught


@pytest.mark.parametrize("case", FAILURES.values(), ids=FAILURES)
def test_an_error_is_a_sentence_and_an_exit_code(case):
    error, arguments, sentence, code = case
    assert explain(raised(error), arguments) == (sentence, code)


@pytest.mark.parametrize("arguments", [SWEEP, REPORT], ids=["sweep", "report"])
def test_a_defect_is_none(arguments):
    assert explain(raised(ValueError("ours")), arguments) is None
    assert explain(raised(KeyError("ours")), arguments) is None


def test_only_a_sweep_continues_where_a_thread_is_lacking():
    assert explain(raised(THREADS), REPORT) is None
    assert explain(raised(ARROW), REPORT) is None


@pytest.mark.parametrize(("module", "code"), [(sweep, 3), (report, 2), (verify, 2)])
def test_a_command_ends_as_its_error_says(module, code, monkeypatch, capsys):
    def run(arguments):
        raise FULL

    monkeypatch.setattr(module, "run", run)
    name = module.__name__.rpartition(".")[2]
    assert main([name, "x"]) == code
    said = capsys.readouterr().err
    assert said.startswith("out/parts: No space left on device")
    assert (KEPT in said) == (code == 3)


# -- flags of XLA, which would end the process -----------------------------------------

BAD_FLAGS = {
    "unknown": ("--xla_nonsense=1", "Unknown flag in XLA_FLAGS: --xla_nonsense=1;"),
    "no value": ("--xla_cpu_enable_fast_math=maybe", "interpret value maybe for flag"),
    "no file": ("flags.txt", 'Could not open file "flags.txt"'),
}


@pytest.mark.parametrize(("flags", "said"), BAD_FLAGS.values(), ids=BAD_FLAGS)
def test_flags_that_xla_cannot_read_are_refused(tmp_path, flags, said):
    (tmp_path / "few.toml").write_text('version = 1\nname = "few"\nstudy = "rvscgd"\n')
    command = [sys.executable, "-m", "rvsjax.sweep", "few.toml"]
    told = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.returncode == 2
    assert told.stderr.startswith("XLA cannot start: ")
    assert said in told.stderr and "mend XLA_FLAGS" in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_good_flags_are_taken_and_no_process_is_begun_without_any(monkeypatch):
    monkeypatch.delitem(sys.modules, "jaxlib")
    devices._check_flags("--xla_dump_to=x --xla_cpu_enable_fast_math=true")
    monkeypatch.setattr(subprocess, "run", None)
    devices._check_flags("")


@pytest.mark.parametrize("error", [OSError, subprocess.TimeoutExpired("x", 60)])
def test_flags_that_cannot_be_checked_are_left_to_xla(monkeypatch, error):
    def run(*_, **__):
        raise error

    monkeypatch.delitem(sys.modules, "jaxlib")
    monkeypatch.setattr(subprocess, "run", run)
    devices._check_flags("--xla_nonsense=1")

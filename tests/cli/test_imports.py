"""What cannot be imported ends a command in a sentence, not in another's traceback."""

import importlib
import signal
import sys
import threading

import pytest

from rvsjax.cli import signals
from rvsjax.cli.commands import theory
from rvsjax.cli.console import SOME_FAILED
from rvsjax.cli.main import _lacking, main

LACKS = {
    "memory": "raise MemoryError",
    "threads": """raise RuntimeError("can't start new thread")""",
    "a library": "raise ImportError('libx.so: failed to map segment')",
    "a setting": "raise ValueError('invalid truth value')",
}


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The command `theory`, as one that imports a package that breaks."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(theory, "run", theory.run)  # put back after
    monkeypatch.delitem(sys.modules, "breaks", raising=False)
    return theory


@pytest.mark.parametrize("lack", LACKS)
def test_what_breaks_while_it_is_imported_is_told(lack, command, tmp_path, capsys):
    (tmp_path / "breaks.py").write_text(LACKS[lack])

    def run(arguments):
        importlib.import_module("breaks")

    command.run = run
    assert main(["theory", "list"]) == SOME_FAILED
    told = capsys.readouterr().err
    assert told.startswith("breaks cannot be imported: ")
    assert ("setting" if lack == "a setting" else "ulimit") in told and told.count(
        "\n"
    ) == 1


def test_a_package_that_is_not_there_is_named(command, capsys):
    def run(arguments):
        importlib.import_module("no_such_package.part")

    command.run = run
    assert main(["theory", "list"]) == SOME_FAILED
    assert capsys.readouterr().err.startswith("no_such_package cannot be imported: ")


def test_a_mistake_of_ours_is_not_hidden(command):
    def run(arguments):
        raise ValueError("ours")

    command.run = run
    with pytest.raises(ValueError, match="ours"):
        main(["theory", "list"])


def test_too_little_address_space_is_told_before_anything_is_imported(
    command, monkeypatch, capsys
):
    """With 0.4 GB OpenBLAS would end the process, which no program can catch."""
    resource = pytest.importorskip("resource")
    command.run = lambda arguments: 0
    monkeypatch.setattr(resource, "getrlimit", lambda which: (400 * 2**20, -1))
    assert main(["theory", "list"]) == SOME_FAILED
    assert "0.4 GiB of address space" in capsys.readouterr().err
    monkeypatch.setattr(resource, "getrlimit", lambda which: (-1, -1))
    assert _lacking() == ""
    assert main(["theory", "list"]) == 0


@pytest.mark.parametrize("few", [0, 10])
def test_too_few_threads_are_told_before_anything_is_imported(
    few, command, monkeypatch, capsys
):
    """XLA would abort the process, which no program can catch."""
    start, started = threading.Thread.start, []

    def start_few(thread):
        if len(started) == few:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    command.run = lambda arguments: 0
    monkeypatch.setattr(threading.Thread, "start", start_few)
    assert main(["theory", "list"]) == SOME_FAILED
    told = capsys.readouterr().err
    assert f"may start {few} more threads" in told and "ulimit -u" in told
    assert not any(thread.is_alive() for thread in started)
    monkeypatch.undo()
    assert _lacking() == ""


def test_signals_stay_as_they_were_where_no_thread_can_listen(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    signals.listen()
    assert signal.getsignal(signal.SIGTERM) is before

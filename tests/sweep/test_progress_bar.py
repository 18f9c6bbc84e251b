"""A bar where somebody looks: on a terminal, in a notebook, or where asked for."""

import io
import sys
import types

import pytest

from rvsjax.sweep.progress import Progress, duration
from rvsjax.sweep.progress_bar import showing_progress

COURSE = [
    Progress(0, 4, 0, 0.0),
    Progress(1, 4, 0, 2.0, runs=24),
    Progress(4, 4, 0, 90.0, runs=96, failures=3),
]
END = "4 of 4 blocks, 1.07 runs/s, 3 failed, 1 min 30 s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (42.4, "42 s"), (200, "3 min 20 s")]
    + [(3599.6, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_durations_are_rounded_to_what_matters(seconds, text):
    assert duration(seconds) == text


def watched(asked):
    with showing_progress(asked) as watch:
        for progress in COURSE:
            watch(progress)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("asked", "shown"), [(None, True), (True, True), (False, False)]
)
def test_a_terminal_has_a_bar_unless_it_is_not_wanted(monkeypatch, asked, shown):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "120")
    watched(asked)
    assert (END in terminal.getvalue()) == shown
    assert shown or terminal.getvalue() == ""


@pytest.mark.parametrize(
    ("asked", "shown"), [(None, False), (True, True), (False, False)]
)
def test_a_file_has_none_unless_it_is_wanted(capsys, monkeypatch, asked, shown):
    monkeypatch.setenv("COLUMNS", "120")
    watched(asked)
    told = capsys.readouterr()
    assert told.out == "" and (END in told.err) == shown
    assert shown or told.err == ""


class Display:
    """As `IPython.display` has it: one output of a cell, replaced by each update."""

    def __init__(self):
        self.first, self.updates = None, []

    def display(self, data, raw, display_id):
        assert raw and display_id and self.first is None
        self.first = data
        return self

    def update(self, data, raw):
        assert raw
        self.updates.append(data)


@pytest.fixture
def notebook(monkeypatch):
    """A cell of a notebook, as IPython tells of it."""
    display, shell = Display(), types.SimpleNamespace(kernel=object())
    page = types.ModuleType("IPython.display")
    page.display = display.display
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", page)
    return display, shell


def test_a_notebook_has_one_that_ends_as_the_sweep_did(notebook, capsys):
    display, _ = notebook
    watched(None)
    assert display.first["text/plain"] == "compiling"
    last = display.updates[-1]
    assert last["text/plain"] == END
    assert last["text/html"] == f'<progress value="4" max="4"></progress> {END}'
    assert capsys.readouterr() == ("", "")


def test_a_notebook_is_not_told_everything(notebook):
    display, _ = notebook
    with showing_progress(None) as watch:
        for _ in range(100):
            watch(COURSE[1])
    assert len(display.updates) < 10


def test_ipython_on_a_terminal_is_no_notebook(notebook, capsys):
    display, shell = notebook
    del shell.kernel
    watched(None)
    assert display.first is None and capsys.readouterr() == ("", "")


def test_a_notebook_without_a_wish_for_it_has_none(notebook):
    watched(False)
    assert notebook[0].first is None

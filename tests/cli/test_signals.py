"""Ctrl-C and its like, closed pipes and no terminal: exit codes, and nothing is left.

Every case is a process of its own. Where JAX is not what matters, a package of that
name takes its place and never comes back, as XLA at work does not.
"""

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from rvsjax.cli.console import show_log
from rvsjax.simulation.kernels import native_build

pytestmark = pytest.mark.slow

TINY = """
version = 1
name = "tiny"
study = "rvscgd"
[constants]
d = 5
steps = 50
eta = 0.05
beta = 0.1
[seeds]
count = 64
[record]
curves = 5
"""

PATIENCE = 60  # seconds for a process to say something; a busy machine is slow
AT_ONCE = 20  # seconds for a process to end, which takes tenths of one

# a call that lets no handler of Python's run, for ever
STUCK = """
import ctypes
lock = ctypes.create_string_buffer(64)
take = ctypes.CDLL(None).pthread_mutex_lock
take(lock)
print("stuck", file=sys.stderr, flush=True)
take(lock)
"""

LISTENING = """
import sys
from rvsjax.cli.console import steady_streams, tell
from rvsjax.cli.signals import gently, listen
steady_streams()
listen()
"""

# signals as at a terminal, whatever this process was started under; then a command
LAUNCH = """
import os, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    how = signal.SIG_IGN if name in sys.argv[1] else signal.SIG_DFL
    signal.signal(getattr(signal, name), how)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Child:
    """A process, and what it says on stderr, line by line."""

    def __init__(self, *arguments, ignoring="", **options):
        command = [sys.executable, "-c", LAUNCH, ignoring, sys.executable]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)],
            **({"stdin": subprocess.DEVNULL, "text": True} | streams | options),
        )
        self.heard = []

    def wait_for(self, text):
        for line in self.process.stderr:
            self.heard.append(line)
            if text in line:
                return
        raise AssertionError(f"{text!r} was never said, but {self.heard}")

    def send(self, name):
        self.process.send_signal(getattr(signal, name))

    def end(self, code, within=PATIENCE):
        stdout, stderr = self.process.communicate(timeout=within)
        said = "".join(self.heard) + (stderr or "")
        assert self.process.returncode == code, said
        for trouble in ("Traceback", "Exception", "Error", "Warning"):
            assert trouble not in said, said
        return stdout, said


@pytest.fixture
def begin():
    """What begins a process, which ends with the test at the latest."""
    with contextlib.ExitStack() as stack:

        def begin(*arguments, **options):
            child = Child(*arguments, **options)
            stack.callback(end, child.process)
            return child

        yield begin


def end(process):
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with contextlib.suppress(OSError):  # what was typed may go nowhere
                stream.close()


def script(text, then=""):
    return "-c", textwrap.dedent(text) + textwrap.dedent(then)


@pytest.fixture
def stuck_imports(tmp_path, monkeypatch):
    """JAX and pandas that hang in C while they are imported; a folder and a file."""
    for name in ("jax", "pandas"):
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("import sys\n" + STUCK)
    paths = [str(tmp_path / "packages"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    (tmp_path / "tiny.toml").write_text(TINY)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text("{}")


COMMANDS = {
    "sweep": ("sweep", "tiny.toml"),
    "report": ("report", "out"),
    "certify": ("certify", "out"),
    "shrink": ("shrink", "out", "x", "--claim", "lemma_5_stated"),
    "theory": ("theory", "list"),
}


CASES = [("SIGINT", command) for command in COMMANDS]
CASES += [(name, "report") for name in ("SIGTERM", "SIGHUP")]


@pytest.mark.parametrize(("name", "command"), CASES)
def test_a_signal_ends_a_command_that_python_cannot_break_off(
    begin, stuck_imports, name, command
):
    child = begin("-m", "rvsjax", *COMMANDS[command])
    child.wait_for("stuck")
    child.send(name)
    stdout, said = child.end(130, AT_ONCE)
    assert (stdout, said) == ("", "stuck\ninterrupted\n")


def test_the_first_signal_is_an_event_and_the_work_ends_in_order(begin):
    work = """
    with gently(tell) as stop:
        tell("at work")
        stop.wait(60)
        tell("in order" if stop.is_set() else "not heard")
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        child = begin(*script(LISTENING, work))
        child.wait_for("at work")
        child.send(name)
        _, said = child.end(0)
        assert said.splitlines()[1:] == [
            "finishing the blocks that are running; again to stop now",
            "in order",
        ]


@pytest.mark.parametrize("second", ["SIGINT", "SIGTERM"])
def test_the_second_signal_ends_what_is_stuck_in_c(begin, second):
    work = "\nwith gently(tell):\n" + textwrap.indent(STUCK, "    ")
    child = begin(*script(LISTENING + work))
    child.wait_for("stuck")
    child.send("SIGINT")
    child.wait_for("again to stop now")
    child.send(second)
    _, said = child.end(130, AT_ONCE)
    assert said.endswith("stopped; what was finished is kept\n")


def test_the_second_signal_ends_what_nobody_reads(begin):
    """A pager that was left open, a terminal that was stopped: writing never ends."""
    work = """
    with gently(tell):
        while True:
            tell("x" * 1000)
    """
    child = begin(*script(LISTENING, work))
    child.process.stderr.readline()
    time.sleep(0.3)  # the pipe is full by now; if not, the test is easier
    child.send("SIGINT")
    time.sleep(0.5)
    child.send("SIGINT")
    child.process.wait(AT_ONCE)
    assert child.process.returncode == 130
    child.process.communicate()


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT"])
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(begin, name):
    """As by `nohup`, or by a shell for what runs in its background."""
    work = f"""
    import os, signal
    with gently(tell) as stop:
        os.kill(os.getpid(), signal.{name})
        tell("heard" if stop.wait(1) else "not heard")
        os.kill(os.getpid(), signal.SIGTERM)
        tell("heard" if stop.wait(60) else "not heard")
    """
    _, said = begin(*script(LISTENING, work), ignoring=name).end(0)
    told = "finishing the blocks that are running; again to stop now"
    assert said.splitlines() == ["not heard", told, "heard"]


# -- streams that are closed, full or gone ---------------------------------------------


def test_talk_that_nobody_hears_stops_nothing(begin, tmp_path):
    work = """
    for _ in range(20_000):
        tell("talk")
        print("result")
    open("done", "w")
    """
    child = begin(*script(LISTENING, work))
    child.process.stderr.readline()
    child.process.stderr.close()
    child.process.stdout.close()
    assert child.process.wait(PATIENCE) == 0
    assert (tmp_path / "done").exists()


needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")


@needs_full
def test_results_that_do_not_fit_are_no_success_and_talk_is_no_matter(begin):
    with open("/dev/full", "w") as full:
        _, said = begin("-m", "rvsjax", "theory", stdout=full).end(3)
        assert said == (
            "the results could not be written to stdout: No space left on device\n"
        )
        talk, _ = begin("-m", "rvsjax", "sweep", "none.toml", stderr=full).end(2)
        assert talk == ""


def test_help_into_a_closed_pipe_is_quiet(begin):
    reader, writer = os.pipe()
    os.close(reader)
    _, said = begin("-m", "rvsjax.sweep", "--help", stdout=writer).end(0)
    os.close(writer)
    assert said == ""


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
def test_a_closed_stream_is_not_taken_for_a_file_of_results(tmp_path):
    """What is opened next would have its number, and hear what C code says."""
    text = LISTENING + textwrap.dedent("""
    import os
    file = open("table", "w")
    os.write(1, b"noise")
    os.write(2, b"noise")
    tell("talk")
    print("result", flush=True)
    file.write("whole")
    """)
    (tmp_path / "x.py").write_text(text)
    command = ["sh", "-c", 'exec "$0" x.py 0<&- 1>&- 2>&-', sys.executable]
    assert subprocess.run(command, timeout=PATIENCE).returncode == 0
    assert (tmp_path / "table").read_text() == "whole"
    command[2] = 'exec "$0" -m rvsjax.sweep none.toml 0<&- 1>&- 2>&-'
    assert subprocess.run(command, timeout=PATIENCE).returncode == 2


# -- whole sweeps ----------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY)
    return tmp_path / "out" / "tiny"


SWEEP = ("sweep", "tiny.toml", "--no-report", "--kernel", "plain", "--block", "8")


def is_whole(folder):
    """Say whether a sweep is complete, with nothing left half written."""
    whole = json.loads((folder / "manifest.json").read_text()).get("whole", {})
    return "runs" in whole and not list(folder.rglob("*.tmp"))


def test_a_sweep_whose_reader_left_is_done_all_the_same(begin, tiny):
    """``rvsjax sweep tiny.toml 2>&1 | head -1``."""
    options = {"stderr": subprocess.STDOUT, "bufsize": 1}
    child = begin("-m", "rvsjax", *SWEEP, "--progress", "bar", **options)
    assert child.process.stdout.readline() == "tiny: 64 runs, into out/tiny\n"
    child.process.stdout.close()
    assert child.process.wait(PATIENCE) == 0
    assert is_whole(tiny)


# the sweep of a command line, slow where its tables are made whole
SLOW = """
import sys, time
from rvsjax.cli.main import run_command
from rvsjax.sweep.store import Store

compact, seconds = Store.compact, float(sys.argv.pop())

def slow(self):
    print("compacting", file=sys.stderr, flush=True)
    time.sleep(seconds)
    compact(self)

Store.compact = slow
run_command()
"""


def test_a_signal_while_tables_are_made_whole_lets_them_be_made(begin, tiny):
    child = begin("-c", SLOW, *SWEEP, "0.5")
    child.wait_for("compacting")
    child.send("SIGTERM")
    stdout, said = child.end(0)
    assert "again to stop now" in said
    assert stdout == "out/tiny\n"
    assert is_whole(tiny)


def test_two_signals_while_tables_are_made_whole_leave_a_sweep_that_continues(
    begin, tiny
):
    child = begin("-c", SLOW, *SWEEP, "60")
    child.wait_for("compacting")
    child.send("SIGINT")
    child.wait_for("again to stop now")
    child.send("SIGINT")
    child.end(130, AT_ONCE)
    assert not is_whole(tiny)
    begin("-m", "rvsjax", *SWEEP).end(0)
    assert is_whole(tiny)
    manifest = json.loads((tiny / "manifest.json").read_text())
    assert [session["blocks"] for session in manifest["sessions"]] == [8]


# a terminal of its own for a command; what is typed comes from stdin
TERMINAL = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""
HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"

# a sweep that waits with its bar up, as while the first block is compiled
WAITING = """
import sys, threading
from rvsjax.cli.main import run_command
from rvsjax.sweep.engine import Engine

how = sys.argv.pop()

def run(self, stream, make, stop, beat):
    while not stop():
        threading.Event().wait(0.05)
    if how == "for ever":
        threading.Event().wait()
    yield from ()

Engine.run = run
run_command()
"""


@pytest.mark.parametrize("times", [1, 2])
def test_a_terminal_is_left_with_its_cursor(begin, tiny, times):
    pytest.importorskip("pty")
    how = "for ever" if times == 2 else "once"
    command = (sys.executable, "-c", WAITING, *SWEEP, how)
    child = begin("-c", TERMINAL, *command, stdin=subprocess.PIPE, text=False)
    screen = b""

    def see(what):
        nonlocal screen
        while what not in screen:
            more = os.read(child.process.stdout.fileno(), 1000)
            assert more, screen
            screen += more

    for mark in (HIDE, b"again to stop now")[:times]:
        see(mark)
        child.process.stdin.write(b"\x03")
        child.process.stdin.flush()
    see(b"interrupted: 8 blocks" if times == 1 else b"stopped;")
    screen += child.process.stdout.read()
    assert child.process.wait(AT_ONCE) == 130
    child.process.communicate()
    assert screen.rfind(SHOW) > screen.rfind(HIDE) > 0
    assert b"Traceback" not in screen


# -- the compiler ----------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
def test_an_interrupt_at_a_terminal_does_not_reach_the_compiler(begin, tmp_path):
    """Broken off, it would be taken for a bad one, and the folder settled without."""
    work = """
    import signal
    signal.signal(signal.SIGINT, lambda *_: None)
    from rvsjax.simulation.kernels.native_build import _run
    print("and " + _run(["sh", "-c", "echo > begun; sleep 1; echo whole"]))
    """
    child = begin(*script(work), start_new_session=True)
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(child.process.pid, signal.SIGINT)  # as Ctrl-C does
    stdout, _ = child.end(0)
    assert stdout == "and whole\n\n"


def test_the_first_compilation_is_told_once(tmp_path, monkeypatch, capsys):
    def compile_nothing(command):
        if "-o" in command:
            open(command[command.index("-o") + 1], "w").close()
        return ""

    monkeypatch.setattr(native_build, "_run", compile_nothing)
    monkeypatch.setattr(native_build, "_compiler", lambda: ["c++"])
    monkeypatch.setattr(native_build, "private_folder", lambda name: tmp_path)
    log = logging.getLogger("rvsjax")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(log, "level", log.level)
    native_build._library()
    assert capsys.readouterr().err == ""  # nobody has asked
    for path in tmp_path.glob("*.so"):
        path.unlink()
    show_log()
    native_build._library()
    native_build._library()
    said = capsys.readouterr().err
    assert said == "compiling the C++ kernels, once on this machine (about 10 s)\n"

"""Ctrl-C, SIGTERM and SIGHUP, heard at once whatever the process is doing.

Python runs what a signal asks for in the main thread, between two of its own steps: an
interrupt waits while that thread is inside of XLA, and is raised wherever it happens to
be. So a thread of ours listens instead, and the main thread is never broken off.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rvsjax.cli.console import INTERRUPTED, tell

__all__ = ["gently", "listen"]

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_SHOW_CURSOR = b"\x1b[?25h\n"  # a bar hides it
_GENTLY = "finishing the blocks that are running; again to stop now"
_PATIENCE = 0.3  # seconds for a last word, which a stopped terminal may not take

Say = Callable[[str], object]


@dataclass
class _Response:
    """The response to a signal: the process ends, or first its work."""

    stop: threading.Event | None  # None: it ends
    say: Say


_response = _Response(None, tell)


def listen() -> None:
    """End the process with exit code 130 at the first signal, from now on.

    A signal that was ignored at the start stays so, as `nohup` wants SIGHUP. Where
    no thread can be had, signals stay as they were.
    """
    reader, writer = os.pipe()
    try:
        threading.Thread(target=_hear, args=(reader,), daemon=True).start()
    except RuntimeError:
        os.close(reader)
        os.close(writer)
        return
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: None)  # the thread has heard of it


@contextlib.contextmanager
def gently(say: Say) -> Iterator[threading.Event]:
    """Give an event that the first signal sets; the second ends the process."""
    _response.stop, _response.say = threading.Event(), say
    try:
        yield _response.stop
    finally:
        _response.stop, _response.say = None, tell


def _hear(reader: int) -> None:
    while os.read(reader, 1):
        stop = _response.stop
        if stop is None:
            _end("interrupted")
        elif stop.is_set():
            _end("stopped; what was finished is kept")
        else:
            _briefly(lambda: _response.say(_GENTLY))
            stop.set()


def _end(text: str) -> None:
    def last_words() -> None:
        _response.say(text)
        if os.isatty(2):
            os.write(2, _SHOW_CURSOR)

    _briefly(last_words)
    os._exit(INTERRUPTED)  # an ordinary exit waits for what XLA is doing


def _briefly(speak: Callable[[], object]) -> None:
    """Say something, unless that takes long."""
    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    speaker.join(_PATIENCE)

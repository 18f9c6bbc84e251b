"""Exit codes, and the streams to which results and messages go."""

import codecs
import errno
import io
import logging
import os
import sys
from typing import Any, TextIO

__all__ = [
    "CLAIM_VIOLATED",
    "DONE",
    "INTERRUPTED",
    "REFUSED",
    "SOME_FAILED",
    "printable",
    "put",
    "show_log",
    "steady_streams",
    "tell",
]

DONE, REFUSED, SOME_FAILED, CLAIM_VIOLATED, INTERRUPTED = 0, 2, 3, 4, 130


class Stream(io.FileIO):
    """A standard stream that takes everything, also where nobody listens any more."""

    lost: OSError | None = None  # why the first words went nowhere

    def write(self, data: Any) -> int:
        """Write what can be written; the rest is lost, and the work goes on."""
        try:
            return super().write(data) or len(data)
        except OSError as error:
            self.lost = self.lost or error
            return len(data)

    @property
    def problem(self) -> str | None:
        """Say why words were lost; None if a reader left on purpose, as `head` does."""
        if self.lost is None or self.lost.errno == errno.EPIPE:
            return None
        return self.lost.strerror


def steady_streams() -> Stream:
    """Make stdout and stderr such streams, open or closed; return that of stdout."""
    for number in range(3):  # a closed one would be the number of a file of results
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    out, err = (Stream(number, "w", closefd=False) for number in (1, 2))
    sys.stdout = _text(out, sys.stdout, out.isatty())
    sys.stderr = _text(err, sys.stderr, True)
    return out


def _text(raw: Stream, before: TextIO | None, lines: bool) -> TextIO:
    encoding = "utf-8" if before is None else before.encoding
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, encoding, "any text", None, lines)


def put(text: str) -> None:
    """Print a result, to the last byte; on a terminal without what could steer it."""
    print(printable(text) if sys.stdout.isatty() else text, flush=True)


def tell(text: str) -> None:
    """Print a message, which goes to stderr."""
    print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Write control characters out, which a stranger's folder may hold."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _any_text(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write the bytes of a name as they are, and what its encoding lacks escaped."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)


codecs.register_error("any text", _any_text)  # how streams are to take errors


class _Messages(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        tell(record.getMessage())


def show_log(quiet: bool = False) -> None:
    """Print what the package logs, such as that it compiles, or none of it."""
    log = logging.getLogger("rvsjax")
    log.setLevel(logging.CRITICAL if quiet else logging.INFO)
    log.handlers = [_Messages()]

"""What every command shares: refusals, exit codes, and where words go."""

import codecs
import contextlib
import errno
import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from rvsjax.errors import UserError

__all__ = [
    "CLAIM_VIOLATED",
    "DONE",
    "INTERRUPTED",
    "REFUSED",
    "SOME_FAILED",
    "hear_packages",
    "need_claim",
    "need_sweep",
    "printable",
    "put",
    "refusing",
    "steady_streams",
    "tell",
]

DONE, REFUSED, SOME_FAILED, CLAIM_VIOLATED, INTERRUPTED = 0, 2, 3, 4, 130


# -- streams ---------------------------------------------------------------------------


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
    out, talk = (Stream(number, "w", closefd=False) for number in (1, 2))
    sys.stdout = _text(out, sys.stdout, out.isatty())
    sys.stderr = _text(talk, sys.stderr, True)
    return out


def _text(raw: Stream, before: TextIO | None, lines: bool) -> TextIO:
    encoding = "utf-8" if before is None else before.encoding
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, encoding, "any text", None, lines)


def put(text: str) -> None:
    """Print a result, to the last byte; on a terminal without what could steer it."""
    print(printable(text) if sys.stdout.isatty() else text, flush=True)


def tell(text: str) -> None:
    """Print talk, which goes to stderr."""
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


class _Talk(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        tell(record.getMessage())


def hear_packages(quiet: bool = False) -> None:
    """Tell what packages below log, such as that they compile, or none of it."""
    log = logging.getLogger("rvsjax")
    log.setLevel(logging.CRITICAL if quiet else logging.INFO)
    log.handlers = [_Talk()]


# -- refusals --------------------------------------------------------------------------


def need_sweep(folder: Path) -> None:
    """Refuse what is not the folder of a sweep, before anything heavy is imported."""
    if not os.path.exists(folder / "manifest.json"):  # Path.exists may raise
        raise UserError(f"{folder} is not the folder of a sweep: no manifest.json")


def need_claim(name: str) -> None:
    """Refuse a claim that is not known, or cannot be replayed."""
    from rvsjax.errors import did_you_mean
    from rvsjax.theory.exact import CLAIMS

    if name not in CLAIMS:
        what = f'no claim "{name}" that can be replayed in 50 digits'
        raise UserError(what + did_you_mean(name, CLAIMS))


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with a results folder into a refusal."""
    from rvsjax.sweep.store import FolderError

    try:
        yield
    except FolderError as error:
        raise UserError(error) from None
    except OSError as error:
        raise UserError(f"{error.filename or 'the folder'}: {error.strerror}") from None
    except MemoryError:
        raise UserError("the folder needs more memory than there is") from None

"""What every command shares: refusals, exit codes, and where words go."""

import codecs
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

__all__ = [
    "CLAIM_VIOLATED",
    "DONE",
    "INTERRUPTED",
    "REFUSED",
    "SOME_FAILED",
    "Refusal",
    "need_claim",
    "need_sweep",
    "put",
    "refusing",
    "tell",
]

DONE, REFUSED, SOME_FAILED, CLAIM_VIOLATED, INTERRUPTED = 0, 2, 3, 4, 130


class Refusal(Exception):
    """The command cannot be carried out; the message is all that a user sees."""


def put(text: str, stream: TextIO | None = None) -> None:
    """Print where somebody listens; the work is done, or goes on, all the same."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=stream or sys.stdout, flush=True)


def tell(text: str) -> None:
    """Print talk, which goes to stderr."""
    put(_printable(text), sys.stderr)


def _printable(text: str) -> str:
    """Write control characters out, which a stranger's folder may hold."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _any_text(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write the bytes of a name as they are, and what its encoding lacks escaped."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)


codecs.register_error("any text", _any_text)  # how streams are to take errors


def need_sweep(folder: Path) -> None:
    """Refuse what is not the folder of a sweep, before anything heavy is imported."""
    if not (folder / "manifest.json").exists():
        raise Refusal(f"{folder} is not the folder of a sweep: no manifest.json")


def need_claim(name: str) -> None:
    """Refuse a claim that is not known, or cannot be replayed."""
    from rvsjax.exact import CLAIMS
    from rvsjax.spec.errors import did_you_mean

    if name not in CLAIMS:
        what = f'no claim "{name}" that can be replayed in 50 digits'
        raise Refusal(what + did_you_mean(name, CLAIMS))


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with a results folder into a refusal."""
    from rvsjax.store import StoreError

    try:
        yield
    except StoreError as error:
        raise Refusal(error) from None
    except OSError as error:
        raise Refusal(f"{error.filename}: {error.strerror}") from None

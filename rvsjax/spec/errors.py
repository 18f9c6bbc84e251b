"""Everything that is wrong with a sweep file, told at once."""

import difflib
from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

__all__ = ["Problem", "SpecError", "describe", "did_you_mean"]


class Problem(NamedTuple):
    """One mistake: the key path where it stands and a sentence."""

    where: str
    what: str


class SpecError(Exception):
    """A sweep file, or an option that changes it, cannot be used."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems; the message has a line for each."""
        self.problems = problems
        width = max(len(problem.where) for problem in problems)
        lines = [f"{p.where:<{width}}  {p.what}" for p in problems]
        super().__init__("\n".join(map(_printable, lines)))


def _printable(text: str) -> str:
    """Escape control characters, which a stranger's file may send to a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "x"?`` or the list of what is known."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(known)}"


def describe(error: ErrorDetails, got: Any) -> str:
    """Say in a few words what a pydantic error means."""
    message = error["msg"].removeprefix("Value error, ")
    for verb in ("Input should be ", "String should "):
        message = message.replace(verb, "must be " if "be" in verb else "must ")
    shown = repr(got)
    return f"{message}, got {shown if len(shown) <= 60 else shown[:57] + '...'}"

"""Mistakes of a user, and words for the messages that tell them."""

import difflib
import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = [
    "DamagedFile",
    "DataError",
    "FolderError",
    "OutOfMemory",
    "Problem",
    "SweepFileError",
    "UserError",
    "counted",
    "describe",
    "did_you_mean",
    "one_line",
    "shell_word",
    "shown",
]

_WHERE, _WHAT = 50, 248  # characters of a key path and of a sentence; 300 in a line


class Problem(NamedTuple):
    """One mistake: the key path where it stands and a sentence."""

    where: str
    what: str

    @property
    def name(self) -> str:
        """The last key of its path."""
        return self.where.rpartition(".")[2].partition("[")[0]


class UserError(Exception):
    """A mistake of a user, or a machine that lacks something: the message is all."""


class SweepFileError(UserError):
    """A sweep file, or an option that changes it, cannot be used."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, fit to be printed; the message has a line for each."""
        self.problems = [
            Problem(one_line(p.where, _WHERE) or '""', one_line(p.what, _WHAT))
            for p in problems
        ]
        width = max(len(problem.where) for problem in self.problems)
        lines = [f"{where:<{width}}  {what}" for where, what in self.problems]
        super().__init__("\n".join(lines))


class DataError(UserError):
    """Data for networks cannot be used; the message says why and what to do."""


class FolderError(UserError):
    """A results folder cannot be used; the message says why and what to do."""


class OutOfMemory(UserError):
    """A block does not fit into memory; the message gives both sizes."""


class DamagedFile(Exception):
    """A file is not what it should be; the message says how: ``is ...``."""


def counted(number: int, thing: str) -> str:
    """Write so many things: ``1 run``, ``6,144 runs``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def one_line(text: str, most: int = _WHAT) -> str:
    """Return a text of a stranger as it may be printed: a line of at most `most`.

    Control characters are escaped, which could command a terminal; of a long text the
    middle is left out.
    """
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    if len(text) <= most:
        return text
    end = (most - 3) // 2
    return f"{text[: most - 3 - end]}...{text[-end:]}"


def shell_word(text: object) -> str:
    """Return a path or a setting as a shell takes it, in quotes where it needs some."""
    return shlex.quote(str(text))


def shown(value: Any) -> str:
    """Return a value as Python writes it, in at most 60 characters."""
    try:
        return one_line(repr(value), 60)
    except ValueError:  # Python writes no number of more than 4300 digits
        return "a number of thousands of digits"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "x"?`` or the list of what is known."""
    known = list(known)
    begun = [word for word in known if name and word.startswith(name)]
    close = difflib.get_close_matches(name, begun or known, n=1)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(known)}"


_WHOLE = "must be a whole number, such as 100000"
_NAME = "must be letters, digits, points, - and _, at most 64, none of . - _ first"
_EXPECTED = {
    "bool_type": "must be a boolean, true or false",
    "float_type": "must be a number",
    "int_from_float": _WHOLE,
    "int_type": _WHOLE,
    "string_pattern_mismatch": _NAME,  # the name of a sweep alone has a pattern
    "string_type": "must be words in quotes",
    "too_long": "must be at most {max_length} blocks",
}


def describe(error: "ErrorDetails", got: Any) -> str:
    """Say in a few words what a pydantic error means."""
    message = error["msg"].removeprefix("Value error, ")
    message = message.replace("Input should be ", "must be ")
    if expected := _EXPECTED.get(error["type"]):
        message = expected.format(**error.get("ctx", {}))
    if error["type"] == "float_type" and type(got) is int:
        message = "must be a valid float64, below 1.8e308 in size"
    return f"{message}, got {shown(got)}"

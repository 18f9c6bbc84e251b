"""Faults made by hand, each of which the tests named beside it must find.

    python -m tests.mutations [--only WORD] [--list]

A mutation replaces one passage of one file, which must stand there exactly once, so
that a list which no longer fits the code is told and not passed over. Add one to the
list of its subject where a test is new, or is cut: it is red before and after.
"""

from typing import NamedTuple


class Mutation(NamedTuple):
    """A fault: `old` in `file`, once, becomes `new`; `tests`, for pytest, find it."""

    file: str
    old: str
    new: str
    tests: str

"""Columns as a user names them."""

import difflib

import pandas as pd

from rvsjax.results.schema import PREFIXES, plain_name
from rvsjax.sweep.store import FolderError

__all__ = ["column_of"]

_OF_CLAIMS = ("hyp_", "obs_", "bound_", "verdict_", "why_")


def column_of(rows: pd.DataFrame, name: str) -> str:
    """Return the column of that name, with or without what says its kind.

    Raises FolderError where there is none.
    """
    for column in (name, *(f"{prefix}{name}" for prefix in PREFIXES)):
        if column in rows:
            return column
    known = [plain_name(str(column)) for column in rows]
    close = difflib.get_close_matches(name, known, n=1)
    plain = [plain_name(str(x)) for x in rows if not str(x).startswith(_OF_CLAIMS)]
    guess = f'; did you mean "{close[0]}"?' if close else f"; known: {', '.join(plain)}"
    raise FolderError(f'no column "{name}"{guess}')

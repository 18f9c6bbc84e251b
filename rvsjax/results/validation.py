"""Checks of tables that others made: whether they are those of a sweep."""

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from rvsjax import STUDIES
from rvsjax.results.schema import (
    BY_PREFIX,
    COUNTS,
    LISTS,
    NUMBERS,
    TEXT,
    TRUTH,
    VALUES,
    WORDS,
)
from rvsjax.sweep.registry import find_schema

__all__ = ["completed", "is_known_study", "is_word", "table_problem"]

# of names that become labels and names of files; that of a sweep is one
_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"

_MOST_CLAIMS = 100  # that a figure has room for

# by how pandas calls what a column holds, empty places aside
_FOUND = {
    WORDS: {"string"},
    NUMBERS: {"floating", "integer", "mixed-integer-float"},
    COUNTS: {"integer"},
    TEXT: {"string"},
    TRUTH: {"boolean"},
    LISTS: {"mixed"},
}
_FOUND[VALUES] = _FOUND[WORDS] | _FOUND[NUMBERS] | _FOUND[TRUTH]

_KEYS = {"runs": "run_id", "claims": "claim"}

# beside each verdict; those of runs with an empty u are counted apart
_OF_A_CLAIM = {"verdict": WORDS, "obs": NUMBERS, "bound": NUMBERS, "why": TEXT}


def is_word(text: Any) -> bool:
    """Say whether a text is a name as a sweep's, of letters, digits and ``_.-``."""
    return isinstance(text, str) and re.fullmatch(_WORD, text) is not None


def _is_value(text: Any) -> bool:
    """Say whether a text is a word of a column: a name, or two with a slash: l1/2."""
    return isinstance(text, str) and all(map(is_word, text.split("/", 1)))


def is_known_study(study: Any) -> bool:
    """Say whether this version has tables of a study of that name."""
    return isinstance(study, str) and study in STUDIES


def table_problem(study: str, name: str, table: pd.DataFrame) -> str | None:
    """Say what is wrong with a table of that name, None if nothing is.

    A table may be empty, where every block failed; `runs` never is.
    """
    if not len(table):
        return "it has no rows" if name == "runs" else None
    return next(_problems(study, name, table), None)


def completed(study: str, name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without a problem, an empty one with all of its columns.

    A column of numbers is of numbers even where every place is empty.
    """
    kinds = _kinds(study, name, table)
    if kinds.keys() - set(table):  # else it need not be copied
        table = table.reindex(columns=list(dict.fromkeys([*table, *kinds])))
    for column, kind in kinds.items():
        if kind == NUMBERS and table[column].dtype == object:
            table[column] = table[column].astype(float)
    return table


def _problems(study: str, name: str, table: pd.DataFrame) -> Iterator[str]:
    for column, kind in _kinds(study, name, table).items():
        if column not in table:
            yield f"it lacks the column {column}"
        elif not _holds(table[column], kind):
            yield f"its column {column} should hold {kind}"
    if key := _KEYS.get(name):
        if table[key].isna().any():
            yield f"it has a row without {key}"
        if not table[key].is_unique:
            yield f"it has two rows with the same {key}"
    if name == "claims" and len(table) > _MOST_CLAIMS:
        yield f"it has more than {_MOST_CLAIMS} rows"


def _kinds(study: str, name: str, table: pd.DataFrame) -> dict[str, str]:
    """Return the kinds of the columns that a table should have, or may."""
    claims = [str(c)[8:] for c in table if str(c).startswith("verdict_")]
    needed = {"always", "judged"} if claims else {"always"}
    described = {
        column: told.kind
        for column, told in find_schema(study)[name].items()
        if column in table or told.presence in needed
    }
    kinds = _by_prefix(name, table) | described
    if name != "runs":
        return kinds
    apart = {x: TRUTH for x in ["m_u_empty"] if claims or x in table}
    return kinds | apart | _beside_verdicts(claims)


def _by_prefix(name: str, table: pd.DataFrame) -> dict[str, str]:
    """Return the kind of each column that its name tells."""
    return {
        str(column): told.kind
        for column in table
        for begin, told in BY_PREFIX.get(name, {}).items()
        if str(column).startswith(begin)
    }


def _beside_verdicts(claims: list[str]) -> dict[str, str]:
    """Return the kinds of the columns that come with verdicts."""
    return {f"{x}_{name}": k for name in claims for x, k in _OF_A_CLAIM.items()}


def _holds(column: pd.Series, kind: str) -> bool:
    """Say whether a column holds what it should; places may be empty, not of counts."""
    known = column if kind == COUNTS else column.dropna()
    if known.empty:
        return True
    if pd.api.types.infer_dtype(known) not in _FOUND[kind]:
        return False
    if kind == WORDS:
        return bool(pd.Series(known.unique()).map(_is_value).all())
    return kind != COUNTS or bool((known >= 0).all())

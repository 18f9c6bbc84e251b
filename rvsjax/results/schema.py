"""What the tables of a sweep hold, for whoever reads a folder that others made."""

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from rvsjax import STUDIES
from rvsjax.sweep.registry import find_schema

__all__ = [
    "ANY_RUNS",
    "CLAIMS",
    "LISTS",
    "NUMBERS",
    "RUN",
    "WORDS",
    "columns",
    "completed",
    "is_word",
    "knows",
    "problem",
]

# of names that become labels and names of files; that of a sweep is one
_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"

_MOST_CLAIMS = 100  # that a figure has room for

WORDS = "words"
NUMBERS = "numbers"
_COUNTS = "counts"
_TEXT = "text"
_TRUTH = "truth values"
_VALUES = "words, numbers or truth values"
LISTS = "lists of numbers"

# by how pandas calls what a column holds, empty places aside
_FOUND = {
    WORDS: {"string"},
    NUMBERS: {"floating", "integer", "mixed-integer-float"},
    _COUNTS: {"integer"},
    _TEXT: {"string"},
    _TRUTH: {"boolean"},
    LISTS: {"mixed"},
}
_FOUND[_VALUES] = _FOUND[WORDS] | _FOUND[NUMBERS] | _FOUND[_TRUTH]

_VERDICTS = ("holds", "violated", "undecided", "not_applicable")
_RATES = tuple(f"{v}_{x}" for v in _VERDICTS[:2] for x in ("rate", "low", "high"))


def columns(names: str, kind: str) -> dict[str, str]:
    """Return columns of one kind, named with blanks between."""
    return dict.fromkeys(names.split(), kind)


CLAIMS = {
    "claim": WORDS,
    **dict.fromkeys([*_VERDICTS, "holds_u_empty", "judged"], _COUNTS),
    **dict.fromkeys([*_RATES, "worst_excess"], NUMBERS),
    **dict.fromkeys(["worst_run", "not_applicable_because"], _TEXT),
}
ANY_RUNS = {
    **columns("run_id status", WORDS),
    **columns("p_seed", NUMBERS),
    "reason": _TEXT,
}
RUN = columns("run_id", WORDS)
# in `runs` of sweeps that are not older, or where not every block failed
_YOUNGER = {
    **columns("p_gradient p_surrogate m_ended", WORDS),
    **columns("p_batch p_sparsity p_s p_start_angle p_train_size", NUMBERS),
    "m_u_empty": _TRUTH,
}

# of any other column, by how its name begins
_OTHERS = {
    "runs": {
        "p_": _VALUES,
        "hyp_": _TRUTH,
        "verdict_": WORDS,
        "why_": _TEXT,
        **dict.fromkeys(("m_", "obs_", "bound_"), NUMBERS),
    },
    "curves": {"": NUMBERS},
}

_KEYS = {"runs": "run_id", "claims": "claim"}

# in `runs` beside its verdicts, which a sweep has where a block did not fail
_JUDGED = {
    "m_u_empty": _TRUTH,
    **dict.fromkeys(["m_theta", "m_theta_max_increase_at"], NUMBERS),
    **dict.fromkeys(["m_lagrangian_max_increase_at", "m_beta_ratio"], NUMBERS),
    **dict.fromkeys(["m_lam_ratio", "m_eta_ratio"], NUMBERS),
}
_OF_A_CLAIM = {"verdict": WORDS, "obs": NUMBERS, "bound": NUMBERS, "why": _TEXT}


def is_word(text: Any) -> bool:
    """Say whether a text is a name as a sweep's, of letters, digits and ``_.-``."""
    return isinstance(text, str) and re.fullmatch(_WORD, text) is not None


def knows(study: Any) -> bool:
    """Say whether this version has tables of a study of that name."""
    return isinstance(study, str) and study in STUDIES


def problem(study: str, name: str, table: pd.DataFrame) -> str | None:
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
    kinds = _of_others(name, table) | find_schema(study)[name]
    if name == "runs":
        kinds |= {name: kind for name, kind in _YOUNGER.items() if name in table}
        kinds |= _of_claims(table)
    return kinds


def _of_others(name: str, table: pd.DataFrame) -> dict[str, str]:
    """Return the kind of each column that its name tells."""
    return {
        str(column): kind
        for column in table
        for begin, kind in _OTHERS.get(name, {}).items()
        if str(column).startswith(begin)
    }


def _of_claims(runs: pd.DataFrame) -> dict[str, str]:
    """Return the kinds of the columns that come with verdicts."""
    verdicts = [str(c) for c in runs if str(c).startswith("verdict_")]
    names = [column.removeprefix("verdict_") for column in verdicts]
    kinds = {f"{x}_{name}": k for name in names for x, k in _OF_A_CLAIM.items()}
    return kinds | (_JUDGED if names else {})


def _holds(column: pd.Series, kind: str) -> bool:
    """Say whether a column holds what it should; places may be empty, not of counts."""
    known = column if kind == _COUNTS else column.dropna()
    if known.empty:
        return True
    if pd.api.types.infer_dtype(known) not in _FOUND[kind]:
        return False
    if kind == WORDS:
        return bool(pd.Series(known.unique()).map(is_word).all())
    return kind != _COUNTS or bool((known >= 0).all())

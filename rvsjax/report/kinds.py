"""Names of lines: every word in which runs differ, where null is a word."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from rvsjax.errors import counted

__all__ = [
    "kinds",
    "numbers",
    "of_runs",
    "parameter_columns",
    "unlike",
    "value_text",
    "vary",
    "within_lines",
]

MOST_KINDS = 16
_LONGEST = 32
_BARE = ("algorithm", "penalty", "gradient", "surrogate", "dtype")  # known by value


def kinds(runs: pd.DataFrame, shown: Sequence[str] = ()) -> pd.Series:
    """Name the kind of each run; runs have the same name where they have equal words.

    The words are those of all parameters that vary but the columns `shown` elsewhere,
    and up to four shapes `a`. A null that other words imply is left out, as cgd implies
    that there is no penalty. Beyond 16 kinds the words of most values are left out:
    `within_lines` has them. Runs alike have the name of their penalty or algorithm.
    """
    columns = [x for x in vary(runs) if x not in shown and _is_told(runs[x])]
    columns = [x for x in columns if not _is_idle(runs, x, columns)]
    while columns and runs.groupby(columns, dropna=False).ngroups > MOST_KINDS:
        columns.remove(max(columns, key=lambda x: runs[x].nunique(dropna=False)))
    if not columns:
        return _alike(runs, shown)
    group = runs.groupby(columns, dropna=False, sort=False).ngroup()
    found = runs.loc[~group.duplicated(), columns]  # in the order of their numbers
    keys = [tuple(None if pd.isna(x) else x for x in y) for y in found.to_numpy(object)]
    rows = sorted(keys, key=str)
    implied = [_implies(runs, columns, x) for x in columns]
    names = dict(zip(rows, unlike([_joined(columns, x, implied) for x in rows])))
    return pd.Series([names[key] for key in keys], dtype=object)[group].set_axis(
        runs.index
    )


def numbers(names: pd.Series) -> list[tuple[str, int]]:
    """Return each name once, in order, with the number of runs that have it."""
    return [(str(name), len(some)) for name, some in names.groupby(names, sort=True)]


def parameter_columns(runs: pd.DataFrame) -> list[str]:
    """Return the columns of parameters."""
    return [str(name) for name in runs if str(name).startswith("p_")]


def vary(runs: pd.DataFrame) -> list[str]:
    """Return the columns of parameters that vary, where null is a value."""
    return [x for x in parameter_columns(runs) if runs[x].nunique(dropna=False) > 1]


def within_lines(runs: pd.DataFrame, keys: Sequence[pd.Series]) -> list[str]:
    """Return the parameters that vary among runs of equal keys, by name."""
    found = vary(runs)
    if keys and found:
        values = [key.to_numpy() for key in keys]
        groups = runs[found].groupby(values, dropna=False)
        most = groups.nunique(dropna=False).max()
        found = [x for x in found if most[x] > 1]
    return [x.removeprefix("p_") for x in found]


def of_runs(name: str, shown: int, all_of_it: int) -> str:
    """Return a name with its number of runs: ``l1 (6 runs)``, ``l1 (5 of 6 runs)``."""
    some = "" if shown == all_of_it else f"{shown} of "
    return f"{name} ({some}{counted(all_of_it, 'run')})"


def value_text(value: Any, most: int = _LONGEST) -> str:
    """Return a word, cut where it is long, or a number with the digits that it has.

    It has no formulas and no control characters: an SVG with one of these is none.
    """
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    text = " ".join(str(value).split())
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text.replace("$", r"\$")  # else it begins a formula


def _is_told(values: pd.Series) -> bool:
    """Say whether values are words, or the shapes of a penalty."""
    if values.name == "p_a":
        return 1 < values.nunique() <= 4
    is_truth = pd.api.types.is_bool_dtype(values)
    return is_truth or not pd.api.types.is_numeric_dtype(values)


def _alike(runs: pd.DataFrame, shown: Sequence[str]) -> pd.Series:
    """Name runs by the penalty or method that they share."""
    for column in ("p_penalty", "p_algorithm", "p_surrogate"):
        if column in runs and column not in shown and runs[column].nunique() == 1:
            if runs[column].notna().all():
                return pd.Series(str(runs[column].iloc[0]), runs.index)
    return pd.Series("all", runs.index)


def _implies(runs: pd.DataFrame, columns: list[str], column: str) -> bool:
    """Say whether the other columns of a run imply whether it has a value there."""
    others = [x for x in columns if x != column]
    if not others:
        return False
    keys = [runs[x] for x in others]
    lacks = runs[column].isna().groupby(keys, dropna=False).nunique()
    return bool((lacks <= 1).all())


def _is_idle(runs: pd.DataFrame, column: str, columns: list[str]) -> bool:
    """Say whether runs differ in a column only as others imply that they have none.

    A penalty is named all the same.
    """
    one = column != "p_penalty" and runs[column].nunique() == 1
    return one and _implies(runs, columns, column)


def _joined(columns: list[str], row: tuple[Any, ...], implied: list[bool]) -> str:
    parts = []
    for column, value, is_implied in zip(columns, row, implied):
        name = column.removeprefix("p_")
        if value is None:
            parts += [] if is_implied else [f"no {name}"]
        elif name == "a":
            parts.append(f"a = {value_text(value)}")
        else:
            parts.append(
                value_text(value) if name in _BARE else f"{name} {value_text(value)}"
            )
    return ", ".join(parts) or ", ".join(f"no {x.removeprefix('p_')}" for x in columns)


def unlike(names: list[str]) -> list[str]:
    """Number the names that are equal, as those of long words cut."""
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[place] = f"{name} ({seen[name]})"
    return names

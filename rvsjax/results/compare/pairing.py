"""Runs of two tables that differ in nothing but what is meant to differ."""

import reprlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from rvsjax.sweep.store import FolderError

__all__ = [
    "Differing",
    "Pairs",
    "column_or_nulls",
    "is_number",
    "pair",
    "parameter_names",
    "word",
]

_SEED = "seed"  # runs of other seeds share no random numbers: only where asked
_FEW = 3  # values of a parameter, or parameters, in a sentence


class Differing(NamedTuple):
    """A thing that is one in A and another in B, as text."""

    name: str
    a: str
    b: str

    def __str__(self) -> str:
        """Say so in a few words."""
        return f"{self.name} is {self.a} in A and {self.b} in B"


class Pairs(NamedTuple):
    """Runs of A and their partners in B, in the same rows."""

    a: pd.DataFrame
    b: pd.DataFrame
    by: list[str]  # parameters that have several values, and are equal in a pair
    on: list[Differing]  # parameters that are to differ, where they do


def parameter_names(a: pd.DataFrame, b: pd.DataFrame) -> list[str]:
    """Return the names of the parameters that either table has."""
    names = dict.fromkeys([*map(str, a.columns), *map(str, b.columns)])
    return [name.removeprefix("p_") for name in names if name.startswith("p_")]


def pair(a: pd.DataFrame, b: pd.DataFrame, on: Sequence[str] | None = None) -> Pairs:
    """Pair the runs whose parameters are equal, but for those named by `on`.

    By default `on` are the parameters, the seed excepted, that have one value in each
    table, and not the same. What one table lacks has no value there. Raises FolderError
    where a parameter is unknown, runs are too many for one partner, or none has one.
    """
    names = parameter_names(a, b)
    _need_known(on or (), names)
    codes = {n: _codes(*(column_or_nulls(x, f"p_{n}") for x in (a, b))) for n in names}
    if on is None:
        on = [n for n, each in codes.items() if n != _SEED and _is_intended(*each)]
    differs = [n for n, each in codes.items() if np.setxor1d(*each).size]
    keys = {n: each for n, each in codes.items() if n not in on}
    labels = _labels(list(keys.values()), len(a), len(b))
    for table, label, side in zip((a, b), labels, "AB"):
        _need_single(table, label, side, on)
    _, in_a, in_b = np.intersect1d(*labels, assume_unique=True, return_indices=True)
    if not len(in_a):
        apart = [n for n, each in keys.items() if not np.intersect1d(*each).size]
        _refuse([_told(a, b, name) for name in apart])
    order = np.argsort(in_a)
    return Pairs(
        a.iloc[in_a[order]].reset_index(drop=True),
        b.iloc[in_b[order]].reset_index(drop=True),
        by=[n for n, each in keys.items() if not _is_one(np.concatenate(each))],
        on=[_told(a, b, name) for name in on if name in differs],
    )


def column_or_nulls(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of a table, without values where it lacks that."""
    return table[name] if name in table else pd.Series(np.nan, index=table.index)


def is_number(values: pd.Series) -> bool:
    """Say whether a column holds numbers, truth values not among them."""
    kinds = pd.api.types
    return kinds.is_numeric_dtype(values) and not kinds.is_bool_dtype(values)


def _codes(a: pd.Series, b: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for each value, the same for equal ones, -1 for none."""
    if is_number(a) and is_number(b):
        both = np.concatenate([x.to_numpy(np.float64, na_value=np.nan) for x in (a, b)])
    else:
        both = np.concatenate([x.astype(object).to_numpy() for x in (a, b)])
    codes, _ = pd.factorize(both)
    return codes[: len(a)], codes[len(a) :]


def _is_intended(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether there is one value in each table, and not the same."""
    return _is_one(a) and _is_one(b) and a[0] != b[0]


def _is_one(codes: np.ndarray) -> bool:
    """Say whether there is one value alone."""
    return bool((codes == codes[0]).all())


def _labels(
    codes: Sequence[tuple[np.ndarray, np.ndarray]], in_a: int, in_b: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for each run, the same where all codes are."""
    label = np.zeros(in_a + in_b, np.int64)
    for each in codes:
        both = np.concatenate(each) + 1  # from 0
        if _is_one(both):  # as most parameters
            continue
        label = np.unique(label * (both.max() + 1) + both, return_inverse=True)[1]
    return label[:in_a], label[in_a:]


# -- words -----------------------------------------------------------------------------


def _told(a: pd.DataFrame, b: pd.DataFrame, name: str) -> Differing:
    return Differing(name, *(_values(column_or_nulls(x, f"p_{name}")) for x in (a, b)))


def _values(values: pd.Series) -> str:
    known = [word(x) for x in values.drop_duplicates().tolist()]
    return ", ".join(known[:_FEW]) + (", ..." if len(known) > _FEW else "")


def word(value: Any) -> str:
    """Return a value as text, a long one shortened."""
    if pd.isna(value):
        return "unset"
    return value if isinstance(value, str) and len(value) < 40 else reprlib.repr(value)


def _need_known(on: Sequence[str], names: Sequence[str]) -> None:
    for name in on:
        if name not in names:
            what = f'no parameter "{name}" in either folder'
            raise FolderError(f"{what}; they have {', '.join(names)}")


def _need_single(
    table: pd.DataFrame, label: np.ndarray, side: str, on: Sequence[str]
) -> None:
    """Refuse runs that have the same parameters but for those that are to differ."""
    _, first, number = np.unique(label, return_index=True, return_counts=True)
    if not len(number) or number.max() == 1:
        return
    alike = table[label == label[first[number.argmax()]]]
    several = [
        n for n in on if column_or_nulls(alike, f"p_{n}").nunique(dropna=False) > 1
    ]
    if not several:
        raise FolderError(f"{number.max()} runs of {side} have the same parameters")
    names = ", ".join(several)
    what = f"{number.max()} runs of {side} differ in {names} alone: for one partner"
    raise FolderError(f"{what}; give a folder with one value of it, or leave out --on")


def _refuse(apart: list[Differing]) -> None:
    if not apart:
        what = (
            "each parameter has values that both folders have, but no run has them all"
        )
        raise FolderError(f"no run of A has a partner in B: {what}")
    told = "; ".join(map(str, apart[:_FEW])) + ("; ..." if len(apart) > _FEW else "")
    options = " ".join(f"--on {x.name}" for x in apart)
    hint = f"where that is what you compare, add {options}"
    if any(x.name == _SEED for x in apart):
        hint += ", though runs of other seeds share no random numbers"
    raise FolderError(f"no run of A has a partner in B: {told}; {hint}")

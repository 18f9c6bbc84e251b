"""Parameters that a sweep varies, as a few values that figures have room for."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from rvsjax.report.kinds import kinds
from rvsjax.report.words import number, short
from rvsjax.results.schema import Columns

__all__ = ["Parameter", "constant", "holds_numbers", "joined", "method", "varied"]

_MOST_VALUES = 12
_BINS = 6
_MOST = 8  # parameters in figures
_MOST_WRITTEN = 1000


class Parameter(NamedTuple):
    """A parameter that differs: its values, and which of them each run has."""

    name: str
    label: str
    values: list[str]
    codes: np.ndarray  # (runs,), positions in `values`
    is_number: bool = False


def constant(runs: pd.DataFrame, columns: Columns) -> list[tuple[str, str]]:
    """Return the parameters that have one value, with it."""
    return [
        (columns[name].text, short(number(x) if holds_numbers(runs[name]) else x, 80))
        for name in _names(runs)
        if runs[name].nunique(dropna=False) == 1
        for x in runs[name].dropna().iloc[:1]
    ]


def varied(
    runs: pd.DataFrame, columns: Columns, exact: bool = False
) -> list[Parameter]:
    """Return the parameters that differ between runs, words first; seeds are none.

    What a word settles, as the penalty does a shape that it alone has, is left out. A
    ratio stands for the parameter that it sets where its values take half the digits.
    At most eight of them, and of each a few values, intervals or "others"; `exact`: all
    of them with all values.
    """
    several = [x for x in _names(runs) if runs[x].nunique(dropna=False) > 1]
    names = [_swept(x, runs, columns) for x in several if x != "p_seed"]
    names.sort(key=lambda name: holds_numbers(runs[name]))
    found: list[Parameter] = []
    for name in names:
        most = len(runs) if exact else _MOST_VALUES
        new = _parameter(name, columns[name].text, runs[name], most)
        words = [x for x in found if not holds_numbers(runs[x.name])]
        if not any(len(joined([x, new])[1]) == len(x.values) for x in words):
            found.append(new)
    return found if exact else found[:_MOST]


def method(runs: pd.DataFrame, parameters: list[Parameter]) -> Parameter | None:
    """Return the kinds of runs, as `kinds` names them; None where there is one."""
    codes, values = pd.factorize(kinds(runs), sort=True)
    if len(values) < 2:
        return None
    words = [x for x in parameters if not x.is_number]
    if len(words) == 1 and len(words[0].values) >= len(values):
        return words[0]
    return Parameter("method", "method", list(values), codes.astype(np.int64))


def joined(parameters: list[Parameter]) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Return the combination of values that each run has, and all that there are."""
    codes = np.zeros(len(parameters[0].codes), np.int64)
    for parameter in parameters:
        codes = codes * len(parameter.values) + parameter.codes
        known, codes = np.unique(codes, return_inverse=True)
    firsts = np.unique(codes, return_index=True)[1]
    rows = [tuple(int(x.codes[i]) for x in parameters) for i in firsts]
    return codes, rows


def _names(runs: pd.DataFrame) -> list[str]:
    return [str(name) for name in runs if str(name).startswith("p_")]


def _swept(name: str, runs: pd.DataFrame, columns: Columns) -> str:
    """Return the ratio that stands for a parameter, or the parameter itself."""
    for ratio in (x for x in runs if columns[str(x)].needs == (name,)):
        if 0 < 2 * _written(runs[ratio]) < _written(runs[name]):
            return str(ratio)
    return name


def _written(column: pd.Series) -> int:
    """Return how many digits it takes to write the values; 0 for one, or for many."""
    values = column.dropna().unique()
    several = 1 < len(values) <= _MOST_WRITTEN
    return sum(len(repr(float(x))) for x in values) if several else 0


def holds_numbers(column: pd.Series) -> bool:
    """Say whether a column holds numbers, truth values aside."""
    kind = column.dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _parameter(name: str, text: str, column: pd.Series, most: int) -> Parameter:
    of_kind = _of_numbers if holds_numbers(column) else _of_words
    codes, values = of_kind(column, most)
    if (codes < 0).any():
        codes, values = np.where(codes < 0, len(values), codes), [*values, "none"]
    return Parameter(name, text, values, codes, holds_numbers(column))


def _of_words(column: pd.Series, most: int) -> tuple[np.ndarray, list[str]]:
    """Return codes and values; the rarest are `others` where there are many."""
    codes, words = pd.factorize(column)
    often = np.argsort(-np.bincount(codes[codes >= 0]), kind="stable")
    shown = sorted(often[:most], key=lambda i: str(words[i]))
    values = [short(words[i], 40) for i in shown]
    if len(words) > most:
        values.append("others")
    places = np.full(len(words) + 1, len(shown))
    places[shown] = range(len(shown))
    places[-1] = -1  # where `codes` has -1, for no word
    return places[codes], values


def _of_numbers(column: pd.Series, most: int) -> tuple[np.ndarray, list[str]]:
    """Return codes and values; intervals of equal numbers where there are many."""
    numbers = column.to_numpy(float, na_value=np.nan)
    finite = np.isfinite(numbers)
    known = np.unique(numbers[finite])
    if len(known) <= most:
        codes = np.searchsorted(known, numbers)
        return np.where(finite, codes, -1), [number(x) for x in known]
    edges = np.unique(np.quantile(numbers[finite], np.linspace(0, 1, _BINS + 1)))
    codes = np.searchsorted(edges[1:-1], numbers, side="right")
    values = [f"{number(a, 2)} to {number(b, 2)}" for a, b in zip(edges, edges[1:])]
    return np.where(finite, codes, -1), values

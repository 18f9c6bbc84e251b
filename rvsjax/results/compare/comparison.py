"""Two folders of results, pair by pair: what differs, by how much, how surely."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from rvsjax.errors import shown
from rvsjax.results.compare.pairing import (
    Differing,
    Pairs,
    column_or_nulls,
    is_number,
    pair,
    word,
)
from rvsjax.results.compare.provenance import differing_settings
from rvsjax.results.compare.statistics import (
    ClaimDifference,
    MeasureDifference,
    compare_claim,
    compare_measure,
)
from rvsjax.results.results import Results
from rvsjax.results.schema import Columns, find_columns
from rvsjax.sweep.store import FolderError

__all__ = ["Comparison", "Side", "WordCounts", "compare", "pairs_table"]


class Side(NamedTuple):
    """One of the folders."""

    folder: str
    runs: int
    paired: int  # runs that have a partner in the other


class WordCounts(NamedTuple):
    """The number of pairs with one word, or truth value, in A and one in B."""

    name: str
    a: str
    b: str
    pairs: int


class Comparison(NamedTuple):
    """All that two folders differ in."""

    a: Side
    b: Side
    study: str
    settings: list[Differing]  # of the manifests
    on: list[Differing]  # parameters that are to differ
    by: list[str]  # parameters that pair the runs, of those with several values
    ok: int  # pairs of which both runs ended well: others are not measured
    words: list[WordCounts]  # `status`, and measurements that are words
    measures: list[MeasureDifference]
    claims: list[ClaimDifference]
    pairs: Pairs

    @property
    def columns(self) -> Columns:
        """The columns of the runs of both folders."""
        return find_columns(self.study, "runs")


def compare(
    a: str | Path | Results,
    b: str | Path | Results,
    on: str | Sequence[str] | None = None,
) -> Comparison:
    """Pair the runs of two folders, or of their results, and compare them.

    `on` names what is to differ, one parameter or several, see `pairing.pair`. Raises
    FolderError where a folder holds no sweep, they hold two studies, or no run has a
    partner.
    """
    ours, theirs = Results(a), Results(b)
    if ours.study != theirs.study:
        what = f"{ours.folder} is of the study {ours.study}"
        what += f", {theirs.folder} of {theirs.study}"
        raise FolderError(f"{what}; only folders of one study can be compared")
    pairs = pair(ours.runs, theirs.runs, _names(on))
    sides = [
        Side(str(results.folder), len(results.runs), len(pairs.a))
        for results in (ours, theirs)
    ]
    ok = pairs.a["status"].eq("ok") & pairs.b["status"].eq("ok")
    good = Pairs(pairs.a[ok], pairs.b[ok], pairs.by, pairs.on)
    return Comparison(
        *sides,
        study=ours.study,
        settings=differing_settings(ours.manifest, theirs.manifest),
        on=pairs.on,
        by=pairs.by,
        ok=int(ok.sum()),
        words=[*_words(pairs, ["status"]), *_words(good, _shared(pairs, "m_"))],
        measures=_measures(good),
        claims=_claims(pairs),
        pairs=pairs,
    )


def _names(on: Any) -> Sequence[str] | None:
    """Return the parameters that are named, one or several; None for none."""
    if on is None or isinstance(on, list | tuple):
        return on
    if isinstance(on, str):
        return [on]
    raise FolderError(f"on: a parameter or a list of parameters, not {shown(on)}")


def _shared(pairs: Pairs, prefix: str) -> list[str]:
    """Return the columns of a prefix that both tables have."""
    both = [str(name) for name in pairs.a if name in pairs.b]
    return [name for name in both if name.startswith(prefix)]


def _measures(pairs: Pairs) -> list[MeasureDifference]:
    seed = column_or_nulls(pairs.a, "p_seed")
    return [
        compare_measure(name, pairs.a[name], pairs.b[name], seed)
        for name in _shared(pairs, "m_")
        if is_number(pairs.a[name]) and is_number(pairs.b[name])
    ]


def _claims(pairs: Pairs) -> list[ClaimDifference]:
    seed = column_or_nulls(pairs.a, "p_seed")
    return [
        compare_claim(name.removeprefix("verdict_"), pairs.a[name], pairs.b[name], seed)
        for name in _shared(pairs, "verdict_")
    ]


def _words(pairs: Pairs, names: Sequence[str]) -> list[WordCounts]:
    found = []
    for name in names:
        a, b = pairs.a[name], pairs.b[name]
        if not is_number(a) and not is_number(b):
            counts = Counter(zip(map(word, a), map(word, b)))
            found += [WordCounts(name, *two, n) for two, n in counts.most_common()]
    return found


def pairs_table(pairs: Pairs) -> pd.DataFrame:
    """Return one row a pair: what is shared, ``_a``, ``_b``, ``_difference`` of m_."""
    a, b = pairs.a, pairs.b
    on = {f"p_{each.name}" for each in pairs.on}
    columns = {"run_id_a": a["run_id"], "run_id_b": b["run_id"]}
    for name in _shared(pairs, "p_"):
        if name not in on:
            columns[name] = a[name]
    beside = [*sorted(on), "status", *_shared(pairs, "m_"), *_shared(pairs, "verdict_")]
    for name in beside:
        x, y = column_or_nulls(a, name), column_or_nulls(b, name)
        columns |= {f"{name}_a": x, f"{name}_b": y}
        if name.startswith("m_") and is_number(x) and is_number(y):
            columns[f"{name}_difference"] = y - x
    return pd.DataFrame(columns)

"""A comparison as lines of text, and as plain data."""

from collections.abc import Sequence
from typing import Any

from rvsjax.cli.tables import Table
from rvsjax.results.compare.comparison import Comparison, WordCounts
from rvsjax.results.compare.statistics import ClaimDifference, MeasureDifference

__all__ = ["as_json", "comparison_text"]

_NOTE = (
    "median: over pairs; mean: each seed counts once, with Student's 95 % interval;",
    "up, down: seeds whose pairs mostly rise, or fall; p: two-sided sign test of these",
    "seeds, not corrected for the number of rows",
)


def as_json(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain data, without its pairs."""
    told = {name: value for name, value in found._asdict().items() if name != "pairs"}
    lists = ("settings", "on", "words", "measures", "claims")
    told |= {name: [row._asdict() for row in told[name]] for name in lists}
    return told | {"a": found.a._asdict(), "b": found.b._asdict()}


def comparison_text(found: Comparison) -> list[str | Table]:
    """Return what two folders differ in, for a reader: lines and tables."""
    told: list[str | Table] = [
        f"{name}  {side.folder}: {side.runs:,} runs, {side.runs - side.paired:,} alone"
        for name, side in (("A", found.a), ("B", found.b))
    ]
    on = [f"{x.name} ({x.a}; {x.b})" for x in found.on]
    told.append(
        f"{found.a.paired:,} pairs, by {', '.join(found.by) or 'all parameters'}"
    )
    told.append(f"they differ in {', '.join(on) or 'no parameter'}")
    if max((x.seeds for x in found.measures), default=0) == 1:
        told.append("all have one seed: no interval, and no test says anything")
    if found.settings:
        rows = [(x.name, x.a, x.b) for x in found.settings]
        told += ["", Table(("settings", "A", "B"), rows, words=3)]
    told += ["", *_word_lines(found.words)]
    told += ["", *_measures(found)]
    if found.claims:
        told += ["", _claims(found.claims)]
    return told


def _word_lines(words: Sequence[WordCounts]) -> list[str]:
    told = []
    for name in dict.fromkeys(x.name for x in words):
        mine = [x for x in words if x.name == name]
        alike = sum(x.pairs for x in mine if x.a == x.b)
        other = [f"{x.pairs:,} {x.a} in A, {x.b} in B" for x in mine if x.a != x.b]
        told.append("; ".join([f"{name}: {alike:,} alike", *other]))
    return told


def _measures(found: Comparison) -> list[str | Table]:
    """Return a row for each measurement that differs, and the names of the others."""
    moved = [x for x in found.measures if x.alike < x.pairs]
    still = [x.name for x in found.measures if x.pairs and x.alike == x.pairs]
    told: list[str | Table] = []
    if moved:
        heads = ("B - A", "pairs", "median", "mean", "95 %", "up, down", "p")
        rows = [_measure_row(x, found.ok) for x in moved]
        told += [Table(heads, rows), *_NOTE]
    if still:
        told.append(f"the same in every pair: {', '.join(still)}")
    return told or ["no pair has a number in both"]


def _measure_row(x: MeasureDifference, pairs: int) -> tuple[str, ...]:
    interval = "" if x.low is None else f"[{_number(x.low)}, {_number(x.high)}]"
    mean, median = _number(x.mean), _number(x.median)
    counts = f"{x.pairs:,} of {pairs:,}"
    return x.name, counts, median, mean, interval, f"{x.up}, {x.down}", _number(x.p)


def _claims(claims: Sequence[ClaimDifference]) -> Table:
    heads = ("violated in", "pairs", "agree", "both", "A alone", "B alone", "neither")
    counts = ("pairs", "agree", "both", "only_a", "only_b", "neither")
    rows = [
        (x.name, *(f"{getattr(x, name):,}" for name in counts), _number(x.p))
        for x in claims
    ]
    return Table((*heads, "p"), rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"

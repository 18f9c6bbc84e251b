"""The question that two folders ask, and the answer in sentences with numbers."""

from collections.abc import Sequence

from rvsjax.errors import counted
from rvsjax.report.comparison.groups import CHANGE, Groups
from rvsjax.report.words import interval, number, short
from rvsjax.results.compare.comparison import Comparison, Side
from rvsjax.results.compare.pairing import Differing
from rvsjax.results.compare.statistics import ClaimDifference, MeasureDifference
from rvsjax.results.schema import Columns

__all__ = ["comparison_answer", "question"]

_MOST_NAMED = 3


def question(found: Comparison) -> str:
    """Return what is held against what: parameters, else settings, else the folders."""
    columns = found.columns
    parameters = [Differing(columns[f"p_{x.name}"].text, x.a, x.b) for x in found.on]
    asked = parameters or found.settings
    named = [
        f"{short(x.name, 60)}: {short(x.a, 60)} against {short(x.b, 60)}"
        for x in asked[:_MOST_NAMED]
    ]
    return "; ".join(_some(named, len(asked))) or "The same, computed twice"


def comparison_answer(found: Comparison, groups: Groups) -> list[str]:
    """Return sentences: what differs clearly, verdicts, and what is not counted."""
    told = [
        _of_measures(found, groups),
        _of_the_rest(groups, found.columns),
        _of_claims(found.claims),
        _of_pairs(found),
    ]
    return [x for x in told if x]


def _of_measures(found: Comparison, groups: Groups) -> str:
    seeds = max((x.seeds for x in found.measures), default=0)
    pairs = f"{counted(found.ok, 'pair')} of {counted(seeds, 'seed')}"
    there = len(groups.moved) + len(groups.still)
    of = counted(there, "measurement")
    if not there:
        return f"{counted(found.a.paired, 'pair')}, and none has a number in both runs."
    if not groups.moved:
        return f"{pairs} are the same in every measurement, of {there:,}."
    if seeds == 1:
        told = f"{pairs} differ in {len(groups.moved)} of {of}"
        return f"{told}; one seed gives no interval, and its test says nothing."
    if not groups.clear:
        rest = f"the 95 % interval of every mean difference {CHANGE} holds 0"
        return f"{pairs} differ clearly in none of {of}: {rest}."
    named = _some(
        [_difference(x, found.columns) for x in groups.clear[:_MOST_NAMED]],
        len(groups.clear),
    )
    what = f"{pairs} differ clearly in {len(groups.clear)} of {of}"
    return f"{what}, {CHANGE} with 95 % intervals that exclude 0: {'; '.join(named)}."


def _difference(x: MeasureDifference, columns: Columns) -> str:
    return f"{columns[x.name].text} by {number(x.mean)} {interval(x.low, x.high)}"


def _of_the_rest(groups: Groups, columns: Columns) -> str:
    """Tell of the other measurements, and how often chance excludes 0."""
    told = []
    if groups.fixed:
        names = [f"{columns[x.name].text} by {number(x.mean)}" for x in groups.fixed]
        named = "; ".join(_some(names[:_MOST_NAMED], len(names)))
        told.append(f"{_verb(groups.fixed)} by the same in every seed: {named}.")
    rows = [x for x in groups.moved if x.low is not None]
    if groups.open and rows:
        told.append(f"{_verb(groups.open)}, but by no more than chance may.")
    if groups.still and groups.moved:
        verb = "is" if len(groups.still) == 1 else "are"
        told.append(f"{len(groups.still)} {verb} the same in every pair.")
    if rows:
        told.append(
            "Chance alone excludes 0 in one interval of 20: neither these nor p are "
            f"corrected for the number of rows, {len(rows)}."
        )
    return " ".join(told)


def _verb(measures: list[MeasureDifference]) -> str:
    return f"{len(measures)} differ{'s' if len(measures) == 1 else ''}"


def _of_claims(claims: Sequence[ClaimDifference]) -> str:
    if not any(x.pairs for x in claims):
        return ""
    apart = sorted(
        (x for x in claims if x.only_a or x.only_b), key=lambda x: -x.only_a - x.only_b
    )
    if not apart:
        return "No claim is violated in one run of a pair alone."
    named = "; ".join(_some([_claim(x) for x in apart[:_MOST_NAMED]], len(apart)))
    return f"Violated in one run of a pair alone: {named}."


def _claim(x: ClaimDifference) -> str:
    return f"{x.name} in {x.only_a:,} of A and {x.only_b:,} of B (p {number(x.p, 2)})"


def _of_pairs(found: Comparison) -> str:
    """Tell of the pairs that are not measured, and of the runs without a partner."""
    told = []
    if bad := found.a.paired - found.ok:
        why = "one of their runs, or both, did not end well"
        told.append(f"{counted(bad, 'pair')} more are not measured: {why}.")
    alone = [
        _alone(*x) for x in (("A", found.a), ("B", found.b)) if x[1].runs > x[1].paired
    ]
    if alone:
        told.append(f"Without a partner: {' and '.join(alone)}.")
    return " ".join(told)


def _alone(name: str, side: Side) -> str:
    return f"{side.runs - side.paired:,} of {counted(side.runs, 'run')} of {name}"


def _some(named: list[str], number: int) -> list[str]:
    """Return a few of so many, and how many more there are."""
    more = number - len(named)
    return [*named, f"and {more:,} more"] if more else named

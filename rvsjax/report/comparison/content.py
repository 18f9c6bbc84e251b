"""All that the page of a comparison says, as plain data: nothing of HTML."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from rvsjax.report.comparison.answer import answer, question
from rvsjax.report.comparison.groups import grouped
from rvsjax.report.comparison.points import points
from rvsjax.report.comparison.rows import (
    claim_rows,
    measure_groups,
    setting_rows,
    word_tables,
)
from rvsjax.report.comparison.table import table
from rvsjax.report.page.skeleton import Content
from rvsjax.report.page.words import label, short
from rvsjax.results.compare.comparison import Comparison, Side
from rvsjax.results.compare.statistics import MeasureDifference

__all__ = ["content"]


def content(found: Comparison, pairs: pd.DataFrame) -> Content:
    """Return the content of the page of a comparison; `pairs` as of `pairs_table`."""
    good = pairs["status_a"].eq("ok") & pairs["status_b"].eq("ok")
    measured, groups = pairs[good], grouped(found.measures)
    figures = {
        "against": points(measured, [*groups.moved, *groups.still]),
        "table": table(pairs, good.to_numpy(bool), groups.moved),
    }
    text = {
        "study": found.study,
        "question": question(found),
        "answer": answer(found, groups),
        "sides": [_side(*x) for x in (("A", found.a), ("B", found.b))],
        "paired": found.a.paired,
        "by": [label(f"p_{x}") for x in found.by],
        "shares_seed": all(x.name != "seed" for x in found.on),
        "settings": setting_rows(found),
        "manifests_agree": not found.settings,
        "groups": measure_groups(groups, measured),
        "still": _labels(groups.still),
        "absent": _labels(groups.absent),
        "words": word_tables(found.words),
        "claims": claim_rows(found.claims),
        "example": _example(groups.moved),
    }
    return Content(text, figures)


def _side(name: str, side: Side) -> dict[str, Any]:
    told = {"name": name, "folder": short(side.folder), "runs": side.runs}
    return told | {"alone": side.runs - side.paired}


def _labels(measures: Iterable[MeasureDifference]) -> list[str]:
    return [label(x.name) for x in measures][:100]


def _example(moved: list[MeasureDifference]) -> str:
    """Return what may be typed to filter the pairs."""
    if not moved:
        return "status=ok"
    return f"status=ok {short(moved[0].name.removeprefix('m_'), 40)}_difference<0"

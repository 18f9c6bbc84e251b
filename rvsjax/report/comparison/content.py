"""All that the page of a comparison says, as plain data: nothing of HTML."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from rvsjax.report.comparison.answer import comparison_answer, question
from rvsjax.report.comparison.groups import grouped
from rvsjax.report.comparison.points import points
from rvsjax.report.comparison.rows import (
    claim_rows,
    measure_groups,
    setting_rows,
    word_tables,
)
from rvsjax.report.comparison.table import pairs_content
from rvsjax.report.page.skeleton import Content
from rvsjax.report.words import short
from rvsjax.results.compare.comparison import Comparison, Side
from rvsjax.results.compare.statistics import MeasureDifference
from rvsjax.results.schema import Columns

__all__ = ["comparison_content"]


def comparison_content(found: Comparison, pairs: pd.DataFrame) -> Content:
    """Return the content of the page of a comparison; `pairs` as of `pairs_table`."""
    good = pairs["status_a"].eq("ok") & pairs["status_b"].eq("ok")
    measured, groups = pairs[good], grouped(found.measures)
    columns = found.columns
    figures = {
        "against": points(measured, [*groups.moved, *groups.still], columns),
        "table": pairs_content(pairs, good.to_numpy(bool), groups.moved, columns),
    }
    text = {
        "study": found.study,
        "question": question(found),
        "answer": comparison_answer(found, groups),
        "sides": [_side(*x) for x in (("A", found.a), ("B", found.b))],
        "paired": found.a.paired,
        "by": [columns[f"p_{x}"].text for x in found.by],
        "shares_seed": all(x.name != "seed" for x in found.on),
        "settings": setting_rows(found),
        "manifests_agree": not found.settings,
        "groups": measure_groups(groups, measured, columns),
        "still": _labels(groups.still, columns),
        "absent": _labels(groups.absent, columns),
        "words": word_tables(found.words, columns),
        "claims": claim_rows(found.claims),
        "example": _example(groups.moved),
    }
    return Content(text, figures)


def _side(name: str, side: Side) -> dict[str, Any]:
    told = {"name": name, "folder": short(side.folder), "runs": side.runs}
    return told | {"alone": side.runs - side.paired}


def _labels(measures: Iterable[MeasureDifference], columns: Columns) -> list[str]:
    return [columns[x.name].text for x in measures][:100]


def _example(moved: list[MeasureDifference]) -> str:
    """Return what may be typed to filter the pairs."""
    if not moved:
        return "status=ok"
    return f"status=ok {short(moved[0].name.removeprefix('m_'), 40)}_difference<0"

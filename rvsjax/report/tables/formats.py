"""A table as text: LaTeX with booktabs, Markdown, or CSV."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rvsjax.errors import one_line
from rvsjax.report.tables.rows import VERDICTS, Cell, PaperTable
from rvsjax.report.words import number

__all__ = ["WRITERS"]


def _text(cell: Cell, runs: int, statistic: str) -> tuple[str, str]:
    """Return the main number of a cell, and what follows it."""
    if cell.verdicts:
        return " / ".join(map(str, cell.verdicts)), ""
    if not cell.n:
        return "–", ""
    spread = f" [{number(cell.low)}, {number(cell.high)}]"
    if statistic == "mean":
        spread = f" ± {number(cell.low)}"
    return number(cell.middle), spread + ("" if cell.n == runs else f" ({cell.n})")


def _heads(table: PaperTable) -> list[str]:
    claims = " / ".join(VERDICTS)
    return [
        *(one_line(table.columns[x].text) for x in table.by),
        "runs",
        *(
            f"{x.removeprefix('verdict_')}: {claims}"
            if x.startswith("verdict_")
            else one_line(table.columns[x].text)
            for x in table.of
        ),
    ]


def _value(value: Any) -> str:
    if value is None or value != value:
        return "none"
    is_word = isinstance(value, bool | np.bool_ | str)
    return one_line(str(value)) if is_word else number(float(value))


def _caption(table: PaperTable) -> str:
    if table.statistic == "mean":
        told = "Mean ± standard deviation"
    else:
        told = "Median [10 % quantile, 90 % quantile]"
    told += " of the runs of a row"
    pooled = ", ".join(map(one_line, table.pooled))
    told += f", which differ in {pooled}" if pooled else ""
    return f"{told}; in brackets how many have a number, if fewer."


def _markdown(table: PaperTable) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(x.replace('|', chr(92) + '|') for x in cells)} |"

    lines = [line(_heads(table))]
    left, right = ["---"] * len(table.by), ["---:"] * (1 + len(table.of))
    lines.append(line([*left, *right]))
    for row in table.rows:
        cells = []
        for cell in row.cells:
            middle, rest = _text(cell, row.runs, table.statistic)
            cells.append(f"**{middle}**{rest}" if cell.is_best else middle + rest)
        lines.append(line([*map(_value, row.values), str(row.runs), *cells]))
    return "\n".join([*lines, "", _caption(table)]) + "\n"


_TEX = {
    "\\": r"\textbackslash{}",
    **{x: rf"\{x}" for x in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "−": "$-$",
    "–": "--",
    "∞": r"$\infty$",
    "\N{NO-BREAK SPACE}": "~",
    "β": r"$\beta$",
    "λ": r"$\lambda$",
    "η": r"$\eta$",
    "θ": r"$\theta$",
}
_RAISED = {x: str(i) for i, x in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")} | {
    "⁻": "-",
    "ᵀ": "T",
    "ᵗ": "t",
}


def _tex(text: str) -> str:
    """Escape a text for LaTeX; superscripts and Greek letters become formulas."""
    raised = "".join(_RAISED)
    parts = re.split(f"([{raised}]+)", text)
    return "".join(
        f"$^{{{''.join(_RAISED[x] for x in part)}}}$"
        if i % 2
        else "".join(_TEX.get(x, x) for x in part)
        for i, part in enumerate(parts)
    )


def _latex(table: PaperTable) -> str:
    heads = [
        table.columns[x].formula or _tex(head)
        for x, head in zip([*table.by, "", *table.of], _heads(table))
    ]
    shape = "l" * len(table.by) + "r" * (1 + len(table.of))
    lines = [rf"% {_caption(table)}", rf"\begin{{tabular}}{{{shape}}}", r"\toprule"]
    lines += [rf"{' & '.join(heads)} \\", r"\midrule"]
    for row in table.rows:
        cells = []
        for cell in row.cells:
            middle, rest = map(_tex, _text(cell, row.runs, table.statistic))
            middle = rf"\textbf{{\boldmath {middle}}}" if cell.is_best else middle
            cells.append(middle + rest)
        words = [*(_tex(_value(x)) for x in row.values), str(row.runs), *cells]
        lines.append(rf"{' & '.join(words)} \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _csv(table: PaperTable) -> str:
    """Return every number in full, a column each; `best` is 1 where it is bold."""
    parts = ("median", "low", "high") if table.statistic == "median" else ("mean", "sd")
    rows = []
    for row in table.rows:
        told: dict[str, Any] = dict(zip(table.by, row.values)) | {"runs": row.runs}
        for name, cell in zip(table.of, row.cells):
            if name.startswith("verdict_"):
                told |= {f"{name}_{x}": n for x, n in zip(VERDICTS, cell.verdicts)}
                continue
            told |= {f"{name}_{x}": y for x, y in zip(parts, cell)}
            told |= {f"{name}_n": cell.n, f"{name}_best": int(cell.is_best)}
        rows.append(told)
    return pd.DataFrame(rows).to_csv(index=False)


WRITERS: dict[str, Callable[[PaperTable], str]] = {
    "latex": _latex,
    "markdown": _markdown,
    "csv": _csv,
}

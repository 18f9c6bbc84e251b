"""Columns of the tables of a sweep: what each holds, and how a reader is told of it.

A study describes its columns once, in its module ``schema``, with what every study has
from here. Summary, pages, figures, comparisons and the reference read nothing else.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

from rvsjax.sweep.registry import find_schema

__all__ = [
    "ANY_RUNS",
    "BY_PREFIX",
    "CLAIM_COLUMNS",
    "COUNTS",
    "LISTS",
    "NUMBERS",
    "RUN",
    "TEXT",
    "TRUTH",
    "VALUES",
    "WORDS",
    "Column",
    "Columns",
    "plain_columns",
    "PREFIXES",
    "find_columns",
    "measurement",
    "plain_name",
    "ratio",
]

PREFIXES = ("p_", "m_", "d_")
"""Of parameters, measurements and derived ratios."""

WORDS = "words"
NUMBERS = "numbers"
COUNTS = "counts"
TEXT = "text"
TRUTH = "truth values"
VALUES = "words, numbers or truth values"
LISTS = "lists of numbers"

Presence = Literal["always", "judged", "sometimes"]
"""Whether tables have a column always, where claims are judged, or need not have it."""

_ABBREVIATED = {"radians": "rad"}
_LONGEST = 60  # characters of a name that a stranger gave


class Column(NamedTuple):
    """The kind of a column, and its words.

    `label` names it, `tex` does where formulas can be written; `statement` is its line
    in the reference. `order` is its place among those that are shown first. `summary`
    says how a sweep tells of it at its end, if it does: by its mean, its mean in
    percent, or the count of runs that have each word, or have what it names; `better`
    which way a table calls it best. What
    stands in no file is worked out by `derive` of the columns that it `needs`.
    """

    kind: str
    label: str = ""
    unit: str = ""
    statement: str = ""
    order: float = math.inf
    tex: str = ""
    summary: Literal["", "mean", "%", "count"] = ""
    presence: Presence = "always"
    better: Literal["", "lower", "higher"] = ""
    needs: tuple[str, ...] = ()
    derive: Callable[..., Any] | None = None

    @property
    def is_main(self) -> bool:
        """True for those that are shown first."""
        return self.order < math.inf

    @property
    def text(self) -> str:
        """The label with its unit: ``last angle θ (rad)``."""
        unit = _ABBREVIATED.get(self.unit, self.unit)
        return f"{self.label} ({unit})" if unit else self.label

    @property
    def formula(self) -> str:
        r"""The label by formulas, with its unit: ``$\theta$ (rad)``; "" without any."""
        return self._replace(label=self.tex).text if self.tex else ""

    @property
    def symbol(self) -> str:
        """The formula without its dollars, where `tex` is one and nothing else."""
        formula = re.fullmatch(r"\$([^$]+)\$", self.tex)
        return formula[1] if formula else ""


class Columns(dict[str, Column]):
    """Columns by name; one that no study describes has its name for a label."""

    def __missing__(self, name: str) -> Column:
        """Describe a column by its name alone."""
        return Column(VALUES, _plain(name), presence="sometimes")


def find_columns(study: str, *tables: str) -> Columns:
    """Return the columns of tables of a study, each with a label."""
    found: Mapping[str, Mapping[str, Column]] = find_schema(study)
    return Columns(
        (name, column if column.label else column._replace(label=_plain(name)))
        for table in tables
        for name, column in found[table].items()
    )


def _plain(name: str) -> str:
    """Return a name in plain words: ``m_loss_w`` is ``loss w``."""
    words = plain_name(name).replace("_", " ")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def plain_name(column: str) -> str:
    """Return the name of a column without what says its kind: ``p_``, ``m_``, ``d_``.

    A user may leave that away.
    """
    return column[2:] if column[:2] in PREFIXES else column


def plain_columns(
    names: str, kind: str, presence: Presence = "always"
) -> dict[str, Column]:
    """Return columns of one kind, named with blanks between, that need no words."""
    return dict.fromkeys(names.split(), Column(kind, presence=presence))


measurement = partial(Column, NUMBERS, presence="sometimes")
"""A number that is measured of a run: label, unit, statement, ..."""


def ratio(parameter: str, label: str, statement: str, tex: str) -> Column:
    """Return the column of a ratio that sets a parameter in its place."""
    told = measurement(label, statement=statement, tex=tex)
    return told._replace(needs=(parameter,))


RUN = {"run_id": Column(WORDS, statement="hash of the parameters, seed and study")}

ANY_RUNS = RUN | {
    "status": Column(WORDS, statement="ok, diverged, degenerate or failed"),
    "reason": Column(TEXT, statement="why a run is not ok; null for those that are"),
    "p_seed": Column(NUMBERS, statement="what all that is drawn follows from"),
}

_VERDICTS = {
    "holds": "cases whose hypotheses hold, and the statement with them",
    "violated": "cases whose hypotheses hold, and the statement does not",
    "undecided": "cases left open by rounding, the precision, or a run's last step",
    "not_applicable": "cases of which a hypothesis is false",
}
_OF_CASES = {
    "holds_u_empty": "those of holds whose u has no entry, which say little",
    "judged": "cases with a nonempty u whose hypotheses hold",
}
_RATES = {
    f"{verdict}_{end}": f"share of judged for which it {words}{tail}"
    for verdict, words in (("holds", "holds"), ("violated", "is violated"))
    for end, tail in (
        ("rate", ""),
        ("low", ": lower end of its Wilson 95 % interval"),
        ("high", ": upper end of its Wilson 95 % interval"),
    )
}

CLAIM_COLUMNS = {
    "claim": Column(WORDS, statement="name of the claim"),
    **{x: Column(COUNTS, statement=y) for x, y in (_VERDICTS | _OF_CASES).items()},
    **{x: Column(NUMBERS, statement=y) for x, y in _RATES.items()},
    "worst_excess": Column(NUMBERS, statement="largest obs - bound of these cases"),
    "worst_run": Column(TEXT, statement="run that has it"),
    "not_applicable_because": Column(
        TEXT, statement="how often each hypothesis is false"
    ),
}

BY_PREFIX = {
    "runs": {
        "p_": Column(VALUES, statement="parameter, null where unused"),
        "m_": Column(NUMBERS, statement="measurement"),
        "d_": Column(NUMBERS, statement="ratio of parameters, which may be swept"),
        "hyp_": Column(TRUTH, statement="whether the hypotheses of a claim hold"),
        "verdict_": Column(
            WORDS, statement="holds, violated, undecided or not-applicable"
        ),
        "obs_": Column(NUMBERS, statement="what was observed: a claim is obs <= bound"),
        "bound_": Column(NUMBERS, statement="what it is bounded by"),
        "why_": Column(TEXT, statement="the hypotheses that are false"),
    },
    "curves": {"": Column(NUMBERS, statement="number at each step")},
}
"""Any other column of a table, by how its name begins."""

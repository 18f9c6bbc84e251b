"""Every claim by name, and what its docstring says: statement, hypotheses, source."""

import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from rvsjax.theory import starts
from rvsjax.theory.check import Check
from rvsjax.theory.descent import (
    lemma_5_corrected,
    lemma_5_proved,
    lemma_5_stated,
    lemma_6_corrected,
    lemma_6_stated,
)
from rvsjax.theory.evidence import Evidence
from rvsjax.theory.limits import (
    constant_12,
    corollary_1_1,
    coupling_bound,
    equation_12,
    equation_13,
    identity_13,
    l1_bound,
    lemma_7,
    remark_1,
    theorem_1_i,
)
from rvsjax.theory.pairs import Pair
from rvsjax.theory.slopes import (
    lemma_1,
    lemma_1_acute,
    lemma_2,
    lemma_2_gradient,
    lemma_3,
    lemma_3_descent,
    lemma_3_descent_stated,
    lemma_3_stated,
    lemma_4,
    lemma_4_general,
)
from rvsjax.theory.thresholds import lemma_8, lemma_9, shrinkage, threshold_gap

__all__ = ["CLAIMS", "PAIR_CLAIMS", "RUN_CLAIMS", "Statement", "statement"]

RUN_CLAIMS: dict[str, Callable[[Evidence], Check]] = {
    claim.__name__: claim
    for claim in (
        lemma_5_stated,
        lemma_5_proved,
        lemma_5_corrected,
        lemma_6_stated,
        lemma_6_corrected,
        lemma_7,
        theorem_1_i,
        equation_12,
        constant_12,
        identity_13,
        equation_13,
        l1_bound,
        coupling_bound,
        remark_1,
        corollary_1_1,
    )
}
"""Every claim about one run, by the name of its columns."""

PAIR_CLAIMS: dict[str, Callable[[Pair], Check]] = {
    claim.__name__: claim
    for claim in (
        lemma_1,
        lemma_1_acute,
        lemma_2,
        lemma_2_gradient,
        lemma_3_stated,
        lemma_3,
        lemma_3_descent_stated,
        lemma_3_descent,
        lemma_4,
        lemma_4_general,
        lemma_8,
        lemma_9,
        shrinkage,
        threshold_gap,
    )
}
"""Every claim about weights, judged on drawn pairs of them."""

CLAIMS: dict[str, Callable[..., Any]] = {
    **RUN_CLAIMS,
    **PAIR_CLAIMS,
    "start_probability": starts.start_probability,
}
"""Every claim."""


class Statement(NamedTuple):
    """What a claim says."""

    claim: str
    judged_on: str
    statement: str
    hypotheses: str
    observed: str
    source: str


def statement(name: str) -> Statement:
    """Return what the docstring of a claim says, in plain text."""
    text = inspect.getdoc(CLAIMS[name]) or ""
    parts = re.split(r"^(Hypotheses|Observed|Source): ", text, flags=re.MULTILINE)
    named = dict(zip(parts[1::2], parts[2::2]))
    kind = "runs" if name in RUN_CLAIMS else "weights"
    return Statement(
        name,
        "starts" if name == "start_probability" else kind,
        _plain(text.splitlines()[0]).removesuffix("."),
        *(_plain(named[part]) for part in ("Hypotheses", "Observed", "Source")),
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "").replace("`", "").split())

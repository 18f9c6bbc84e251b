"""Every claim by name, and what its docstring says: statement, hypotheses, source."""

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from rvsjax.theory.caps import lemma_5_cap, lemma_5_strong
from rvsjax.theory.check import Check
from rvsjax.theory.comparisons import (
    remark_1_free,
    section_3_alike,
    section_3_memory,
    section_3_sooner,
    section_3_sparser,
    section_6_fast,
    section_6_recover,
)
from rvsjax.theory.corollary_1_1 import corollary_1_1, corollary_1_1_stated
from rvsjax.theory.equations_12_13 import (
    constant_12,
    equation_12,
    equation_13,
    identity_13,
)
from rvsjax.theory.evidence import Evidence
from rvsjax.theory.further_bounds import coupling_bound, l1_bound, remark_1
from rvsjax.theory.lemma_5 import lemma_5_corrected, lemma_5_proved, lemma_5_stated
from rvsjax.theory.lemma_6 import (
    lemma_6_converges,
    lemma_6_corrected,
    lemma_6_stated,
)
from rvsjax.theory.lemma_7 import lemma_7
from rvsjax.theory.lemmas_1_to_4 import (
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
from rvsjax.theory.lemmas_8_9 import lemma_8, lemma_9, shrinkage, threshold_gap
from rvsjax.theory.pair import Pair
from rvsjax.theory.start_probability import start_probability
from rvsjax.theory.theorem_1 import (
    theorem_1_angle,
    theorem_1_converges,
    theorem_1_global,
    theorem_1_i,
    theorem_1_i_strong,
    theorem_1_lagrangian,
    theorem_1_prox,
)

__all__ = [
    "CLAIMS",
    "COMPARISONS",
    "PAIR_CLAIMS",
    "RUN_CLAIMS",
    "WHATEVER_IS_SWEPT",
    "Statement",
    "described",
    "statement",
]

RUN_CLAIMS: dict[str, Callable[[Evidence], Check]] = {
    claim.__name__: claim
    for claim in (
        lemma_5_stated,
        lemma_5_proved,
        lemma_5_corrected,
        lemma_5_cap,
        lemma_5_strong,
        lemma_6_stated,
        lemma_6_corrected,
        lemma_6_converges,
        lemma_7,
        theorem_1_angle,
        theorem_1_lagrangian,
        theorem_1_converges,
        theorem_1_prox,
        theorem_1_global,
        theorem_1_i,
        theorem_1_i_strong,
        equation_12,
        constant_12,
        identity_13,
        equation_13,
        l1_bound,
        coupling_bound,
        remark_1,
        corollary_1_1,
        corollary_1_1_stated,
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

COMPARISONS: dict[str, dict[str, Callable[..., Check]]] = {
    kind: {claim.__name__: claim for claim in claims}
    for kind, claims in {
        "pairs of runs": (section_3_sparser, section_3_sooner, section_3_memory),
        "runs of a table": (section_3_alike, section_6_fast, section_6_recover),
        "some run of a table": (remark_1_free,),
    }.items()
}
"""Every claim on the table of runs, by what it is judged on."""

CLAIMS: dict[str, Callable[..., Any]] = {
    **RUN_CLAIMS,
    **PAIR_CLAIMS,
    "start_probability": start_probability,
    **{name: claim for some in COMPARISONS.values() for name, claim in some.items()},
}
"""Every claim."""

WHATEVER_IS_SWEPT = frozenset(
    [lemma_3_stated.__name__, lemma_3_descent_stated.__name__]
    + [name for some in COMPARISONS.values() for name in some]
)
"""Claims whose violation is no news of a sweep: false on the weights drawn for any, or
with numbers that are ours."""


class Statement(NamedTuple):
    """A claim in words."""

    claim: str
    judged_on: str
    statement: str
    hypotheses: str
    observed: str
    source: str


def statement(name: str) -> Statement:
    """Return what the docstring of a claim says, in plain text."""
    return Statement(*map(_plain, described(name)))


def described(name: str) -> Statement:
    """Return what the docstring of a claim says, its formulas between backticks."""
    text = _docstring(CLAIMS[name])
    parts = re.split(r"^(Hypotheses|Observed|Source): ", text, flags=re.MULTILINE)
    named = dict(zip(parts[1::2], parts[2::2]))
    kinds = {"runs": RUN_CLAIMS, "weights": PAIR_CLAIMS, **COMPARISONS}
    kind = next((kind for kind, some in kinds.items() if name in some), "starts")
    told = (named[part] for part in ("Hypotheses", "Observed", "Source"))
    first = text.splitlines()[0].removesuffix(".")
    return Statement(name, kind, first, *(" ".join(x.split()) for x in told))


def _docstring(function: Callable[..., Any]) -> str:
    """Return a docstring, from the source where ``python -OO`` has dropped it."""
    if text := inspect.getdoc(function):
        return text
    [definition] = ast.parse(inspect.getsource(function)).body
    assert isinstance(definition, ast.FunctionDef)
    return ast.get_docstring(definition) or ""


def _plain(text: str) -> str:
    return text.replace("`", "")

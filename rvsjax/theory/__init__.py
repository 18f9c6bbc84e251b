"""What the paper claims: one function a claim, judged on runs, weights or starts.

Source: Dinh and Xin 2020, Frontiers in Applied Mathematics and Statistics 6:13.
``python -m rvsjax.theory`` lists the claims with statement and source.
"""

from collections.abc import Callable
from typing import Any

from rvsjax.theory import starts
from rvsjax.theory.check import VERDICTS, Check, verdict
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
    equation_12,
    equation_13,
    identity_13,
    l1_bound,
    lemma_7,
    remark_1,
    theorem_1_i,
)
from rvsjax.theory.pairs import (
    Pair,
    draw_pair,
    lemma_1,
    lemma_2,
    lemma_3,
    lemma_4,
    lemma_8,
    lemma_9,
)

__all__ = [
    "CLAIMS",
    "PAIR_CLAIMS",
    "RUN_CLAIMS",
    "VERDICTS",
    "Check",
    "Evidence",
    "Pair",
    "draw_pair",
    "verdict",
]

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
        remark_1,
        corollary_1_1,
    )
}
"""Every claim about one run, by the name of its columns."""

PAIR_CLAIMS: dict[str, Callable[[Pair], Check]] = {
    claim.__name__: claim
    for claim in (lemma_1, lemma_2, lemma_3, lemma_4, lemma_8, lemma_9)
}
"""Every claim about weights, judged on drawn pairs of them."""

CLAIMS: dict[str, Callable[..., Any]] = {
    **RUN_CLAIMS,
    **PAIR_CLAIMS,
    "start_probability": starts.start_probability,
}
"""Every claim."""

"""What the paper claims: one function a claim, judged on a run and its outcome.

Source: Dinh and Xin 2020, Frontiers in Applied Mathematics and Statistics 6:13.
"""

from collections.abc import Callable

from rvsjax.theory.check import VERDICTS, Check, verdict
from rvsjax.theory.descent import lemma_5_proved, lemma_5_stated, lemma_6_stated
from rvsjax.theory.evidence import Evidence
from rvsjax.theory.limits import equation_12, identity_13, theorem_1_i

__all__ = ["CLAIMS", "VERDICTS", "Check", "Evidence", "verdict"]

CLAIMS: dict[str, Callable[[Evidence], Check]] = {
    claim.__name__: claim
    for claim in (
        lemma_5_stated,
        lemma_5_proved,
        lemma_6_stated,
        theorem_1_i,
        equation_12,
        identity_13,
    )
}
"""Every claim about one run, by the name of its columns."""

"""Every claim by name, and the judge of them."""

from collections.abc import Callable, Iterable

from rvsjax.theory.exact.arithmetic import precisely
from rvsjax.theory.exact.caps import lemma_5_cap, lemma_5_strong
from rvsjax.theory.exact.case import ExactCase, Judgement
from rvsjax.theory.exact.corollary_1_1 import corollary_1_1, corollary_1_1_stated
from rvsjax.theory.exact.equations_12_13 import (
    constant_12,
    equation_12,
    equation_13,
    identity_13,
)
from rvsjax.theory.exact.further_bounds import coupling_bound, l1_bound, remark_1
from rvsjax.theory.exact.lemma_5 import (
    lemma_5_corrected,
    lemma_5_proved,
    lemma_5_stated,
)
from rvsjax.theory.exact.lemma_6 import (
    lemma_6_converges,
    lemma_6_corrected,
    lemma_6_stated,
)
from rvsjax.theory.exact.lemma_7 import lemma_7
from rvsjax.theory.exact.replay import ExactRun, Watch
from rvsjax.theory.exact.theorem_1 import (
    theorem_1_angle,
    theorem_1_converges,
    theorem_1_global,
    theorem_1_i,
    theorem_1_i_strong,
    theorem_1_lagrangian,
    theorem_1_prox,
)

__all__ = ["CLAIMS", "judge", "judge_all"]


def judge(
    problem: ExactCase, claim: str, watch: Watch = lambda step: None
) -> Judgement:
    """Run a problem and judge one of the `CLAIMS` on it; `watch` is told every step.

    Raises:
        Degenerate: a step has no direction.
    """
    with precisely():
        return JUDGES[claim](ExactRun(problem, watch))


def judge_all(
    problem: ExactCase, claims: Iterable[str] | None = None
) -> dict[str, Judgement]:
    """Run a problem once and judge several of the `CLAIMS` on it, all by default.

    Every state of the run is held.

    Raises:
        Degenerate: a step has no direction.
    """
    with precisely():
        run = ExactRun(problem)
        run.keep()
        return {claim: JUDGES[claim](run) for claim in claims or CLAIMS}


JUDGES: dict[str, Callable[[ExactRun], Judgement]] = {
    claim.__name__: claim
    for claim in (
        lemma_5_stated,
        lemma_5_proved,
        lemma_5_corrected,
        lemma_5_cap,
        lemma_5_strong,
        lemma_6_stated,
        lemma_6_corrected,
        theorem_1_angle,
        theorem_1_lagrangian,
        theorem_1_converges,
        lemma_7,
        theorem_1_prox,
        theorem_1_global,
        lemma_6_converges,
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

CLAIMS = tuple(JUDGES)
"""What `judge` can judge."""

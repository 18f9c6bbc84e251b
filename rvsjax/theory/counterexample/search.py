"""The search for a smaller violation, greedy and deterministic.

Every candidate is judged in 50 digits, and has to violate the claim by more than a
margin, so that plain float64 sees it too.
"""

from collections.abc import Callable
from decimal import Decimal

from rvsjax.theory import exact
from rvsjax.theory.counterexample.reductions import REDUCTIONS, Candidates
from rvsjax.theory.exact import ExactCase

__all__ = ["shrink"]


def shrink(
    problem: ExactCase,
    claim: str,
    tell: Callable[[str], object] = lambda text: None,
    margin: float = 1e-9,
) -> ExactCase:
    """Reduce a violating problem while it still violates the claim.

    All hypotheses stay true and the excess stays above the margin, or above half of the
    excess of the problem where that is less.

    Raises:
        ValueError: the problem does not violate the claim.
    """
    excess = violation(problem, claim)
    if not excess:
        raise ValueError(
            f"the run does not violate {claim} in {exact.DIGITS} digits, "
            "so there is nothing to reduce"
        )
    margin, before = min(margin, excess / 2), None
    while before != problem:
        before = problem
        for reduce in REDUCTIONS:
            while smaller := first(reduce(problem, claim), problem, claim, margin):
                problem = smaller
                tell(f"d = {len(problem.w_star)}, steps = {problem.steps}")
    return problem


def violation(problem: ExactCase, claim: str) -> float:
    """Return by how much a problem violates a claim, 0 where it does not."""
    try:
        judgement = exact.judge(problem, claim)
    except exact.Degenerate:
        return 0.0
    return float(judgement.excess) if judgement.violated else 0.0


def first(
    candidates: Candidates, problem: ExactCase, claim: str, margin: float
) -> ExactCase | None:
    """Return the first candidate that is smaller and still violates."""
    for candidate in candidates:
        if size(candidate) < size(problem) and violation(candidate, claim) > margin:
            return candidate
    return None


def size(problem: ExactCase) -> tuple[int, ...]:
    """Return what is to be small, the most important first: every reduction ends."""
    elsewhere = problem.w_start != problem.w_star
    scalars = problem.beta, problem.lam, problem.eta, *dict(problem.own).values()
    numbers = *scalars, *problem.w_star, *(problem.w_start if elsewhere else ())
    return (
        len(problem.w_star),
        problem.steps,
        elsewhere,
        problem.readout != "sum",
        problem.k,
        sum(x < 0 for x in problem.w_star),
        sum(digits(x) for x in numbers if x is not None),
        sum(len(repr(x)) for x in scalars if x is not None),
    )


def digits(x: float) -> int:
    """Return the significant digits of a number as it is written."""
    return len(Decimal(repr(float(x))).normalize().as_tuple().digits)

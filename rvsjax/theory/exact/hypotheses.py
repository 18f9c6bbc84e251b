"""Hypotheses of the claims, by name."""

from collections.abc import Callable
from typing import Any

from mpmath import mp

from rvsjax.theory.exact.arithmetic import fixed
from rvsjax.theory.exact.replay import ExactRun

__all__ = [
    "BASE",
    "CONVERGED",
    "IS_L1",
    "IS_NOT_L1",
    "NOT_EMPTY",
    "NO_STRETCH",
    "SMALL_COUPLING",
    "SMALL_PENALTY",
    "SMALL_STEP",
    "SMALL_THRESHOLD",
    "THEOREM_1",
    "WITHIN_THEOREM_1",
    "hold",
]

SMALL_COUPLING = "beta <= K sin(min(delta, pi/2))"
SMALL_STEP = "eta <= 1/(beta + K)"
NO_STRETCH = "|v| >= 1/2 at every step"
SMALL_PENALTY = "lam < K/sqrt(d)"
SMALL_THRESHOLD = "beta t sqrt(d) < K, t the threshold"
CONVERGED = "the run has converged"
IS_L1 = "the penalty is l1"
IS_NOT_L1 = "the penalty is l0 or transformed-l1"
NOT_EMPTY = "u is not empty"

BASE = SMALL_COUPLING, SMALL_STEP, NO_STRETCH, CONVERGED
THEOREM_1 = *BASE, SMALL_PENALTY
WITHIN_THEOREM_1 = SMALL_COUPLING, SMALL_STEP, NO_STRETCH, SMALL_PENALTY


def _is_in_corollary_1_1(kind: Any) -> bool:
    """Say whether a class declares that its gap is bounded, and is not convex."""
    return getattr(kind, "thresholded", False) and not getattr(kind, "convex", False)


HYPOTHESES: dict[str, Callable[[ExactRun], object]] = {
    SMALL_COUPLING: lambda run: run.beta <= run.K * mp.sin(min(run.delta, mp.pi / 2)),
    SMALL_STEP: lambda run: run.eta * (run.beta + run.K) <= 1,
    NO_STRETCH: lambda run: run.shortest >= fixed(0.5),  # known once the run is over
    SMALL_PENALTY: lambda run: run.lam * run.root_d < run.K,
    SMALL_THRESHOLD: lambda run: run.b * run.penalty.threshold * run.root_d < 1,
    CONVERGED: lambda run: run.limit.converged,
    IS_L1: lambda run: run.problem.penalty == "l1",
    IS_NOT_L1: lambda run: _is_in_corollary_1_1(run.problem.kind),
    NOT_EMPTY: lambda run: any(run.limit.u),
}


def hold(run: ExactRun, *labels: str) -> dict[str, bool]:
    """Return whether each hypothesis holds."""
    return {label: bool(HYPOTHESES[label](run)) for label in labels}

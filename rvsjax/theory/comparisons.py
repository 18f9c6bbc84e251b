"""Claims about several runs: beside ADMM, and of the paper's experiments.

Sections 3.3 and 6 and the reason for the division by ``|v|`` in Algorithm 1, judged on
columns of the table of runs: arrays with one entry a run, or a pair of runs. The
paper's words have no numbers: those here are ours, and lenient, so that what is
violated is so under every stricter reading. Statements are in our words.
"""

import functools
import math
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from rvsjax.algorithms import ALGORITHMS
from rvsjax.environment.jax_settings import pinned
from rvsjax.models.no_overlap import slope
from rvsjax.penalties import NoPenalty
from rvsjax.simulation.monitor import SETTLED
from rvsjax.theory.check import Check
from rvsjax.theory.hypotheses import ENDED, STATED
from rvsjax.types import Hyper

__all__ = [
    "ALIKE",
    "PATIENCE",
    "PRECISE",
    "SHORT",
    "Runs",
    "numbers_stored",
    "remark_1_free",
    "section_3_alike",
    "section_3_memory",
    "section_3_sooner",
    "section_3_sparser",
    "section_6_fast",
    "section_6_recover",
]

Runs = Mapping[str, Any]
"""Columns of the table of runs by name, each an array ``(cases,)``."""

ALIKE = 1.0
"""f(w) and f(u) are alike if they differ by at most so many times f(w); ours."""

PATIENCE = 2.0
"""A run is fast if it takes so many times as long as descent alone; ours."""

PRECISE = 0.1
"""A recovered u has at most this angle to w_star, radians; ours."""

SHORT = 0.01
"""A w that began with the length 1 has come near 0 below this one; ours."""

_PAIR = "a run of admm with the same parameters and seed"


def section_3_sparser(ours: Runs, theirs: Runs) -> Check:
    """RVSCGD has a u with fewer nonzero entries than that of ADMM, at the end.

    The paper says "much sparser"; here one entry fewer is enough.
    Hypotheses: a pair of runs, rvscgd and admm, with equal parameters and seed; both
    went to their last step.
    Observed: the entries of u^T of RVSCGD, the bound being one less than ADMM has.
    Source: Section 3.3, in our words; the number is ours.
    """
    few, many = ours["m_nnz_u"], theirs["m_nnz_u"]
    return Check(_both_ended(ours, theirs), few, many - 1.0, _none(few))


def section_3_sooner(ours: Runs, theirs: Runs) -> Check:
    """RVSCGD has a u with fewer nonzero entries than that of ADMM, on the way.

    The mean over the points of the curves, which lie evenly in the logarithm of the
    step; the slightest difference is enough.
    Hypotheses: a pair of runs, rvscgd and admm, with equal parameters and seed; both
    went to their last step; the sweep kept curves.
    Observed: the mean entries of u of RVSCGD, the bound being just below ADMM's.
    Source: Section 3.3, in our words; the number is ours.
    """
    few, many = ours["nnz_u_mean"], theirs["nnz_u_mean"]
    below = np.nextafter(many, -np.inf)
    asked = _both_ended(ours, theirs) | {"the sweep kept curves": np.isfinite(few)}
    return Check(asked, few, below, _none(few))


def section_3_memory(ours: Runs, theirs: Runs) -> Check:
    """RVSCGD stores d numbers less than ADMM: there is no multiplier z.

    Counted from the states that the methods begin with: what a step needs of the last.
    Hypotheses: a pair of runs, rvscgd and admm, with equal parameters and seed; both
    went to their last step.
    Observed: the numbers that RVSCGD stores, the bound being ADMM's less d.
    Source: Section 3.3, in our words.
    """
    d = ours["p_d"]
    few, many = (_stored(name, d) for name in ("rvscgd", "admm"))
    return Check(_both_ended(ours, theirs), few, many - d, _none(few))


def section_3_alike(runs: Runs) -> Check:
    """``f(u)`` and ``f(w)`` behave alike: at the end they differ by ``f(w)`` at most.

    Both are K times an angle to w_star, so that K does not matter.
    Hypotheses: every step has a direction; Algorithm 1 with the expected gradient; u is
    not empty.
    Observed: the difference of the angles of u^T and w^T to w_star, radians; the bound
    is the angle of w^T.
    Source: Section 3.3, in our words; the number is ours.
    """
    theta, theta_u = runs["m_theta"], runs["m_theta_u"]
    single = runs["p_dtype"] == "float32"
    eps = np.where(single, np.finfo("float32").eps, np.finfo("float64").eps)
    return Check(
        hypotheses=_completed(runs) | {"u is not empty": np.isfinite(theta_u)},
        observed=np.abs(theta_u - theta),
        bound=ALIKE * theta,
        allowance=(2 + ALIKE) * (0.75 * runs["p_d"] + 10) * eps,  # angles
    )


def section_6_fast(runs: Runs) -> Check:
    """The run converges in at most twice the time that descent without a penalty takes.

    Without a penalty tan(theta/2) falls as exp(-eta K t): to the 1e-5 radians at which
    a run counts as converged in eta K t = log(2e5) + log(tan(theta_0/2)) = 12.2 from
    theta_0 = pi/2, which is also taken for smaller theta_0.
    Hypotheses: every step has a direction; Algorithm 1 with the expected gradient;
    ``eta <= 1/(beta + K)``; numbers are float64; the run has converged or is longer
    than the bound.
    Observed: ``eta K`` times the step from which on it has converged, or times the
    steps it took without; the bound is twice the time above.
    Source: Section 6, that it is fast, in our words; the number is ours.
    """
    pace = runs["p_eta"] * _slopes(runs)
    with np.errstate(all="ignore"):
        late = np.log(np.tan(runs["m_theta_0"] / 2))
    bound = PATIENCE * (math.log(2 / SETTLED) + np.maximum(late, 0))
    converged = np.isfinite(runs["m_converged_at"])
    known = {
        "eta <= 1/(beta + K)": runs["m_eta_ratio"] <= 1,
        "numbers are float64": runs["p_dtype"] == "float64",
        "the run has converged or is long": converged
        | (pace * (runs["m_steps"] + 1) > bound),
    }
    steps = np.where(converged, runs["m_converged_at"], runs["m_steps"] + 1)
    return Check(_completed(runs) | known, pace * steps, bound, _none(pace))


def section_6_recover(runs: Runs) -> Check:
    """RVSCGD recovers a sparse w_star: u has its support, and its angle to within 0.1.

    Hypotheses: every step has a direction; Algorithm 1 with the expected gradient; the
    run has converged; ``beta <= K sin(min(delta, pi/2))``; ``eta <= 1/(beta + K)``;
    ``lam < K/sqrt(d)``; w_star is sparse: it has a zero entry.
    Observed: the angle of u^T and w_star, radians; pi where their supports differ.
    Source: Section 6, that it is accurate, in our words; the number is ours.
    """
    whole = (runs["m_support_precision"] == 1) & (runs["m_support_recall"] == 1)
    known = {
        "the run has converged": np.isfinite(runs["m_converged_at"]),
        "beta <= K sin(min(delta, pi/2))": runs["m_beta_ratio"] <= 1,
        "eta <= 1/(beta + K)": runs["m_eta_ratio"] <= 1,
        "lam < K/sqrt(d)": runs["m_lam_ratio"] < 1,
        "w_star is sparse": _entries(runs) < runs["p_d"],
    }
    observed: Any = np.where(whole, runs["m_theta_u"], math.pi)
    bound: Any = np.full_like(observed, PRECISE)
    return Check(_completed(runs) | known, observed, bound, _none(bound))


def remark_1_free(runs: Runs) -> Check:
    """Without the division by ``|v|``, ``|w|`` may tend to 0: some falls below 0.01.

    That it happens once is enough. Where no run of a sweep shows it, the sweep leaves
    it undecided. Steps of eta K <= 0.005 move w by 0.01 at most, so that none gets
    there by a leap; below eta K/2 steps turn w over, and it does not go on to 0.
    Hypotheses: the method is rvscgd_free; ``eta K <= 0.005``.
    Observed: the smallest ``|w|`` of all steps, the smallest of all runs.
    Source: the reason for the division in Algorithm 1, in our words; the number is
    ours.
    """
    free = runs["p_algorithm"] == "rvscgd_free"
    fine = runs["p_eta"] * _slopes(runs) <= SHORT / 2
    shortest = runs["m_length_min"]
    return Check(
        hypotheses={"the method is rvscgd_free": free, "eta K <= 0.005": fine},
        observed=shortest,
        bound=np.full_like(shortest, SHORT),
        allowance=np.full_like(shortest, np.inf),  # one run refutes no "may"
    )


@functools.cache
@pinned()
def numbers_stored(algorithm: str, d: int) -> int:
    """Return how many numbers a method keeps from one step to the next, by `init`."""
    w = jax.ShapeDtypeStruct((d,), np.float32)
    one: Any = jax.ShapeDtypeStruct((), np.float32)
    hyper = Hyper(one, one, one)

    def begin(w: Any, hyper: Hyper) -> Any:
        return ALGORITHMS[algorithm].init(w, hyper, NoPenalty())

    return sum(x.size for x in jax.tree.leaves(jax.eval_shape(begin, w, hyper)))


def _stored(algorithm: str, sizes: Any) -> Any:
    sizes, place = np.unique(sizes, return_inverse=True)
    found = [numbers_stored(algorithm, int(d)) for d in sizes]
    return np.array(found, float)[place]


def _both_ended(ours: Runs, theirs: Runs) -> dict[str, Any]:
    paired = theirs["status"] != ""
    ended = (ours["status"] == "ok") & ((theirs["status"] == "ok") | ~paired)
    return {_PAIR: paired, ENDED: ended}


def _completed(runs: Runs) -> dict[str, Any]:
    stated = (runs["p_algorithm"] == "rvscgd") & (runs["p_gradient"] == "population")
    stated &= runs["p_surrogate"] == "relu"
    return {ENDED: runs["status"] == "ok", STATED: stated}


def _slopes(runs: Runs) -> Any:
    """Return K of each run."""
    k, total = runs["p_k"], runs["p_readout"] == "sum"
    return np.where(total, slope(k, "sum"), slope(k, "mean"))


def _entries(runs: Runs) -> Any:
    """Return how many nonzero entries each teacher has: given, or asked for."""
    texts = {text for text in runs["p_w_star"] if isinstance(text, str)}
    count = {text: sum(float(x) != 0 for x in text.split(",")) for text in texts}
    given = np.array([count.get(text, np.nan) for text in runs["p_w_star"]], float)
    return np.where(np.isnan(given), runs["p_nnz"], given)


def _none(like: Any) -> Any:
    """No allowance: counts, or a bound that is far from rounding."""
    return np.zeros(len(like))

"""Claims that are about some penalties alone, by what their classes declare."""

import jax.numpy as jnp
import pytest

from rvsjax.algorithms import ALGORITHMS
from rvsjax.environment.jax_settings import pinned
from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import PENALTIES, Largest
from rvsjax.simulation.simulate import Run, simulate
from rvsjax.studies.penalty_parameters import implied_shape
from rvsjax.theory.evidence import Evidence
from rvsjax.theory.exact.hypotheses import HYPOTHESES, IS_NOT_L1
from rvsjax.types import Hyper

NOT_IN_COROLLARY = {
    "l1",
    "l1-l2",
    "elastic-net",
    "group-l1",
    "n-of-m",
    "largest",
}


def penalty_of(name):
    if name == "largest":
        return Largest(jnp.int32(2))
    fields = PENALTIES[name].parameters
    usual = {x: field.default for x, field in fields.items()}
    usual |= implied_shape(name, has_a=False)
    return PENALTIES[name].make(lambda own: jnp.asarray(usual[own]))


def evidence_of(penalty, algorithm="rvscgd"):
    w_star = jnp.array([0.6, 0.8, 0.0, 0.0])
    hyper = Hyper(*map(jnp.float64, (0.01, 0.3, 0.2)))
    run = Run(Teacher(w_star, 20), w_star, penalty, hyper, ALGORITHMS[algorithm], 2, 2)
    return Evidence(run, simulate(run))


@pytest.mark.parametrize("name", ["mcp", "group-l0", *sorted(NOT_IN_COROLLARY)])
def test_corollary_1_1_is_about_thresholds_that_bound_the_gap(name):
    """Of `largest` the threshold is 0, and no bound: it was judged violated."""
    with pinned():
        penalty = penalty_of(name)
        (is_so,) = evidence_of(penalty).is_thresholded.values()
    assert bool(is_so) == (name not in NOT_IN_COROLLARY)


def test_hard_projection_has_its_rows_of_before():
    with pinned():
        evidence = evidence_of(penalty_of("largest"), "hard_projection")
        assert all(evidence.is_thresholded.values())


@pytest.mark.parametrize("name", PENALTIES)
def test_the_exact_twin_says_the_same_of_a_class(name):
    class Case:
        class problem:  # noqa: N801
            kind = PENALTIES[name].cls

    assert bool(HYPOTHESES[IS_NOT_L1](Case)) == (name not in NOT_IN_COROLLARY)

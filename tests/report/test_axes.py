"""Axes by effect: found in runs whose measurement is known to follow one of them."""

import numpy as np
import pandas as pd

from rvsjax.report.axes import axes_of, coarser, is_pooled
from rvsjax.report.kinds import kinds
from rvsjax.report.parameters import Parameter
from rvsjax.results.derived import with_derived
from rvsjax.results.schema import find_columns

COLUMNS = find_columns("rvscgd", "runs")


def swept(theta):
    """A grid of penalty, lam, beta and eta; theta is a function of a run and noise."""
    rng = np.random.default_rng(0)
    runs = pd.DataFrame(
        [
            {"p_penalty": p, "p_lam": r * b, "p_beta": b, "p_eta": e, "p_seed": s}
            for p in ("l0", "l1")
            for r in (0.1, 0.3, 0.7)
            for b in (0.1, 0.3)
            for e in (0.01, 0.02)
            for s in range(4)
        ]
    )
    runs = runs.assign(p_algorithm="rvscgd", p_k=20, p_readout="sum")
    runs["m_theta"] = theta(runs) + 0.01 * rng.normal(size=len(runs))
    return with_derived("rvscgd", runs)


def names(runs):
    return [axis.name for axis in axes_of(runs, COLUMNS)]


def test_the_axis_of_the_largest_effect_is_the_first():
    first = names(swept(lambda x: 10 * x["p_eta"] + x["p_beta"]))
    assert first[:2] == ["p_beta", "p_eta"] and "p_penalty" in first
    assert names(swept(lambda x: x["p_penalty"].eq("l1")))[0] == "p_penalty"


def test_a_run_that_diverged_is_the_worst():
    runs = swept(lambda x: 0.0 * x["p_eta"])
    runs.loc[runs["p_eta"] == 0.02, "m_theta"] = np.nan
    assert names(runs)[0] == "p_eta"


def test_a_ratio_that_was_swept_stands_for_its_parameter():
    runs = swept(lambda x: x["p_lam"] / x["p_beta"])
    assert names(runs)[0] == "d_lam_over_beta" and "p_lam" not in names(runs)


def test_what_an_axis_settles_is_none_of_its_own():
    runs = swept(lambda x: x["p_eta"])
    runs["p_d"], runs["p_nnz"] = 100 * runs["p_eta"], 10 * runs["p_eta"]
    assert sum(x in names(runs) for x in ("p_eta", "p_d", "p_nnz")) == 1


def test_many_numbers_are_joined_with_their_neighbours_and_none_is_apart():
    values = [*map(str, range(10)), "none"]
    axis = Parameter("p_x", "x", values, np.arange(11), is_number=True)
    found = coarser(axis, 4)
    assert found.values == ["0 to 2", "3 to 5", "6 to 7", "8 to 9", "none"]
    assert found.codes.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4]
    words = axis._replace(is_number=False)
    assert coarser(words, 4) == words


def test_numbers_other_than_the_seed_are_pooled_if_they_differ():
    runs = swept(lambda x: x["p_eta"])
    assert is_pooled(runs, kinds(runs))
    same = runs[(runs["p_eta"] == 0.01) & (runs["p_lam"] == 0.01)]
    assert not is_pooled(same, kinds(same))

"""Ratios set parameters: the runs and ids are those of the parameter itself."""

import math

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.models.no_overlap import slope
from rvsjax.sweep.plan.overrides import override
from rvsjax.sweep.plan.plan import make_plan, plan_again
from rvsjax.sweep.plan.sweep_file import parse

HEAD = 'version = 1\nname = "small"\nstudy = "rvscgd"\n'


def plan(text, **options):
    return make_plan(parse(HEAD + text), **options)


def ids(text, **options):
    return [item.run_id for item in plan(text, **options)]


def test_a_ratio_is_another_name_for_the_run():
    assert ids("[grid]\nlam_over_beta = [0.3, 0.1]\nbeta = [0.1]") == ids(
        "[grid]\nlam = [0.03, 0.01]\nbeta = [0.1]"
    )


def test_ratios_are_worked_out_in_their_order():
    """beta of K first, then lam and eta of that beta; by the model's own K."""
    text = "lam_over_beta = 0.1\nbeta_over_K = 0.2\neta_over_max = 0.5\nk = 7"
    for readout in ("sum", "mean"):
        (item,) = plan(f'[constants]\n{text}\nreadout = "{readout}"')
        found, K = item.parameters, slope(7, readout)
        assert found["beta"] == pytest.approx(0.2 * K, rel=1e-14)
        assert found["lam"] == pytest.approx(0.1 * found["beta"], rel=1e-14)
        assert found["eta"] == pytest.approx(0.5 / (found["beta"] + K), rel=1e-14)


def test_without_a_beta_the_largest_step_is_that_of_none():
    (item,) = plan('[constants]\nalgorithm = "cgd"\nk = 20\neta_over_max = 1')
    assert item.parameters["eta"] == pytest.approx(2 * math.pi / 20)
    assert item.parameters["lam_over_beta"] is None


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[constants]\nlam=1\n[grid]\nlam_over_beta=[1]", "grid.lam_over_beta", "sets"),
        ("[grid]\nlam_over_beta=[1]\nlam=[1]", "grid.lam", "as lam_over_beta in grid"),
        (
            "[[case]]\nlam=1\nlam_over_beta=1",
            "case.lam_over_beta",
            "as lam in case does",
        ),
        ("[grid]\nlam_over_bta=[1]", "grid.lam_over_bta", '"lam_over_beta"'),
        ("[grid]\nbeta_over_K=[0]", "grid.beta_over_K[0]", "greater than 0"),
        (
            '[constants]\nlam_over_beta=1\n[grid]\nalgorithm=["rvscgd", "prox_cgd"]',
            "lam_over_beta",
            "which some runs do not use",
        ),
        (
            '[grid]\nalgorithm=["rvscgd", "cgd"]\nlam_over_beta=[1, 2]',
            "lam_over_beta",
            "no meaning for some runs",
        ),
        ("[constants]\nbeta=1e308\nlam_over_beta=100", "lam_over_beta", "beyond its"),
    ],
)
def test_what_does_not_fit_is_a_sentence(text, where, what):
    with pytest.raises(SweepFileError) as refused:
        plan(text)
    (problem,) = refused.value.problems
    assert problem.where == where and what in problem.what


def test_cases_may_set_a_parameter_by_different_names():
    assert len(ids("[[case]]\nlam=0.1\n[[case]]\nlam_over_beta=[0.3, 0.1]")) == 3


PLAIN = "[grid]\nlam = [0.01, 0.02, 0.03]\nbeta = [0.1, 0.2]\n"
RATIO = "[grid]\nlam_over_beta = {geom = [0.01, 1], num = 5}\nbeta = [0.1, 0.2]\n"


@pytest.mark.parametrize(
    ("text", "only", "number"),
    [
        (PLAIN, "lam_over_beta=0.1", 2),
        (PLAIN, "lam_over_beta=0.15", 1),
        (RATIO, "lam_over_beta=0.0316", 2),
        (RATIO, "lam=0.01", 1),
        (RATIO, "beta_over_K=0.0314", 5),
    ],
)
def test_runs_are_selected_by_either_name(text, only, number):
    """And the folder, which remembers the selection, has the same plan again."""
    found = plan(text, only=[only])
    assert found.size == len({item.run_id for item in found}) == number
    again = plan_again(found.as_json())
    assert [x.run_id for x in again] == [x.run_id for x in found]


@pytest.mark.parametrize(
    "condition", ["lam_over_beta = 0.1\nbeta = 0.1", "lam = 0.01\nbeta = 0.1"]
)
def test_runs_are_left_out_by_either_name(condition):
    for text, number in ((PLAIN, 6), (RATIO, 10)):
        left = plan(f"{text}[[exclude]]\n{condition}")
        assert left.size == number - 1 == len(list(left))


def test_an_override_by_one_name_takes_the_others_out():
    raw = override(parse(HEAD + RATIO), "lam", 0.1)
    assert "lam_over_beta" not in raw["grid"] and raw["constants"] == {"lam": 0.1}
    raw = override(parse(HEAD + PLAIN), "lam_over_beta", [0.1])
    assert raw["grid"] == {"beta": [0.1, 0.2], "lam_over_beta": [0.1]}


def test_a_sample_draws_ratios():
    points = plan("[sample]\nn = 8\nlam_over_beta = { loguniform = [0.01, 1] }")
    assert all(0.01 <= x.parameters["lam_over_beta"] <= 1 for x in points)
    assert len({x.parameters["lam"] for x in points}) == 8

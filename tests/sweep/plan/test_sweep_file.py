"""A sweep file is read strictly, and means what its tables say.

What is refused, and how, stands in `test_mistakes.py`.
"""

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.sweep.plan.sweep_file import LARGEST_FILE, read
from tests.sweep.plan.plans import DEFAULTS, plan_of, values

# -- good files ------------------------------------------------------------------------


def test_the_smallest_file_is_figure_4():
    (item,) = plan_of("")
    assert item.seed == 0
    assert item.parameters == DEFAULTS | {"a": None}


def test_every_table_of_the_contract_is_understood():
    plan = plan_of(
        """
        about = "all tables"
        [constants]
        k = 20
        [grid]
        eta = { geom = [1e-5, 1e-1], num = 9 }
        beta = [1e-3, 4e-3]
        [[zip]]
        d = [50, 200]
        nnz = [5, 20]
        [[case]]
        penalty = "l0"
        [[case]]
        penalty = "transformed-l1"
        a = [0.1, 1.0, 10.0]
        [sample]
        method = "sobol"
        n = 4
        lam = { loguniform = [1e-4, 1.0] }
        [[exclude]]
        penalty = "l0"
        d = 200
        [seeds]
        count = 3
        base = 7
        [record]
        curves = 20
        weights = true
        """
    )
    # eta, beta, sample, seeds; d x (l0 or three a), less l0 with d = 200
    assert sum(count for _, count in plan.groups()) == 9 * 2 * 4 * 3 * (2 * 4 - 1)
    assert plan.sweep_file.record.curves == 20
    assert plan.sweep_file.record.weights
    assert {item.seed for item in plan} == {7, 8, 9}


def test_whole_numbers_are_good_floats_and_become_floats():
    (beta,) = values(plan_of("[constants]\nbeta = 1\n"), "beta")
    assert type(beta) is float


# -- mistakes --------------------------------------------------------------------------


def test_the_message_has_a_line_for_each_mistake_with_aligned_keys():
    with pytest.raises(SweepFileError) as refused:
        plan_of("[grid]\nk = []\nbeta = []\n")
    first, second = str(refused.value).splitlines()
    assert first.index("is an empty") == second.index("is an empty")


@pytest.mark.parametrize("value", [f"'{'x' * 5000}'", "[" * 300 + "]" * 300])
def test_long_wrong_values_are_shortened(value):
    with pytest.raises(SweepFileError) as refused:
        plan_of(f"constants.penalty = {value}")
    assert len(str(refused.value)) < 300  # most of it known words


# -- the largest seed ------------------------------------------------------------------


def test_the_last_seed_of_32_bits_is_good():
    plan = plan_of("[seeds]\nbase = 4_294_967_295\n")
    assert [item.seed for item in plan] == [2**32 - 1]


# -- what belongs to one run only ------------------------------------------------------


def test_one_unused_value_is_no_mistake():
    assert values(plan_of("[constants]\na = 2.0\n"), "a") == [None]


def test_an_angle_alone_means_a_start_at_that_angle():
    plan = plan_of("[grid]\nstart_angle = [0.5, 1.0]\n")
    assert values(plan, "start") == ["angle", "angle"]
    assert values(plan, "start_angle") == [0.5, 1.0]


def test_cases_may_differ_in_what_only_one_of_them_uses():
    plan = plan_of(
        "[[case]]\npenalty = 'l0'\n[[case]]\npenalty = 'transformed-l1'\na = [1, 2]\n"
    )
    assert values(plan, "a") == [None, 1.0, 2.0]


# -- text that is no sweep file --------------------------------------------------------


def test_a_file_has_at_most_64_kib(tmp_path):
    assert LARGEST_FILE == 64 * 1024
    file = tmp_path / "long.toml"
    file.write_bytes(b"#" * LARGEST_FILE)
    assert len(read(file)) == LARGEST_FILE
    file.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(SweepFileError, match="a sweep file has at most 65536 bytes"):
        read(file)

"""Edges of a sweep file: one value has one id, and is read as it is printed."""

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.report.words import number
from rvsjax.studies.rvscgd.parameters import PARAMETERS as RVSCGD
from rvsjax.sweep.plan.rules import read_printed
from tests.sweep.plan import plans
from tests.sweep.plan.plans import plan_of


def values(text, name, **narrowed):
    return plans.values(plan_of(text, **narrowed), name)


def ids(text):
    return plans.ids(plan_of(text))


# -- ranges ----------------------------------------------------------------------------


def test_the_middle_of_a_range_wider_than_numbers_is_its_middle():
    wide = "[grid]\nlam = { geom = [%s, %s], num = %d }"
    assert values(wide % ("1e200", "1e-200", 3), "lam") == [1e200, 1.0, 1e-200]
    assert values(wide % ("1e-200", "1e200", 3), "lam") == [1e-200, 1.0, 1e200]
    found = values(wide % ("1e-300", "1e299", 600), "lam")
    exact = [float(f"1e{power}") for power in range(-300, 300)]
    assert found == pytest.approx(exact, rel=1e-13)


def test_the_middle_of_any_other_is_what_it_was():
    """Of the ratio of its ends, to the digit: ids are made of the values."""
    found = values("[grid]\nlam = { geom = [2e-7, 0.3], num = 7 }", "lam")
    ratio = 0.3 / 2e-7
    assert found[1:-1] == [
        float(f"{2e-7 * ratio ** (i / 6):.15g}") for i in range(1, 6)
    ]


# -- one value, one id -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('w_star = "1, -0"', 'w_star = "1, 0"'),
        ('w_star = "1, -0.0"', 'w_star = "1, 0"'),
        ('w_star = "1, 0"\nw_start = "-0, 1"', 'w_star = "1, 0"\nw_start = "0, 1"'),
        ("lam = -0.0", "lam = 0"),
        ("start_angle = -0.0", "start_angle = 0.0"),
    ],
)
def test_zero_has_one_sign(one, other):
    assert ids(f"[constants]\n{one}") == ids(f"[constants]\n{other}")


# -- what is written, as printed -------------------------------------------------------


def test_a_printed_number_is_read():
    for x in (4e-3, 1e-4, -1e-4, -3.16e-9, 1e8, 10.0, 110.0, 0.25, -2.0, 1e300):
        assert read_printed(number(x)) == x
    for text in ("", "x", "²", "10²3", "× 10³ ×", "10 ³"):
        with pytest.raises(ValueError):
            read_printed(text)


GRID = """[grid]
lam = [0.03162277660168379, 0.1, 4e-3, 0.1004, 1e-4]
steps = [400, 400000]
"""


@pytest.mark.parametrize(
    ("only", "kept"),
    {
        "lam=0.0316": {0.03162277660168379},
        "lam=0.031623": {0.03162277660168379},
        "lam=0.03": set(),
        "lam=0.032": set(),
        "lam=4 × 10⁻³": {4e-3},
        "lam=10⁻⁴, .1": {1e-4, 0.1},
        "lam=0.1": {0.1},  # exactly, whatever else is printed so
        "lam=0.1004": {0.1004},
    }.items(),
)
def test_only_takes_a_number_as_it_is_printed(only, kept):
    if kept:
        assert set(values(GRID, "lam", only=[only])) == kept
    else:
        with pytest.raises(SweepFileError, match="leaves no run"):
            values(GRID, "lam", only=[only])


def test_only_takes_each_number_that_a_page_prints():
    for lam in (0.03162277660168379, 4e-3, 1e-4):
        assert set(values(GRID, "lam", only=[f"lam={number(lam)}"])) == {lam}
    for steps in (400, 400_000):
        assert set(values(GRID, "steps", only=[f"steps={number(steps)}"])) == {steps}
    grid = "[grid]\nd = [100, 200]"
    assert set(values(grid, "d", only=["d=100,200"])) == {100, 200}


def test_a_direction_is_one_value_among_its_commas():
    assert RVSCGD.read("w_star", "1, 2", "x") == ("1, 2", [])

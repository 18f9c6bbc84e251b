"""Edges of a sweep file: one value has one id, and is read as it is printed."""

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.report.page.words import number
from rvsjax.studies.rvscgd.parameters import PARAMETERS as RVSCGD
from rvsjax.sweep.plan.overrides import override, read_setting
from rvsjax.sweep.plan.parameters import read_printed
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse

HEAD = 'version = 1\nname = "edges"\nstudy = "rvscgd"\n'


def values(text, name, **narrowed):
    plan = make_plan(parse(HEAD + text), **narrowed)
    return [item.parameters[name] for item in plan]


def ids(text):
    return {item.run_id for item in make_plan(parse(HEAD + text))}


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


SETTINGS = {
    "eta=.1": ("eta", 0.1),
    "eta=+.5": ("eta", 0.5),
    "constants.eta=.1": ("constants.eta", 0.1),
    "eta=1.": ("eta", 1.0),
    "eta=4 × 10⁻³": ("eta", 4e-3),
    "steps=1_000": ("steps", 1000),
    "steps=010": ("steps", 10),
    "name=2024": ("name", "2024"),
    "name=1e5": ("name", "1e5"),
    'name="x"': ("name", "x"),
    "about=true": ("about", "true"),
    "w_star=3": ("w_star", "3"),
    "w_star=3, 4": ("w_star", "3, 4"),
    "eta=[0.1, 0.2]": ("eta", [0.1, 0.2]),
    "seeds=3": ("seeds", 3),
}


@pytest.mark.parametrize(("setting", "meant"), SETTINGS.items(), ids=SETTINGS)
def test_a_setting_is_read_as_what_it_is_to_be(setting, meant):
    raw = parse(HEAD)
    assert read_setting(setting, raw) == meant
    make_plan(override(raw, *meant))


def test_a_setting_that_is_wrong_is_told_as_it_was_written():
    raw = parse(HEAD)
    for setting, what in {
        "eta=fast": "must be a number, got 'fast'",
        "steps=1e5": "must be a whole number, such as 100000, got 100000.0",
        "eta=true": "must be a number, got True",
    }.items():
        with pytest.raises(SweepFileError, match=what):
            make_plan(override(raw, *read_setting(setting, raw)))


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

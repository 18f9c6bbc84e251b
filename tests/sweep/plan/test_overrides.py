"""A setting in place of what a sweep file says, wherever it stands."""

import datetime

import pytest

from rvsjax.sweep.plan.overrides import override, read_setting
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from tests.sweep.plan.mistakes import HEAD
from tests.sweep.plan.plans import plan_of, values


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("steps=1000", ("steps", 1000)),
        (" steps = 1_000 ", ("steps", 1000)),
        ("beta=1e-3", ("beta", 1e-3)),
        ("penalty=l1", ("penalty", "l1")),
        ('penalty="l1"', ("penalty", "l1")),
        ("penalty=transformed-l1", ("penalty", "transformed-l1")),
        ("about=a = b", ("about", "a = b")),
        ("beta=[1, 2]", ("beta", [1, 2])),
        (
            "beta={geom = [1, 4], num = 3}",
            ("beta", {"geom": [1, 4], "num": 3}),
        ),
        ("record.weights=true", ("record.weights", True)),
        ("about=2020-01-01", ("about", "2020-01-01")),
        ("version=2020-01-01", ("version", datetime.date(2020, 1, 1))),
        ("beta=", ("beta", "")),
    ],
)
def test_a_setting_is_read_as_toml_or_else_as_text(setting, expected):
    key, value = read_setting(setting)
    assert (key, value) == expected
    assert type(value) is type(expected[1])


# a parameter in each place where it can stand, with what else the file then holds
PLACES = {
    "nowhere": ("", 1),
    "constants": ("[constants]\nlam = 0.5\n", 1),
    "grid": ("[grid]\nlam = [0.5, 0.6]\nk = [3, 4]\n", 2),
    "range": ("[grid]\nlam = { lin = [1, 3], num = 3 }\n", 1),
    "zip": ("[[zip]]\nlam = [0.5, 0.6]\nbeta = [1, 2]\n", 2),
    "zip, alone": ("[[zip]]\nlam = [0.5, 0.6]\n", 1),
    "one case": ("[[case]]\npenalty = 'l1'\nlam = 0.5\n[[case]]\npenalty = 'l0'\n", 2),
    "every case": ("[[case]]\nk = 3\nlam = 0.5\n[[case]]\nk = 4\nlam = [0.5, 1]\n", 2),
    "cases that it alone tells apart": ("[[case]]\nlam = 1\n[[case]]\nlam = 2\n", 1),
    "sample": (
        "[sample]\nn = 4\nlam = { uniform = [0, 1] }\nbeta = { uniform = [1, 2] }\n",
        4,
    ),
    "sample, alone": ("[sample]\nn = 4\nlam = { uniform = [0, 1] }\n", 1),
}


@pytest.mark.parametrize(("body", "runs"), PLACES.values(), ids=PLACES)
def test_a_parameter_is_set_wherever_it_stands(body, runs):
    assert values(plan_of(body, "lam=0.25"), "lam") == [0.25] * runs


@pytest.mark.parametrize(("body", "runs"), PLACES.values(), ids=PLACES)
def test_a_list_or_range_becomes_an_axis_wherever_the_parameter_stood(body, runs):
    for setting in ("lam=[0.25, 4.0]", "lam={geom = [0.25, 4.0], num = 2}"):
        found = values(plan_of(body, setting), "lam")
        assert sorted(found) == [0.25] * runs + [4.0] * runs


def test_settings_do_not_touch_the_tables_they_are_given():
    raw = parse(HEAD + PLACES["every case"][0] + PLACES["sample"][0])
    before = repr(raw)
    override(raw, "lam", 0.25)
    override(raw, "seeds.count", 3)
    assert repr(raw) == before


def test_the_last_setting_of_a_key_counts():
    assert values(plan_of("", "lam=0.25", "lam=[1, 2]", "lam=3"), "lam") == [3.0]


def test_keys_of_tables_are_set_by_their_path():
    settings = ("seeds.count=3", "seeds.base=5", "record.curves=9")
    plan = plan_of("[record]\nweights = true\n", *settings)
    assert [item.seed for item in plan] == [5, 6, 7]
    assert plan.sweep_file.record.curves == 9
    assert plan.sweep_file.record.weights  # the rest of the table is kept


def test_a_number_of_seeds_is_their_count_and_the_rest_of_the_table_stays():
    plan = plan_of("[seeds]\nbase = 5\n", "seeds=3")
    assert [item.seed for item in plan] == [5, 6, 7]


def test_the_size_and_a_dimension_of_a_sample_are_set_by_their_path():
    body = PLACES["sample, alone"][0]
    plan = plan_of(body, "sample.n=8", "sample.lam={choice = [0.5]}", "sample.n=1")
    assert values(plan, "lam") == [0.5]


def test_the_name_and_whole_tables_are_set():
    plan = plan_of("[grid]\nk = [3, 4]\n", "name=other", "grid={d = [7, 8, 9]}")
    assert plan.default_folder == "out/other"
    assert values(plan, "d") == [7, 8, 9]


def test_a_zip_that_a_setting_shortens_keeps_one_of_each():
    plan = plan_of("[[zip]]\nd = [50, 50, 200]\nnnz = [5, 10, 20]\n", "nnz=5")
    assert values(plan, "d") == [50, 200]


def test_a_setting_is_one_value():
    assert read_setting("beta=1\nfoo=2") == ("beta", "1\nfoo=2")


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

"""Recipes: a figure of a user is drawn again, and a stranger's recipe does no harm."""

import json

import pytest

from rvsjax.errors import DamagedFile, UserError
from rvsjax.report.figures import draw, draw_one
from rvsjax.report.recipe import Recipe, figure_size
from rvsjax.results.results import Results
from tests.report.folders import Tables, sweep_curves, sweep_runs


def test_a_recipe_is_read_as_it_was_written():
    recipe = Recipe("map", "lam", "beta", "theta", title="On $x$", size=(6.0, 4.5))
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe("runs", "a/../b", "c").stem == "runs-c-a_.._b"


@pytest.mark.parametrize(
    "told",
    [
        "[]",
        "{}",
        "nonsense",
        '{"figure": "runs", "x": "a"}',
        '{"figure": "runs", "x": "a", "y": 1}',
        '{"figure": "pie", "x": "a", "y": "b"}',
        '{"figure": "map", "x": "a", "y": "b"}',
        '{"figure": "runs", "x": "a", "y": "b", "size": [1e9, 2]}',
        '{"figure": "runs", "x": "a", "y": "b", "size": 3}',
        '{"figure": "runs", "x": "a", "y": "b", "folder": "/"}',
        json.dumps({"figure": "runs", "x": "a" * 1000, "y": "b"}),
        "[" * 100_000,
    ],
    ids=lambda x: x[:50],
)
def test_what_is_no_recipe_is_refused(told):
    with pytest.raises(DamagedFile, match="not the recipe"):
        Recipe.from_json(told.encode())


@pytest.mark.parametrize("text", ["6", "6x", "0.1x4", "6x41", "axb", "6x4x2", "..x1"])
def test_a_size_is_two_numbers_of_inches(text):
    with pytest.raises(ValueError, match="such as 6x4"):
        figure_size(text)
    assert figure_size("6x4.5") == (6.0, 4.5)


def test_a_map_needs_a_colour():
    with pytest.raises(UserError, match="--color"):
        Recipe("map", "lam", "beta")


def test_a_figure_of_a_user_is_drawn_with_the_folder_or_told_to_be_old(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("rvsjax.report.figures._FORMATS", {})  # its numbers alone
    runs = sweep_runs(40)
    tables = Tables(tmp_path / "out", runs, sweep_curves(runs))
    monkeypatch.setattr("rvsjax.report.figures.Results", lambda _: tables)
    wanted = {"figure": "runs", "x": "lam", "y": "theta"}
    (path,) = draw_one(tables.folder, **wanted)
    before = path.read_bytes()
    tables.runs["m_theta"] *= 2
    assert path in draw(tables.folder, print) and path.read_bytes() != before
    del tables.runs["m_theta"]
    said = []
    again = draw(tables.folder, said.append)
    assert path not in again
    assert any("runs-theta-lam is of earlier results: no column" in x for x in said)
    assert isinstance(tables, Results)

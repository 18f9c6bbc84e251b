"""Recipes: a figure of a user is drawn again, and a stranger's recipe does no harm."""

import json
import xml.dom.minidom

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
        f'{{"figure": "runs", "x": "a", "y": "b", "size": [1{"0" * 400}, 4]}}',
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


@pytest.mark.parametrize("option", ["x", "color", "title"])
def test_what_no_recipe_can_hold_is_refused_before_it_is_drawn(option):
    given = {"figure": "runs", "x": "a", "y": "b", option: "b" * 200}
    assert Recipe.from_json(Recipe(**given).to_json()) == Recipe(**given)
    with pytest.raises(UserError, match=f"--{option} must be at most 200 characters"):
        Recipe(**given | {option: "b" * 201})


@pytest.fixture
def drawn_title(tmp_path, monkeypatch):
    """The SVG of a figure with a title, as XML."""
    monkeypatch.setattr("rvsjax.report.figures._FORMATS", {"svg": {"Date": None}})
    runs = sweep_runs(40)
    tables = Tables(tmp_path / "out", runs, sweep_curves(runs))
    monkeypatch.setattr("rvsjax.report.figures.Results", lambda _: tables)

    def drawing(title, **more):
        wanted = {"figure": "runs", "x": "lam", "y": "nnz_u", "title": title}
        svg, _ = draw_one(tables.folder, **wanted | more)
        return [x.data for x in _comments(xml.dom.minidom.parse(str(svg)))]

    return drawing


def _comments(node):
    """Texts of an SVG, which are comments beside their outlines."""
    found = [x for x in node.childNodes if x.nodeType == x.COMMENT_NODE]
    return found + [y for x in node.childNodes for y in _comments(x)]


def test_a_title_is_drawn_whole(drawn_title):
    title = "The last angle by lam, of both penalties, after 300 steps of RVSCGD in $d$"
    assert title in "".join(drawn_title(title, size=(12.0, 4.0)))
    lines = [x.strip() for x in drawn_title(title, size=(3.4, 2.6))]
    assert title not in lines  # in rows that fit
    assert {*title.split()} <= {*" ".join(lines).split()}


def test_no_title_makes_a_figure_that_cannot_be_read(drawn_title):
    told = "".join(drawn_title("a\0\x1b\ud800 -- > <x> & ]]> $\\frac{1}$ %\nb"))
    assert "a\ufffd\ufffd\ufffd" in told and "% b" in told


def test_a_recipe_that_is_not_to_be_read_keeps_no_other_from_being_drawn(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("rvsjax.report.figures._FORMATS", {})
    runs = sweep_runs(40)
    tables = Tables(tmp_path / "out", runs, sweep_curves(runs))
    monkeypatch.setattr("rvsjax.report.figures.Results", lambda _: tables)
    (path,) = draw_one(tables.folder, figure="runs", x="lam", y="theta")
    first = path.with_name("a.json")
    first.write_bytes(b"{}")

    def refusing(wanted):
        if wanted == first:
            raise PermissionError(13, "Permission denied")
        return wanted.read_bytes()

    monkeypatch.setattr("rvsjax.report.figures.content", refusing)
    said = []
    assert path in draw(tables.folder, said.append)
    assert said == [f"{first} cannot be read (Permission denied)"]


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
    damaged = tables.folder / "figures" / "an\nold.json"
    damaged.write_bytes(b"{}")
    again = draw(tables.folder, said.append)
    assert path not in again
    assert any("runs-theta-lam is of earlier results: no column" in x for x in said)
    assert f"{str(damaged)[:-9]}\\nold.json is not the recipe" in said[0]
    assert isinstance(tables, Results)

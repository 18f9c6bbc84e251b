"""The page on figures is followed: each command runs, and leaves what it says."""

from pathlib import Path

import pytest

from tests.docs.pages import blocks, command, follow

PAGE = "how_to/figures.md"


@pytest.mark.slow
def test_the_page_is_true(capfd):
    pytest.importorskip("plotly")
    follow(PAGE, "paper.toml")
    out = capfd.readouterr().out
    figures = {path.name for path in Path("out/paper/figures").glob("*.png")}
    assert {"paper.png", "claims.png"} < figures
    recipes = {x.stem for x in Path("out/paper/figures").glob("*.json")}
    assert len(recipes) == 6 and {f"{x}.png" for x in recipes} < figures
    assert "\\toprule" in out and "| penalty | β / K | runs |" in out


def test_every_option_of_the_command_is_shown():
    lines = [x for kind, text in blocks(PAGE) if kind == "console" for x in [text]]
    words = {word for text in lines for x in text.splitlines() for word in command(x)}
    options = {"x", "y", "color", "facet", "title", "size", "table", "by", "of"}
    assert {f"--{name}" for name in {*options, "figure", "statistic"}} <= words

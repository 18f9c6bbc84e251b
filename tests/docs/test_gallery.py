"""The gallery: its commands are good, and one that fails ends the build of the page."""

import re

import pytest

from rvsjax.cli.parser import make_parser
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from tests import ROOT
from tests.docs.pages import DOCS, command

PAGE = (DOCS / "gallery.md").read_text()
MADE = re.findall(r"```\{made\} (\S+)\n(?::slow:\n)?(.*?)\n```", PAGE, re.DOTALL)


@pytest.mark.parametrize("figure, line", MADE, ids=[figure for figure, _ in MADE])
def test_a_command_is_good_and_names_the_folder_of_its_figure(figure, line):
    words = command(line)
    arguments = make_parser(None).parse_args(words)
    if words[0] == "sweep":
        sweep = parse((ROOT / arguments.file).read_text())
        assert make_plan(sweep).size <= 200
        assert figure == f"out/{sweep['name']}/figures/{sweep['name']}.png"
    else:
        assert figure.startswith(f"{arguments.folder}/figures/")
        assert f"sweep docs/gallery/{arguments.folder.name}.toml" in PAGE


def test_every_sweep_of_the_gallery_is_shown():
    for path in (DOCS / "gallery").glob("*.toml"):
        assert f"sweep docs/gallery/{path.name}" in PAGE


def test_a_command_that_fails_says_why(tmp_path):
    pytest.importorskip("sphinx")
    from docs.gallery import _failure

    assert _failure("rvsjax theory list", tmp_path) == ""
    assert "nothing.toml" in _failure("rvsjax sweep nothing.toml", tmp_path)

"""The tutorial is followed: whoever does what it says sees what it shows."""

from pathlib import Path

from rvsjax import load
from rvsjax.report.page import is_possible
from tests.docs.pages import blocks, follow


def test_the_tutorial_is_true(capfd):
    """Python prints what is shown, commands do what the words around them say."""
    results = follow("tutorial.md", "first.toml")["results"]
    told = capfd.readouterr()
    assert len(results.runs) == 40
    assert "the same, bit for bit" in told.out
    grown = load("out/first").runs
    assert len(grown) == 80
    assert list(grown["run_id"][:40]) == list(results.runs["run_id"])
    found = results.runs.groupby("p_lam")["m_nnz_u"].max()
    assert found[0.1] == 0
    assert Path("out/first/report.html").exists() == is_possible()


def test_every_kind_of_block_is_there():
    """So that a page without blocks, or a fence that is misspelt, is not a success."""
    kinds = [block.kind for block in blocks("tutorial.md")]
    assert kinds.count("console") == 4
    assert kinds.count("python") == kinds.count("text") == 2

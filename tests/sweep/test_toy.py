"""A study of a stranger is a package and a line: nothing of ours names it."""

import re

import pytest

import rvsjax
from docs.reference.columns import columns_page
from rvsjax.cli.main import main
from rvsjax.report.comparison import comparison_content
from rvsjax.report.figures.custom import draw_any
from rvsjax.report.page import page_content
from rvsjax.results.compare.comparison import compare, pairs_table
from rvsjax.sweep.registry import find_figure

SWEEP = """
version = 1
name = "halves"
study = "toy"
[grid]
factor = [0.5, 0.25]
[seeds]
count = 3
"""


@pytest.fixture(autouse=True)
def registered(monkeypatch, tmp_path):
    monkeypatch.setitem(rvsjax.STUDIES, "toy", "tests.sweep.toy")
    (tmp_path / "halves.toml").write_text(SWEEP)


def test_it_is_run_resumed_reported_compared_and_verified(tmp_path, capsys):
    assert main(["sweep", "halves.toml", "--limit", "2", "--progress", "none"]) == 0
    assert main(["sweep", "halves.toml", "--progress", "none"]) == 0
    results = rvsjax.load("out/halves")
    runs = results.runs
    assert len(runs) == 6 and set(runs["status"]) == {"ok"}
    expected = (1 + runs["p_seed"]) * runs["p_factor"] ** 10
    assert runs["m_x"].tolist() == expected.tolist()
    assert results.claims.empty and len(results.curves) == 6 * 11

    again = ["sweep", "halves.toml", "--set", "steps=5", "--out", "out/fewer"]
    assert main([*again, "--progress", "none"]) == 0
    assert main(["report", "out/halves"]) == 0
    assert (tmp_path / "out/halves/figures/halves.png").stat().st_size > 1000
    custom = ["--figure", "runs", "--x", "p_factor", "--y", "m_x"]
    assert main(["report", "out/halves", *custom]) == 0
    assert main(["compare", "out/halves", "out/fewer", "--out", "out/both"]) == 0
    assert main(["verify", "out/halves"]) == 0
    assert main(["rerun", "out/halves", str(runs["run_id"].iloc[3])]) == 0
    assert "Traceback" not in capsys.readouterr().err


def test_its_columns_are_told_in_its_words_everywhere(capsys):
    """Label and unit stand in its schema alone, and reach whatever shows a column."""
    quietly = ["--progress", "none", "--no-report"]
    assert main(["sweep", "halves.toml", *quietly]) == 0
    told = capsys.readouterr().err
    assert re.search(r"factor +runs +last place \(metres\)\n", told)
    assert re.search(r"0\.5 +3 +0\.001953 ± 0\.0009766\n", told)

    results = rvsjax.load("out/halves")
    page = page_content(results)
    assert page.text["varied"] == [("shrink factor", 2)]
    assert page.text["answer"][0].startswith("Last place (metres), median and")
    curves = page.figures["curves"]
    assert curves["step"] == "halving"
    assert [x["label"] for x in curves["columns"]] == ["place (metres)"]
    labels = [x["label"] for x in page.figures["table"]["columns"]]
    assert {"shrink factor", "last place (metres)"} <= set(labels)

    axes = find_figure("toy")(results)(results).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("halving", "place $x_t$ (metres)")
    figure = draw_any(results, "runs", "factor", "m_x")
    shown = figure.get_supxlabel(), figure.axes[0].get_ylabel()
    assert shown == (r"$\varphi$", "last place (metres)")

    fewer = ["--set", "steps=5", "--out", "out/fewer"]
    assert main(["sweep", "halves.toml", *fewer, *quietly]) == 0
    found = compare("out/halves", "out/fewer")
    compared = comparison_content(found, pairs_table(found.pairs))
    rows = [row for group in compared.text["groups"] for row in group["rows"]]
    assert [row["label"] for row in rows] == ["last place (metres)"]
    assert compared.text["by"] == ["shrink factor", "seed"]
    assert "| `m_x` | last place (metres) | numbers | x at the last step |" in (
        columns_page(["toy"])
    )


def test_mistakes_in_its_file_are_told(capsys):
    assert main(["sweep", "halves.toml", "--set", "factr=0.5"]) == 2
    assert 'did you mean "factor"' in capsys.readouterr().err
    (name, *others) = rvsjax.STUDIES
    assert main(["sweep", "halves.toml", "--set", "study=toys"]) == 2
    assert f"must be '{name}'" in capsys.readouterr().err

"""A study of a stranger is a package and a line: nothing of ours names it."""

import pytest

import rvsjax
from rvsjax.cli.main import main

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


def test_mistakes_in_its_file_are_told(capsys):
    assert main(["sweep", "halves.toml", "--set", "factr=0.5"]) == 2
    assert 'did you mean "factor"' in capsys.readouterr().err
    (name, *others) = rvsjax.STUDIES
    assert main(["sweep", "halves.toml", "--set", "study=toys"]) == 2
    assert f"must be '{name}'" in capsys.readouterr().err

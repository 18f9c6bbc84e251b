"""Tutorials and how-to pages are followed: whoever does what they say sees the same."""

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest

from rvsjax import load
from rvsjax.report.page import is_possible
from tests import ROOT
from tests.docs.pages import DOCS, blocks, follow, run

FIRST = "tutorials/first_sweep.md"


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory):
    """The folder that the first tutorial leaves, its names, and what it printed."""
    folder = tmp_path_factory.mktemp("tutorial")
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as told:
        names = follow(FIRST, "first.toml")
    return folder, names, told.getvalue()


@pytest.fixture
def done(tutorial, monkeypatch):
    """What the first tutorial leaves, here; sweeps make no more pages and figures."""
    shutil.copytree(tutorial[0], ".", dirs_exist_ok=True)
    monkeypatch.setattr("rvsjax.cli.commands.report.report", lambda *_: [])


@pytest.mark.slow
def test_the_tutorial_is_true(tutorial, done):
    """Python prints what is shown, commands do what the words around them say."""
    _, names, told = tutorial
    results = names["results"]
    assert len(results.runs) == 40
    assert "the same, bit for bit" in told
    grown = load("out/first").runs
    assert len(grown) == 80
    assert list(grown["run_id"][:40]) == list(results.runs["run_id"])
    found = results.runs.groupby("p_lam")["m_nnz_u"].max()
    assert found[0.1] == 0
    assert Path("out/first/report.html").exists() == is_possible()


def test_every_kind_of_block_is_there():
    """So that a page without blocks, or a fence that is misspelt, is not a success."""
    kinds = [block.kind for block in blocks(FIRST)]
    assert kinds.count("console") == 4
    assert kinds.count("python") == kinds.count("text") == 2


@pytest.mark.slow
def test_the_second_tutorial_is_true():
    pytest.importorskip("jinja2")
    names = follow("tutorials/figure_and_table.md")
    assert r"\caption{" in names["latex"]
    assert Path("rises.pdf").read_bytes().startswith(b"%PDF")
    drawn = "runs-theta-beta-color-penalty"
    assert Path(f"out/coupling/figures/{drawn}.csv").exists()


@pytest.mark.slow
def test_a_sweep_is_resumed_and_grown(done, capsys):
    kept = load("out/first").runs
    follow("how_to/resume_and_grow.md")
    grown = load("out/first").runs
    assert len(grown) == 120
    assert list(grown["run_id"][:80]) == list(kept["run_id"])


@pytest.mark.slow
def test_shards_are_finished_by_a_call_without_one(done):
    """And the Slurm scripts' own commands, with what Slurm sets, do the same."""
    follow("how_to/clusters.md")
    shared = load("out/shared").runs
    assert len(shared) == 40 and Path("out/shared/claims.parquet").exists()
    scripts = [text for kind, text in blocks("how_to/clusters.md") if kind == "bash"]
    shard, finish = (re.findall("^srun (.*)$", x, re.MULTILINE)[0] for x in scripts[:2])
    count = int(re.findall("--array=1-(.*)", scripts[0])[0])
    options = re.findall('options="(.*)"', scripts[0])[0]
    shard = shard.replace("$options", options)
    for task in (1, count):
        assert "shard=$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" in scripts[0]
        run(f"$ {shard.replace('$shard', f'{task}/{count}')}")
    assert not Path("out/slurm/claims.parquet").exists()
    run(f"$ {finish} --no-report")
    assert load("out/slurm").runs.equals(shared)


@pytest.mark.slow
def test_two_folders_are_compared(done):
    follow("how_to/compare.md")
    assert {x.name for x in Path("out/comparison").iterdir()} >= {"compare.csv"}


@pytest.mark.slow
def test_a_violation_is_proved_and_reduced(done):
    follow("how_to/prove_a_violation.md")
    (certificate,) = Path("out/first/certificates").iterdir()
    assert certificate.name.startswith("lemma_5_stated-1371a4f3")
    small = load("out/counterexample-lemma_5_stated").runs.iloc[0]
    assert (small["p_d"], small["p_steps"]) == (2, 1)
    assert small["verdict_lemma_5_stated"] == "violated"


@pytest.mark.slow  # a program of its own, for one run at a time
def test_runs_are_computed_again(done):
    follow("how_to/check_results.md")
    assert Path("steps.parquet").exists()


@pytest.mark.slow
def test_the_page_is_made_again(tutorial):
    with contextlib.chdir(tutorial[0]):
        made = Path("out/first/report.html").read_bytes()
        follow("how_to/report_page.md")
        assert Path("out/first/report.html").read_bytes() == made


@pytest.mark.slow  # a program is timed
@pytest.mark.parametrize(
    "page, file", [("sweep_file.md", "example"), ("train_networks.md", "pruned")]
)
def test_a_sweep_file_is_planned(page, file, monkeypatch, capsys):
    monkeypatch.setenv("RVSJAX_DATA", str(ROOT / "tests" / "digits"))
    follow(f"how_to/{page}", f"{file}.toml")
    assert "runs" in capsys.readouterr().out


def test_every_page_with_commands_is_followed():
    """Some test names it; a page that is run must show its commands as such."""
    tests = "".join(x.read_text() for x in (ROOT / "tests").rglob("test_*.py"))
    shown = [x for x in DOCS.rglob("*.md") if "```console" in x.read_text()]
    assert len(shown) > 8
    for page in shown:
        assert f"{page.name}" in tests, page

"""A folder of an earlier version, half done: it opens, resumes, verifies and reruns.

``earlier/`` was made before convergence had to be proved: one of its two blocks, whose
rows lack columns and have verdicts by other rules. The plain kernel, jax 0.10.1.
"""

import shutil

import pytest

import rvsjax
from rvsjax.cli.main import main
from rvsjax.sweep.store import Store
from tests import ROOT

pytestmark = pytest.mark.slow

EARLIER = ROOT / "tests" / "sweep" / "earlier"


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("earlier") / "out"
    shutil.copytree(EARLIER, folder)
    before = rvsjax.load(folder).runs
    assert len(before) == 2 and "verdict_theorem_1_converges" not in before
    command = ["sweep", str(EARLIER / "sweep.toml"), "--out", str(folder)]
    assert main([*command, "--no-report"]) == 0
    return folder


def test_its_rows_stay_and_the_others_are_added(resumed):
    runs = rvsjax.load(resumed).runs
    old = rvsjax.load(EARLIER).runs
    assert len(runs) == 4 and not (resumed / "quarantine").exists()
    kept = runs[runs["run_id"].isin(old["run_id"])][list(old)].reset_index(drop=True)
    assert kept.equals(old)
    assert runs["verdict_theorem_1_converges"].isna().sum() == 2


def test_its_rows_of_both_versions_verify_and_rerun(resumed):
    assert main(["verify", str(resumed)]) == 0
    for run_id in Store(resumed).load("runs", ["run_id"])["run_id"]:
        assert main(["rerun", str(resumed), run_id]) == 0
        every = ["--every-step", f"{run_id}.parquet"]
        assert main(["rerun", str(resumed), run_id, *every]) == 0


def test_another_number_in_an_old_row_is_found(resumed, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(resumed, folder)
    runs = rvsjax.load(folder).runs
    runs.loc[0, "m_theta"] += 1e-6
    runs.to_parquet(folder / "runs.parquet")
    Store(folder).update({"whole": {}})
    assert main(["verify", str(folder)]) == 3

"""A sweep without curves, which is what one wants of 10^6 runs: every command takes it.

What the runs measure is the same as with curves, and nothing of the curves is left.
"""

import json

import numpy as np
import pytest

import rvsjax
from rvsjax.cli.main import main
from rvsjax.errors import SweepFileError
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError

pytestmark = pytest.mark.slow

GIVEN = {"d": 4, "nnz": 2, "k": 3, "steps": 20, "beta": 0.3, "lam": 0.01, "eta": 0.1}
GIVEN |= {"algorithm": ["rvscgd", "admm"], "penalty": "l1", "seeds": 2}


def compute(folder, curves, **given):
    sweep = rvsjax.grid("unkept", record={"curves": curves}, **GIVEN | given)
    plan = make_plan(parse(sweep.source))
    run_plan(plan, sweep.source, folder, Options(width=2, kernel="plain"))
    return rvsjax.load(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unkept") / "none"
    compute(folder, 0)
    return folder


def test_there_are_runs_and_no_curves(folder):
    results = rvsjax.load(folder)
    assert len(results.runs) == 4 and results.runs["status"].eq("ok").all()
    assert not list(folder.rglob("*curves*"))
    with pytest.raises(FolderError, match=r"record them: \[record\] curves = 200"):
        assert results.curves is None
    claim = results.claims.set_index("claim").loc["section_3_sooner"]
    assert claim["not_applicable"] == 2 and claim["judged"] == 0
    assert "the sweep kept curves" in claim["not_applicable_because"]


def test_runs_are_what_they_are_with_curves(folder, tmp_path):
    theirs = compute(tmp_path / "some", 3, algorithm="rvscgd").runs
    ours = rvsjax.load(folder).runs.query("p_algorithm == 'rvscgd'")
    assert len(ours) == len(theirs) == 2
    for name in ("run_id", "m_nnz_u", "m_steps", "status"):
        if name in ours:
            assert ours[name].equals(theirs[name])
    assert np.allclose(ours["m_theta"], theirs["m_theta"], rtol=0, atol=1e-14)


def test_the_same_command_goes_on_and_another_number_is_refused(folder):
    before = (folder / "runs.parquet").read_bytes()
    compute(folder, 0)
    assert (folder / "runs.parquet").read_bytes() == before
    with pytest.raises(FolderError, match="record.curves is 0 there, 3 now"):
        compute(folder, 3)


def test_every_command_takes_it(folder, capsys, tmp_path):
    [run_id, *_] = rvsjax.load(folder).runs["run_id"]
    assert main(["verify", str(folder), "--sample", "1"]) == 0
    every = ["--every-step", str(tmp_path / "every.parquet"), "--json"]
    capsys.readouterr()
    assert main(["rerun", str(folder), run_id, *every]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["same"] and told["every_step"]["compared"] == 0
    assert told["every_step"]["rows"] == 21
    assert main(["report", str(folder)]) == 0
    told = capsys.readouterr()
    assert "no figure of curves: the sweep recorded none" in told.err
    assert "report.html" in told.out and "figures/claims.png" in told.out
    assert main(["compare", str(folder), str(folder), "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["certify", str(folder), "--worst", "1"]) == 0
    figure = ["--figure", "curves", "--x", "step", "--y", "theta"]
    assert main(["report", str(folder), *figure]) == 2


def test_one_point_is_no_curve():
    with pytest.raises(
        SweepFileError, match="must be 0 for no curves, or 2 or more points"
    ):
        rvsjax.grid("x", record={"curves": 1})

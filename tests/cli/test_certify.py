"""Certificates and small counterexamples, from a folder as a user has it."""

import json
import shutil

import numpy as np
import pytest
from mpmath import mp, mpf

import rvsjax
from rvsjax.cli.main import main
from rvsjax.studies.rvscgd.certify import certify, problem_of, starts_of, worst_runs
from rvsjax.sweep.plan.plan import make_plan, plan_again
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.store import FolderError, Store

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "certified"
study = "rvscgd"
[constants]
d = 10
steps = 400
eta = 0.05
beta = 0.2
lam = 5e-3
[grid]
penalty = ["l1", "l0"]
[seeds]
count = 12
[record]
curves = 5
"""
CLAIMS = ["lemma_5_stated", "lemma_6_stated"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certify")
    (folder / "sweep.toml").write_text(SWEEP)
    rvsjax.run(folder / "sweep.toml", folder / "out")
    return folder / "out"


@pytest.fixture
def results(folder, tmp_path):
    """Results in a folder of this test's own."""
    shutil.copytree(folder, tmp_path / "out")
    return rvsjax.load(tmp_path / "out")


def quiet(text):
    del text


def test_the_worst_runs_come_first(results):
    runs = worst_runs(results.runs, "lemma_5_stated", 3)
    assert (runs["verdict_lemma_5_stated"] == "violated").all()
    every = results.runs[results.runs["verdict_lemma_5_stated"] == "violated"]
    expected = every["obs_lemma_5_stated"].sort_values(ascending=False)[:3]
    assert runs["obs_lemma_5_stated"].to_list() == expected.to_list()


def test_certificates_of_the_worst_runs(results):
    paths = list(certify(results, CLAIMS, 2, quiet))
    assert len(paths) == 4
    for path in paths:
        told = json.loads(path.read_text())
        assert path.name == f"{told['claim']}-{told['run_id']}.json"
        row = results.runs.set_index("run_id").loc[told["run_id"]]
        assert told["part"] == "whole run"
        assert all(told["hypotheses"].values()) and told["hypotheses"]
        assert told["stands"] is True
        assert mpf(told["excess"]) > mpf(told["error"])
        observed = row[f"obs_{told['claim']}"]
        assert abs(float(told["observed"]) - observed) < 1e-13
        with mp.workdps(60):
            change = mpf(told["after"]) - mpf(told["before"])
            assert abs(change - mpf(told["excess"])) < mpf("1e-45")
        name = {"lemma_5_stated": "theta", "lemma_6_stated": "lagrangian"}
        assert told["step"] == row[f"m_{name[told['claim']]}_max_increase_at"]
        assert told["within"]["beta/beta_max"] == row["m_beta_ratio"]
    assert set(results.certificates["claim"]) == set(CLAIMS)
    assert results.certificates["stands"].all()


def test_a_start_that_was_not_recorded_is_the_same_to_the_last_bit(results, tmp_path):
    """Computed again in its own block; a sweep that records weights has the same."""
    (tmp_path / "sweep.toml").write_text(SWEEP + "weights = true\n")
    recorded = rvsjax.run(tmp_path / "sweep.toml", tmp_path / "recorded")
    ids = results.runs["run_id"].to_list()[::5]
    again, known = starts_of(results, ids), starts_of(recorded, ids)
    assert list(sorted(again)) == list(sorted(known)) == sorted(ids)
    for run_id in ids:
        assert again[run_id][:2] == known[run_id][:2]
        assert again[run_id].source == "computed again"
        assert known[run_id].source == "weights.parquet"
        assert np.isclose(np.linalg.norm(again[run_id].w_star), 1, atol=1e-15)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_long_run_is_replayed_around_its_violation(
    results, monkeypatch, tmp_path, recorded
):
    """That part is a run of its own: its start is an iterate of float64."""
    if recorded:
        (tmp_path / "sweep.toml").write_text(SWEEP + "weights = true\n")
        results = rvsjax.run(tmp_path / "sweep.toml", tmp_path / "recorded")
    [whole] = certify(results, ["lemma_5_stated"], 1, quiet)
    whole = json.loads(whole.read_text())
    assert whole["step"] > 5
    monkeypatch.setattr("rvsjax.studies.rvscgd.certify.REPLAY_SECONDS", 0.0)
    [part] = certify(results, ["lemma_5_stated"], 1, quiet)
    part = json.loads(part.read_text())
    assert part["part"] == f"from step {whole['step'] - 3}"
    assert part["step"] == whole["step"]
    assert part["stands"]
    assert abs(mpf(part["excess"]) - mpf(whole["excess"])) < mpf("1e-13")
    assert part["start"]["w_star"] == whole["start"]["w_star"]
    assert part["start"]["w_start"] != whole["start"]["w_start"]


def test_a_verdict_that_is_rounding_does_not_stand(results):
    """The table says violated; in 50 digits nothing rises."""
    runs = results.runs
    falls = runs["obs_lemma_5_stated"] < 0
    if not falls.any():
        falls = runs["verdict_lemma_5_stated"] != "violated"
    runs.loc[falls, "verdict_lemma_5_stated"] = "violated"
    runs.loc[falls, "obs_lemma_5_stated"] = 1.0
    [path] = certify(results, ["lemma_5_stated"], 1, quiet)
    told = json.loads(path.read_text())
    assert told["float64"]["observed"] == 1.0
    assert abs(float(told["excess"])) < 1e-12
    assert told["stands"] == (mpf(told["excess"]) > max(mpf(told["error"]), 1e-40))


@pytest.mark.parametrize("options", [{}, {"only": ["penalty=l0"]}, {"smoke": True}])
def test_a_plan_comes_back_from_its_manifest(options):
    raw = parse(SWEEP) | {"sample": {"n": 4, "nnz": {"uniform": [1, 6]}}}
    plan = make_plan(raw, **options, limit=30)
    again = plan_again(json.loads(json.dumps(plan.as_json())))
    assert again.fingerprint == plan.fingerprint
    assert [item.run_id for item in again] == [item.run_id for item in plan]


def test_a_float32_run_is_replayed_with_its_own_numbers(tmp_path):
    """From exactly its start, and with its hyperparameters as float32 has them."""
    text = SWEEP.replace(
        "steps = 400", 'steps = 400\ndtype = "float32"\nstart = "teacher"'
    )
    (tmp_path / "sweep.toml").write_text(text)
    results = rvsjax.run(tmp_path / "sweep.toml", tmp_path / "out")
    row = worst_runs(results.runs, "lemma_5_stated", 1).iloc[0]
    problem = problem_of(row, starts_of(results, [row["run_id"]])[row["run_id"]])
    assert problem.beta == float(np.float32(0.2)) != 0.2
    assert problem.eta == float(np.float32(0.05))
    assert all(float(np.float32(x)) == x for x in problem.w_star)
    [path] = certify(results, ["lemma_5_stated"], 1, quiet)
    told = json.loads(path.read_text())
    assert told["stands"]
    assert abs(float(told["observed"]) - row["obs_lemma_5_stated"]) < 1e-6


def test_a_broken_certificate_is_named(results):
    folder = results.folder / "certificates"
    folder.mkdir()
    for text in ("{", "[]", '{"claim": "x"}'):
        (folder / "x.json").write_text(text)
        with pytest.raises(FolderError, match="x.json is not a certificate"):
            assert rvsjax.load(results.folder).certificates is None


# -- commands --------------------------------------------------------------------------


def test_certify_prints_what_it_wrote(results, capsys):
    assert main(["certify", str(results.folder)]) == 0
    out, err = capsys.readouterr()
    names = [line.split("/")[-1].split("-")[0] for line in out.split()]
    assert names == [*CLAIMS, "theorem_1_angle", "theorem_1_lagrangian"]
    assert "50 digits" in err


def test_a_violated_claim_without_a_replay_is_never_silent(results, capsys):
    """A folder of another version may have a claim that this one cannot replay."""
    runs = results.runs.copy()
    for name in ("verdict", "obs", "bound", "why"):
        runs[f"{name}_lemma_5_new"] = runs[f"{name}_lemma_5_stated"]
    runs[[c for c in runs if c.startswith("verdict_")]] = "holds"
    runs["verdict_lemma_5_new"] = "violated"
    runs.to_parquet(results.folder / "runs.parquet")
    Store(results.folder).update({"whole": {}})
    assert main(["certify", str(results.folder)]) == 3
    err = capsys.readouterr().err
    assert "lemma_5_new is violated, and has no replay" in err
    assert "no run" not in err


def test_every_claim_about_runs_has_a_replay():
    from rvsjax.theory import RUN_CLAIMS
    from rvsjax.theory.exact import CLAIMS as replayed

    assert set(replayed) == set(RUN_CLAIMS)


def test_nothing_violated_is_no_error(results, capsys):
    column = results.runs.columns[results.runs.columns.str.startswith("verdict_")]
    runs = results.runs.copy()
    runs[column] = "holds"
    runs.to_parquet(results.folder / "runs.parquet")
    Store(results.folder).update({"whole": {}})
    assert main(["certify", str(results.folder)]) == 0
    assert "no run" in capsys.readouterr().err
    assert main(["certify", str(results.folder), "--claim", "l1_bound"]) == 2


def test_shrink_prints_a_sweep_file_that_violates_the_claim(results, tmp_path, capsys):
    run = worst_runs(results.runs, "lemma_6_stated", 1).iloc[0]
    command = ["shrink", str(results.folder), run["run_id"][:12]]
    assert main([*command, "--claim", "lemma_6_stated"]) == 0
    (tmp_path / "small.toml").write_text(capsys.readouterr().out)
    small = rvsjax.run(tmp_path / "small.toml", tmp_path / "small")
    assert small.runs["p_d"].item() <= 3
    assert small.runs["p_steps"].item() == 1
    assert small.runs["verdict_lemma_6_stated"].item() == "violated"
    assert small.runs["p_penalty"].item() == run["p_penalty"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["certify", "nowhere"], "nowhere is not the folder of a sweep"),
        (["shrink", "nowhere", "x", "--claim", "lemma_5_stated"], "not the folder"),
        (["certify", "{}", "--claim", "lemma_5"], 'did you mean "lemma_5_'),
        (["certify", "{}", "--claim", "lemma_2"], "that can be replayed"),
        (["certify", "{}", "--claim", "theorem_1_i"], "is not violated by any run"),
        (["shrink", "{}", "abc", "--claim", "lemma_5_stated"], "has no run abc"),
        (["shrink", "{}", "abc", "--claim", "lemma"], "no claim"),
        (["shrink", "{}", "HOLDS", "--claim", "theorem_1_i"], "does not violate"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(folder, capsys, arguments, said):
    run_id = rvsjax.load(folder).runs["run_id"][0]
    filled = [a.format(folder).replace("HOLDS", run_id) for a in arguments]
    assert main(filled) == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err
    assert err.count("\n") == 1


def test_a_folder_without_results_is_refused(tmp_path, capsys):
    (tmp_path / "manifest.json").write_text('{"plan": "x", "asked": {}}')
    assert main(["certify", str(tmp_path)]) == 2
    assert "holds no table" in capsys.readouterr().err


def test_theory_lists_every_claim(capsys):
    from rvsjax.theory import CLAIMS as every

    assert main(["theory", "list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in every)
    assert len(out.splitlines()) == 1 + len(every)  # in a pipe a row is a line
    assert main([], "theory") == 0  # python -m rvsjax.theory
    assert capsys.readouterr().out == out
    assert main(["theory", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [claim["claim"] for claim in told] == list(every)
    assert all(claim["statement"] and claim["source"] for claim in told)

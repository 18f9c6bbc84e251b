"""A whole sweep: programs, resumption, failures and what is left on disk."""

import json
import shutil
import subprocess
import threading

import jax
import numpy as np
import pandas as pd
import pytest

import rvsjax
from rvsjax.environment.cores import cores
from rvsjax.studies.rvscgd.evaluate import PAIRS
from rvsjax.sweep.engine import Engine
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.provenance import git_commit
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store
from rvsjax.theory import PAIR_CLAIMS

pytestmark = pytest.mark.slow

TINY = """
version = 1
name = "tiny"
study = "rvscgd"
[constants]
d = 10
steps = 30
eta = 0.05
beta = 0.1
[[case]]
penalty = ["l0", "l1"]
lam = [1e-3, 1e-2]
[seeds]
count = 10
[record]
curves = 5
weights = true
"""

CONTRACT = """
run_id status reason p_algorithm p_penalty p_k p_d p_nnz p_beta p_lam p_eta p_steps
p_seed p_dtype m_theta_0 m_theta m_theta_max_increase m_theta_first_increase m_error
m_loss m_lagrangian m_lagrangian_max_increase m_lagrangian_first_increase m_nnz_u
m_u_empty m_theta_u m_support_precision m_support_recall m_steps m_converged_at
m_first_bad_step m_theta_max_increase_at m_lagrangian_max_increase_at
m_distance_to_limit m_limit_free m_limit_reached m_beta_ratio m_lam_ratio m_eta_ratio
p_precision p_w_star p_w_start p_gradient p_surrogate p_batch p_train_size p_s
""".split()
CLAIMS = """
lemma_5_stated lemma_5_proved lemma_5_corrected lemma_5_cap lemma_5_strong
lemma_6_stated lemma_6_corrected lemma_6_converges lemma_7 theorem_1_angle
theorem_1_lagrangian theorem_1_converges theorem_1_prox theorem_1_global theorem_1_i
theorem_1_i_strong equation_12 constant_12 identity_13 equation_13 l1_bound
coupling_bound remark_1 corollary_1_1 corollary_1_1_stated
""".split()
OTHER_CLAIMS = """
lemma_1 lemma_1_acute lemma_2 lemma_2_gradient lemma_3_stated lemma_3
lemma_3_descent_stated lemma_3_descent lemma_4 lemma_4_general lemma_8 lemma_9
shrinkage threshold_gap start_probability
section_3_sparser section_3_sooner section_3_memory section_3_alike section_6_fast
section_6_recover remark_1_free
""".split()


def tiny(**settings):
    raw = parse(TINY)
    raw["constants"] = raw["constants"] | settings
    return make_plan(raw)


def tables(folder):
    names = ("runs", "curves", "weights")
    return {name: (folder / f"{name}.parquet").read_bytes() for name in names}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of an uninterrupted sweep."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    ending = run_plan(tiny(), TINY, folder, Options(width=8))
    assert ending.blocks_left == 0
    return folder


def test_columns_are_those_of_the_contract(whole):
    runs = pd.read_parquet(whole / "runs.parquet")
    assert set(CONTRACT) <= set(runs.columns)
    for name in CLAIMS:
        for prefix in ("hyp", "obs", "bound", "verdict", "why"):
            assert f"{prefix}_{name}" in runs.columns
    assert runs["hyp_lemma_5_stated"].dtype == bool
    curves = pd.read_parquet(whole / "curves.parquet")
    assert list(curves.columns) == [
        "run_id",
        "step",
        "theta",
        "loss",
        "lagrangian",
        "nnz_u",
        "loss_u",
    ]
    weights = pd.read_parquet(whole / "weights.parquet")
    assert list(weights.columns) == ["run_id", "w_star", "w_start", "w", "u"]
    claims = pd.read_parquet(whole / "claims.parquet")
    assert list(claims["claim"]) == [*CLAIMS, *OTHER_CLAIMS]


def test_rows_and_curves_fit_together(whole):
    results = rvsjax.load(whole)
    runs, curves = results.runs, results.curves
    assert len(runs) == runs["run_id"].nunique() == 40
    assert set(runs["status"]) == {"ok"}
    assert runs["reason"].isna().all()
    assert runs["p_a"].isna().all()  # belongs to transformed-l1
    assert len(curves) == 40 * 5
    first = curves[curves["step"] == 0].set_index("run_id")["theta"]
    last = curves[curves["step"] == 30].set_index("run_id")["theta"]
    by_id = runs.set_index("run_id")
    assert np.array_equal(first.loc[by_id.index], by_id["m_theta_0"])
    assert np.array_equal(last.loc[by_id.index], by_id["m_theta"])
    lengths = [np.linalg.norm(w) for w in results.weights["w"]]
    assert np.allclose(lengths, 1, atol=1e-15)


def test_common_random_numbers_in_the_table(whole):
    """A seed has one teacher and one start under every penalty and lam, bit for bit."""
    results = rvsjax.load(whole)
    joined = results.runs.merge(results.weights, on="run_id")
    for _, group in joined.groupby("p_seed"):
        for name in ("w_star", "w_start"):
            vectors = np.stack(group[name].to_list())
            assert np.array_equal(vectors, vectors[:1].repeat(len(vectors), 0))


def test_an_interrupted_sweep_ends_with_the_same_bytes(whole, tmp_path):
    stop = threading.Event()
    folder = tmp_path / "out"

    def interrupt(progress):
        if progress.blocks_done:
            stop.set()

    lanes = tuple(jax.devices()[:1])
    options = Options(width=8, watch=interrupt, stop=stop, workers=lanes)
    ending = run_plan(tiny(), TINY, folder, options)
    assert 0 < ending.blocks_left < 6
    assert not (folder / "runs.parquet").exists()
    first = 6 - ending.blocks_left
    assert 0 < len(rvsjax.load(folder).runs) < 40  # the loader unites the parts
    before = {
        part.path: part.path.stat().st_mtime_ns for part in Store(folder).parts("runs")
    }
    ending = run_plan(tiny(), TINY, folder, Options())  # the width is remembered
    assert ending.blocks_left == 0
    assert tables(folder) == tables(whole)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    sessions = json.loads((folder / "manifest.json").read_text())["sessions"]
    assert [session["blocks"] for session in sessions] == [first, 6 - first]
    assert not list(folder.rglob("*.tmp"))


def test_a_finished_sweep_computes_nothing_again(whole, monkeypatch):
    def never(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(Engine, "compute", never)
    before = tables(whole)
    assert run_plan(tiny(), TINY, whole, Options()).blocks_left == 0
    assert tables(whole) == before


def lost_whole_table(folder):
    (folder / "runs.parquet").unlink()


def lost_curves_of_a_block(folder):
    Store(folder).parts("curves")[3].path.unlink()


def surplus_block(folder):
    part = Store(folder).parts("runs")[0].path
    shutil.copy(part, part.with_name("000099" + part.name[6:]))


@pytest.mark.parametrize("harm", [lost_whole_table, lost_curves_of_a_block])
def test_what_was_deleted_is_made_again(whole, tmp_path, harm):
    shutil.copytree(whole, tmp_path / "out")
    harm(tmp_path / "out")
    assert run_plan(tiny(), TINY, tmp_path / "out", Options()).blocks_left == 0
    assert tables(tmp_path / "out") == tables(whole)


def test_a_surplus_part_makes_no_sweep_unfinished(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "out")
    surplus_block(tmp_path / "out")
    assert run_plan(tiny(), TINY, tmp_path / "out", Options()).blocks_left == 0


@pytest.mark.parametrize("places", [(0,), (0, 0, 0), (0, 1)])
def test_the_number_of_cores_and_devices_changes_no_byte(whole, tmp_path, places):
    lanes = tuple(jax.devices()[place] for place in places)
    run_plan(tiny(), TINY, tmp_path / "out", Options(width=8, workers=lanes))
    assert tables(tmp_path / "out") == tables(whole)


def test_shards_share_a_folder_and_the_last_one_compacts(whole, tmp_path):
    for shard in ((1, 3), (3, 3)):
        ending = run_plan(tiny(), TINY, tmp_path / "out", Options(width=8, shard=shard))
    assert ending.blocks_left == 2
    run_plan(tiny(), TINY, tmp_path / "out", Options(width=8, shard=(2, 3)))
    assert tables(tmp_path / "out") == tables(whole)


def test_a_program_for_a_penalty_and_none_for_new_values(tmp_path):
    """Counted by JAX itself, at the compiler's door."""
    compiled = []

    def listen(event, seconds, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(seconds)

    def sweep(name, base, **constants):
        raw = {
            "version": 1,
            "name": name,
            "study": "rvscgd",
            "constants": {"d": 11, "steps": 5} | constants,
            "grid": {"penalty": ["l0", "transformed-l1"]},
            "sample": {"n": 63, "eta": {"loguniform": [1e-3, 0.1]}, "seed": base},
            "seeds": {"count": 8, "base": base},
        }
        run_plan(make_plan(raw), "", tmp_path / name, Options(width=64))
        return rvsjax.load(tmp_path / name).runs

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        assert len(sweep("first", 0)) == 1008
        assert len(compiled) == 2
        other = {"lam": 0.01, "beta": 0.2, "nnz": 3, "a": 0.5}
        runs = sweep("second", 100, **other)
        assert len(compiled) == 2
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert set(runs["status"]) == {"ok"}


def test_a_block_that_fails_is_kept_and_can_be_retried(whole, tmp_path, monkeypatch):
    real, calls = Engine.compute, []

    def fails_once(self, items, *where):
        calls.append(where)
        if len(calls) == 2:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: out of memory\nmore")
        return real(self, items, *where)

    monkeypatch.setattr(Engine, "compute", fails_once)
    folder = tmp_path / "out"
    lane = tuple(jax.devices()[:1])
    seen = []
    options = Options(width=8, workers=lane, watch=seen.append)
    ending = run_plan(tiny(), TINY, folder, options)
    assert ending.failed
    assert [told.failures for told in seen] == [0, 0, *[8] * 5]
    assert [told.runs for told in seen] == [0, 8, 16, 24, 32, 36, 40]
    assert ending.blocks_left == 0
    runs = rvsjax.load(folder).runs
    failed = runs[runs["status"] == "failed"]
    assert len(failed) == 8
    assert set(failed["reason"]) == {"RESOURCE_EXHAUSTED: out of memory"}
    assert failed["m_theta"].isna().all()
    assert failed["verdict_lemma_5_stated"].isna().all()
    assert failed["p_eta"].notna().all()
    claims = rvsjax.load(folder).claims
    counts = claims.set_index("claim")[
        ["holds", "violated", "undecided", "not_applicable"]
    ].sum(axis=1)
    assert (counts[CLAIMS] == 32).all()
    assert (counts[[name for name in PAIR_CLAIMS]] == 32 * PAIRS).all()
    run_plan(tiny(), TINY, folder, Options(retry=frozenset({"failed"})))
    assert tables(folder) == tables(whole)


def test_fail_fast_stops_and_the_rest_comes_later(tmp_path, monkeypatch):
    def fails(self, items, *where):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "compute", fails)
        lane = tuple(jax.devices()[:1])
        options = Options(width=8, fail_fast=True, workers=lane)
        ending = run_plan(tiny(), TINY, tmp_path / "out", options)
    assert ending.failed
    assert 0 < ending.blocks_left < 6


def test_a_diverged_run_says_so_and_leaves_its_neighbours_alone(whole, tmp_path):
    raw = parse(TINY)
    del raw["constants"]["eta"]
    raw["grid"] = {"eta": [0.05, 1e200]}
    run_plan(make_plan(raw), TINY, tmp_path / "out", Options(width=8))
    runs = rvsjax.load(tmp_path / "out").runs
    bad = runs[runs["p_eta"] > 1]
    assert set(bad["status"]) == {"diverged"}
    assert set(bad["reason"]) == {"a number was not finite at step 1"}
    assert (bad["m_first_bad_step"] == 1).all()
    assert (bad["m_steps"] == 0).all()
    assert set(bad["verdict_lemma_5_stated"]) == {"not-applicable"}
    good = runs[runs["p_eta"] < 1].set_index("run_id")
    same = pd.read_parquet(whole / "runs.parquet").set_index("run_id")
    assert len(good) == 40
    assert np.allclose(good["m_theta"], same.loc[good.index, "m_theta"], atol=1e-13)


def test_another_sweep_into_the_same_folder_is_refused(whole):
    with pytest.raises(FolderError, match=r"constants.eta is 0.05 there, 0.1 now"):
        run_plan(tiny(eta=0.1), TINY, whole, Options())


def test_another_width_is_refused(whole):
    with pytest.raises(FolderError, match="--block 8, not 16"):
        run_plan(tiny(), TINY, whole, Options(width=16))


def test_the_manifest_says_what_was_asked_and_what_did_it(whole):
    manifest = json.loads((whole / "manifest.json").read_text())
    assert manifest["asked"]["name"] == "tiny"
    assert manifest["width"] == 8
    [session] = manifest["sessions"]
    assert session["platform"] == "cpu"
    assert session["lanes"] == cores()
    assert session["versions"]["jax"] == jax.__version__
    assert set(session["seconds"]) == {"compile", "run", "write", "whole"}
    assert (whole / "sweep.toml").read_text() == TINY


def test_claims_count_every_verdict_once(whole):
    results = rvsjax.load(whole)
    claims = results.claims
    for _, row in claims[claims["claim"].isin(CLAIMS)].iterrows():
        verdicts = results.runs[f"verdict_{row['claim']}"]
        assert row["holds"] == (verdicts == "holds").sum()
        assert row["violated"] == (verdicts == "violated").sum()
        assert row["undecided"] == (verdicts == "undecided").sum()
        assert row["not_applicable"] == (verdicts == "not-applicable").sum()
        hyp = results.runs[f"hyp_{row['claim']}"]
        excess = (
            results.runs[f"obs_{row['claim']}"] - results.runs[f"bound_{row['claim']}"]
        )
        if hyp.any():
            assert row["worst_excess"] == excess[hyp].max()
    assert "40 ok" in repr(results)


def test_claims_about_weights_and_starts_are_in_the_table(whole):
    claims = rvsjax.load(whole).claims.set_index("claim")
    for name in PAIR_CLAIMS:
        row = claims.loc[name]
        verdicts = ["holds", "violated", "undecided", "not_applicable"]
        assert row[verdicts].sum() == 40 * PAIRS
        assert (row["violated"] > 0) == name.endswith("_stated")
        assert pd.isna(row["worst_run"])
    assert claims.loc["lemma_9", "holds"] == 20 * PAIRS  # l0; the rest is l1
    assert claims.loc["lemma_8", "not_applicable"] == 40 * PAIRS
    starts = claims.loc["start_probability"]
    assert starts["judged"] == 1  # one d, one beta


def test_each_hypothesis_that_is_false_is_said(whole, tmp_path):
    raw = parse(TINY)
    raw["constants"] |= {"beta": 4.0, "eta": 0.2}
    run_plan(make_plan(raw), TINY, tmp_path / "out", Options(width=8))
    runs = rvsjax.load(tmp_path / "out").runs
    assert (runs["m_beta_ratio"] > 1).all()
    assert (runs["m_eta_ratio"] > 1).all()
    assert set(runs["why_lemma_5_stated"]) == {"beta <= K sin(min(delta, pi/2))"}
    assert all("eta <= 1/(beta + K)" in why for why in runs["why_lemma_6_stated"])
    for name in CLAIMS:
        known = runs[f"why_{name}"].isna()
        assert (known == runs[f"hyp_{name}"]).all()
    told = rvsjax.load(tmp_path / "out").claims.set_index("claim")
    because = told.loc["lemma_5_stated", "not_applicable_because"]
    assert because == "beta <= K sin(min(delta, pi/2)): 40"
    runs = rvsjax.load(whole).runs
    assert set(runs["why_constant_12"].dropna()) >= {"the run has converged"}


# -- the commit ------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_is_of_the_repository_that_keeps_the_file(tmp_path, monkeypatch):
    """Not of one around it, such as that of a project in whose .venv it lies."""

    def git(*arguments, folder=tmp_path / "project"):
        who = ("-c", "user.name=x", "-c", "user.email=x@x.invalid")
        done = subprocess.run(
            ["git", *who, *arguments], cwd=folder, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    ours = tmp_path / "project" / "rvsjax" / "sweep.py"
    theirs = tmp_path / "project" / ".venv" / "rvsjax" / "sweep.py"
    for file in (ours, theirs):
        file.parent.mkdir(parents=True)
        file.touch()
    assert git_commit(ours) is None  # there is no repository
    git("init")
    assert git_commit(ours) is None  # there is no commit
    git("add", "rvsjax")
    git("commit", "-m", "x")
    head = git("rev-parse", "HEAD")
    assert git_commit(ours) == head and len(head) == 40
    assert git_commit(theirs) is None
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "project" / ".git"))
    assert git_commit(theirs) is None
    assert git_commit(ours) == head

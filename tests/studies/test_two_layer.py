"""The study `two_layer`: its rows are what NumPy computes from the same start."""

import jax
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import rvsjax
from rvsjax import STUDIES
from rvsjax.cli.main import main
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.registry import find_study
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "both"
study = "two_layer"
[constants]
k = 4
d = 3
eta = 0.05
steps = 60
start = "spurious"
[grid]
surrogate = ["relu", "identity"]
[seeds]
count = 5
[record]
curves = 6
weights = true
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("studies") / "both"
    run_plan(make_plan(parse(SWEEP)), SWEEP, out, Options(width=4))
    return out


def numpy_descent(row, weights):
    """Descend by the formulas of Yin et al. 2019, Lemmas 1, 4 and 7, as they stand."""
    v_star, w_star = weights["v_star"], weights["w_star"]
    v, w = weights["v_start"], weights["w_start"]
    ones = np.ones((len(v), len(v)))
    both = np.eye(len(v)) + ones
    for _ in range(row["p_steps"]):
        unit = w / np.linalg.norm(w)
        near, far = np.linalg.norm(unit - w_star), np.linalg.norm(unit + w_star)
        theta = 2 * np.arctan2(near, far)
        half = both - 2 * theta / np.pi * np.eye(len(v))
        down = both @ v / 4 - half @ v_star / 4
        if row["p_surrogate"] == "identity":
            gradient = (v @ v) * unit - (v @ v_star) * w_star
            gradient = gradient / np.sqrt(2 * np.pi)
        else:
            h = v @ v + (ones @ v) @ v - (ones @ v_star) @ v + v @ v_star
            mean = (unit + w_star) / np.linalg.norm(unit + w_star)
            gradient = h / (2 * np.sqrt(2 * np.pi)) * unit
            gradient -= np.cos(theta / 2) * (v @ v_star) / np.sqrt(2 * np.pi) * mean
        v, w = v - row["p_eta"] * down, w - row["p_eta"] * gradient
    return v, w


def test_the_rows_are_what_numpy_computes(folder):
    """From the recorded start, by another program."""
    results = rvsjax.load(folder)
    weights = results.weights.set_index("run_id")
    compared = 0
    for _, row in results.runs.iterrows():
        own = {name: np.array(x) for name, x in weights.loc[row["run_id"]].items()}
        if row["m_turns"]:
            continue
        v, w = numpy_descent(row, own)
        np.testing.assert_allclose(own["v"], v, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(own["w"], w, rtol=1e-9, atol=1e-9)
        assert row["m_length"] == pytest.approx(np.linalg.norm(w), rel=1e-9)
        assert row["m_gap"] == pytest.approx(
            np.linalg.norm(v - own["v_star"]), rel=1e-9
        )
        compared += 1
    assert compared >= 6


def test_a_seed_has_one_teacher_and_one_start(folder):
    results = rvsjax.load(folder)
    table = results.weights.merge(results.runs[["run_id", "p_seed"]], on="run_id")
    for _, same in table.groupby("p_seed"):
        for name in ("v_star", "w_star", "v_start", "w_start"):
            assert len({tuple(x) for x in same[name]}) == 1
    assert len({tuple(x) for x in table["v_star"]}) == 5


def test_the_start_is_beside_the_spurious_minimum(folder):
    for _, row in rvsjax.load(folder).weights.iterrows():
        v_star = np.array(row["v_star"])
        k = len(v_star)
        ones = np.ones((k, k))
        spurious = np.linalg.solve(np.eye(k) + ones, (ones - np.eye(k)) @ v_star)
        assert np.linalg.norm(row["v_start"] - spurious) == pytest.approx(0.1)
        assert np.linalg.norm(row["w_start"]) == pytest.approx(1)
        cosine = np.dot(row["w_start"], row["w_star"])
        assert -1 <= cosine < -0.99


def test_it_has_no_claim_to_certify_or_draw(folder, capsys):
    assert main(["report", str(folder)]) == 0
    assert not (folder / "figures" / "claims.png").exists()
    assert main(["certify", str(folder)]) == 0
    assert "violates a claim" in capsys.readouterr().err


def test_a_changed_row_is_found(folder, tmp_path, capsys):
    """One length is another by 1e-6: no rounding does that to a run without turns."""
    rows = pq.read_table(folder / "runs.parquet").to_pylist()
    whole = next(row for row in rows if row["m_turns"] == 0)
    plan = make_plan(parse(SWEEP))
    study = find_study("two_layer")
    [item] = [item for item in plan if item.run_id == whole["run_id"]]
    trial = study.trial(item, 6, "plain")
    with jax.enable_x64(True):
        record = jax.tree.map(
            lambda x: np.asarray(x)[None], jax.jit(study.evaluate)(trial)
        )
    here = study.tables([item], record)
    allowed = study.allowed(trial, here)
    there = {
        name: Store(folder).rows(name, "run_id", [item.run_id]) for name in study.names
    }
    assert not allowed.differences(there, here)
    place = there["runs"].column_names.index("m_length")
    moved = pc.add(there["runs"]["m_length"], 1e-6)
    there["runs"] = there["runs"].set_column(place, "m_length", moved)
    assert [x.column for x in allowed.differences(there, here)] == ["m_length"]


def test_a_study_that_is_unknown_is_a_sentence(folder, monkeypatch):
    monkeypatch.delitem(STUDIES, "two_layer")
    with pytest.raises(FolderError, match="a study that this version lacks"):
        _ = rvsjax.load(folder).runs

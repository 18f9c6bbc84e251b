"""A penalty of a stranger: one class and one line, and every part of a sweep has it.

The elastic net (Zou and Hastie 2005), which no file of the package names.
"""

import json
import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import Field

import rvsjax
from docs.reference.schema import sweep_schema
from rvsjax.cli.main import main
from rvsjax.errors import SweepFileError
from rvsjax.penalties import PENALTIES, ExactProx, PenaltySpec
from rvsjax.studies.rvscgd.certify import problem_of, starts_of
from rvsjax.studies.rvscgd.trial import make_trial
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.registry import find_parameters
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.theory.counterexample import sweep_file
from rvsjax.types import Array, pytree
from tests import ROOT

pytestmark = pytest.mark.slow


@pytree
class ElasticNet:
    """``P(u) = sum_j |u_j| + (stiffness/2) u_j^2``."""

    stiffness: Array

    def value(self, u):
        return jnp.sum(jnp.abs(u) + self.stiffness / 2 * u**2)

    def threshold(self, m):
        return m

    def jump(self, m):
        return jnp.zeros_like(m)

    def branch(self, x, m):
        return jnp.sign(x) * (jnp.abs(x) - m) / (1 + m * self.stiffness)

    def prox(self, x, m):
        return jnp.where(jnp.abs(x) <= m, 0 * x, self.branch(x, m))

    @staticmethod
    def exact(m, stiffness):
        return ExactProx(
            value=lambda u: u + stiffness / 2 * u**2,
            threshold=m,
            branch=lambda x: (x - m) / (1 + m * stiffness),
            slope=lambda x: 1 / (1 + m * stiffness),
        )


LINE = PenaltySpec(ElasticNet, stiffness=Field(1.0, gt=0, description="of soft-ridge"))

SWEEP = """
version = 1
name = "elastic"
study = "rvscgd"
[constants]
k = 5
w_star = "3, 2, 1, 0.5, 0.25"
beta = 0.3
eta = 0.9
steps = 60
start = "teacher"
penalty = "soft-ridge"
[grid]
lam = [0.02, 0.05]
stiffness = [0.5, 2.0]
[seeds]
count = 4
[record]
curves = 9
weights = true
"""


@pytest.fixture(scope="module", autouse=True)
def registered():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PENALTIES, "soft-ridge", LINE)
        yield


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A sweep that was interrupted after a block, and resumed."""
    file = tmp_path_factory.mktemp("elastic") / "sweep.toml"
    file.write_text(SWEEP)
    stop = threading.Event()
    lanes = tuple(jax.devices()[:1])

    def interrupt(progress):
        if progress.blocks_done:
            stop.set()

    options = Options(width=2, stop=stop, workers=lanes, watch=interrupt)
    status = run_plan(make_plan(parse(SWEEP)), SWEEP, file.parent / "out", options)
    assert 0 < status.blocks_left < 8
    return rvsjax.run(file, file.parent / "out")


def test_both_studies_have_its_word_and_its_parameter():
    for study in ("rvscgd", "lenet"):
        space = find_parameters(study)
        assert space.check("penalty", "soft-ridge", "")[1] == []
        assert space.check("stiffness", 0.5, "") == (0.5, [])
        [problem] = space.check("stiffness", 0.0, "")[1]
        assert "greater than 0" in problem.what
        names = list(space.names)  # its own follow those of the others
        own = {x for spec in PENALTIES.values() for x in spec.parameters} & {*names}
        own_names = names[names.index("penalty") + 1 :][: len(own)]
        assert {*own_names} == own
        assert (own_names[0], own_names[-1]) == ("a", "stiffness")
        told = sweep_schema()["$defs"][f"{study}.constants"]["properties"]
        assert "soft-ridge" in told["penalty"]["enum"]
        assert told["stiffness"]["exclusiveMinimum"] == 0
        assert told["stiffness"]["description"] == "of soft-ridge"


def test_an_axis_of_it_among_other_penalties_is_refused():
    raw = parse(SWEEP)
    raw["grid"]["penalty"] = ["soft-ridge", "l1"]
    del raw["constants"]["penalty"]
    with pytest.raises(SweepFileError, match="stiffness .* no meaning for some runs"):
        make_plan(raw)


def test_what_is_not_registered_is_refused(monkeypatch):
    monkeypatch.delitem(PENALTIES, "soft-ridge")
    problems = find_parameters("rvscgd").check("penalty", "soft-ridge", "")[1]
    told, got = problems[0].what.split(", got ")
    assert told.startswith("must be 'l0', 'l1', 'transformed-l1', ")
    assert "soft-ridge" not in told and got == "'soft-ridge'"
    assert "stiffness" not in find_parameters("lenet").names


def test_a_parameter_that_is_taken_is_refused(monkeypatch):
    for name in ("a", "beta"):
        spec = PenaltySpec(ElasticNet, **{name: Field(1.0)})
        monkeypatch.setitem(PENALTIES, "another", spec)
        with pytest.raises(ValueError, match=f"^{name} is the name of two parameters"):
            find_parameters("rvscgd")


def test_a_run_is_named_as_before_by_what_it_uses():
    """With l1 the parameter of another has no meaning, and no part in the run's id."""
    raw = parse(SWEEP)
    raw["grid"] = {"penalty": ["l1"]}
    del raw["constants"]["penalty"]
    here, *_ = make_plan(raw)
    assert here.parameters["stiffness"] is None
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(PENALTIES, "soft-ridge")
        before, *_ = make_plan(raw)
    assert before.run_id == here.run_id


def test_a_resumed_sweep_has_its_runs_and_its_column(results):
    runs = results.runs
    assert (runs["status"] == "ok").all()
    assert set(results.runs["p_stiffness"]) == {0.5, 2.0}
    assert runs["p_a"].isna().all()


def test_a_run_is_that_of_plain_numpy(results):
    for _, row in results.runs.query("p_seed == 0").iterrows():
        m, stiffness, beta, eta = row[["p_lam", "p_stiffness", "p_beta", "p_eta"]]
        m, K = m / beta, 5 / (2 * np.pi)
        w_star = np.array([3, 2, 1, 0.5, 0.25])
        w = w_star = w_star / np.linalg.norm(w_star)
        for _ in range(60):
            u = np.sign(w) * np.maximum(np.abs(w) - m, 0) / (1 + m * stiffness)
            v = w - eta * K * (w - w_star) - eta * beta * (w - u)
            w = v / np.linalg.norm(v)
        theta = np.arccos(np.clip(w @ w_star, -1, 1))
        assert row["m_theta"] == pytest.approx(theta, abs=1e-7)
        assert row["m_distance_to_limit"] < 1e-9  # the limit is solved for as well


def test_claims_are_judged_and_corollary_1_1_is_not_about_it(results):
    runs = results.runs
    assert (runs["verdict_lemma_5_stated"] == "violated").any()
    assert set(runs["verdict_coupling_bound"]) == {"holds"}
    for claim in ("corollary_1_1", "constant_12"):
        assert set(runs[f"verdict_{claim}"]) == {"not-applicable"}


def test_a_violation_of_it_is_certified(results):
    every = str(len(results.runs))
    command = ["certify", str(results.folder), "--claim", "lemma_5_stated"]
    assert main([*command, "--worst", every]) == 0
    violated = results.runs.query("verdict_lemma_5_stated == 'violated'")
    for _, row in violated.iterrows():
        path = results.folder / "certificates" / f"lemma_5_stated-{row['run_id']}.json"
        told = json.loads(path.read_text())
        assert told["stands"] and told["part"] == "whole run"
        assert told["parameters"]["stiffness"] == row["p_stiffness"]
        observed = row["obs_lemma_5_stated"]
        assert float(told["observed"]) == pytest.approx(observed, abs=1e-13)


def test_a_counterexample_with_it_is_a_sweep_file(results):
    row = results.runs.iloc[0]
    start = starts_of(results, [row["run_id"]])[row["run_id"]]
    text = sweep_file(problem_of(row, start), "lemma_5_stated", row["run_id"])
    [item] = make_plan(parse(text))
    assert item.parameters["penalty"] == "soft-ridge"
    assert item.parameters["stiffness"] == row["p_stiffness"]


def test_without_an_exact_prox_it_cannot_be_certified(results, monkeypatch, capsys):
    monkeypatch.delattr(ElasticNet, "exact")
    command = ["certify", str(results.folder), "--claim", "lemma_5_stated"]
    assert main([*command, "--worst", str(len(results.runs))]) == 2
    what = "the penalty soft-ridge is not known in 50 digits"
    assert what in capsys.readouterr().err


def test_it_is_in_the_figures_and_on_the_page(results, capsys):
    assert main(["report", str(results.folder)]) == 0
    page = (results.folder / "report.html").read_text()
    assert "soft-ridge" in page and "stiffness" in page
    data = [x.read_text() for x in (results.folder / "figures").glob("*.csv")]
    assert any("stiffness = 0.5" in text for text in data)


def test_no_kernel_covers_it():
    raw = parse(SWEEP)
    raw["grid"] = {"penalty": ["soft-ridge", "l1"]}
    del raw["constants"]["penalty"]
    from rvsjax.simulation.kernels import native, warp
    from rvsjax.sweep.registry import find_study

    has_kernel = find_study("rvscgd").has_kernel
    raw["seeds"] = {"count": 1}
    ours, covered = make_plan(raw)
    assert [has_kernel(x) for x in (ours, covered)] == [False, True]
    runs = [make_trial(x, 2).draw() for x in (ours, covered)]
    assert [native.covers(run) for run in runs] == [False, True]
    assert "does not know ElasticNet" in warp.why_not(runs[0])


def test_networks_are_trained_with_it(tmp_path):
    text = """
        version = 1
        name = "nets"
        study = "lenet"
        [constants]
        epochs = 1
        batch = 120
        penalty = "soft-ridge"
        stiffness = 3.0
        lam = 1e-3
        surrogate = "clipped"
    """
    data = str(ROOT / "tests" / "digits")
    options = Options(workers=tuple(jax.devices()[:1]), data=data)
    run_plan(make_plan(parse(text)), text, tmp_path, options)
    [row] = rvsjax.load(tmp_path).runs.to_dict("records")
    assert row["status"] == "ok" and row["p_stiffness"] == 3.0
    assert 0 < row["m_sparsity_u"] < 1


@pytest.mark.parametrize("m", [0.05, 0.4, 2.0])
def test_its_prox_in_floats_is_that_in_exact_numbers(m):
    exact, penalty = ElasticNet.exact(m, 2.0), ElasticNet(jnp.array(2.0))
    for x in np.linspace(0.01, 3, 40):
        u = float(penalty.prox(jnp.array([x]), m)[0])
        assert u == pytest.approx(exact.branch(x) if x > m else 0, abs=1e-15)
        assert penalty.value(jnp.array([x])) == pytest.approx(exact.value(x))

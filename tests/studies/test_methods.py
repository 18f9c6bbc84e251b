"""Methods, samples and surrogates of a study: each is the program it names."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.algorithms import ALGORITHMS
from rvsjax.models import relu
from rvsjax.models.gradients import (
    Empirical,
    Minibatch,
    Population,
    Projected,
    TrainingSet,
)
from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import L1, Largest, NoPenalty
from rvsjax.results.results import Results
from rvsjax.simulation.simulate import simulate
from rvsjax.studies.rvscgd.trial import make_trial
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.types import Hyper

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "methods"
study = "rvscgd"
[constants]
d = 8
nnz = 3
k = 4
steps = 30
eta = 0.4
lam = 0.01
beta = 0.3
penalty = "l1"
batch = 6
train_size = 10
{cases}
[seeds]
count = 2
[record]
weights = true
"""
ALL = """
[[case]]
algorithm = "hard_projection"
s = [3, 5]
[[case]]
algorithm = ["admm_free", "relu_descent"]
[[case]]
gradient = ["minibatch", "projected", "empirical"]
[[case]]
surrogate = "window"
[[case]]
algorithm = "rvscgd"
"""
# each a program of its own, with all claims, which are silent for two reasons
JUDGED = """
[[case]]
algorithm = "hard_projection"
s = [3, 5]
[[case]]
gradient = "minibatch"
[[case]]
algorithm = "rvscgd"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("methods") / "out"
    plan = make_plan(parse(SWEEP.format(cases=JUDGED)))
    run_plan(plan, "", folder, Options(width=4))
    return Results(folder)


def source(given, seed, teacher):
    """The gradient of each step, from the pieces that have tests of their own."""
    seed = jnp.uint32(seed)
    if given["algorithm"] == "relu_descent":
        return lambda step: lambda w: relu.gradient(teacher, w)
    chosen = {
        "population": Population(given["surrogate"]),
        "minibatch": Minibatch(seed, 6),
        "projected": Projected(seed, 6),
        "empirical": TrainingSet(seed, 10, 6).draw(4, 8, "float64"),
    }[given["gradient"]]
    return lambda step: chosen.at(teacher, jnp.int32(step))


@jax.jit
def drawn_and_run(trial):
    run = trial.draw()
    last = simulate(run).state
    return run.teacher.w_star, run.start, last.w, last.u


def check_is_a_loop(given, seed, w_star, start, w, u):
    """Take the steps of a method from a start, and end where a run of it does."""
    method, penalty = ALGORITHMS[given["algorithm"]], L1()
    if given["algorithm"] == "hard_projection":
        penalty = Largest(jnp.int32(given["s"]))
    elif given["algorithm"] == "relu_descent":
        penalty = NoPenalty()
    hyper = Hyper(*(jnp.float64(given[name] or 0) for name in Hyper._fields))
    gradient = source(given, seed, Teacher(jnp.asarray(w_star), 4))
    step = jax.jit(lambda state, t: method.step(state, hyper, gradient(t), penalty)[0])
    state = method.init(jnp.asarray(start), hyper, penalty)
    for number in range(30):
        state = step(state, number)
    np.testing.assert_allclose(w, state.w, rtol=0, atol=1e-12)
    np.testing.assert_allclose(u, state.u, rtol=0, atol=1e-12)


def test_every_run_is_a_loop_over_the_steps_of_its_method():
    """The trial's own start, teacher and seed, step by step without the engine."""
    items = list(make_plan(parse(SWEEP.format(cases=ALL))))
    assert len(items) == 18
    for item in items:
        trial = make_trial(item, 2)
        check_is_a_loop(item.parameters, item.seed, *drawn_and_run(trial))


def test_a_row_is_the_run_of_its_parameters(results):
    rows = results.runs.merge(results.weights, on="run_id")
    assert len(rows) == 8 and set(rows["status"]) == {"ok"}
    items = {x.run_id: x for x in make_plan(parse(SWEEP.format(cases=JUDGED)))}
    for row in rows.drop_duplicates(["p_algorithm", "p_s", "p_gradient"]).itertuples():
        ends = drawn_and_run(make_trial(items[row.run_id], 2))
        for name, end in zip(("w_star", "w_start", "w", "u"), ends):
            np.testing.assert_allclose(getattr(row, name), end, rtol=0, atol=1e-12)


def test_claims_about_runs_speak_of_algorithm_1_alone(results):
    runs = results.runs
    plain = (runs["p_algorithm"] == "rvscgd") & (runs["p_gradient"] == "population")
    stated = plain & (runs["p_surrogate"] == "relu")
    assert stated.sum() == 2
    label = "Algorithm 1 with the expected gradient"
    for column in runs.columns[runs.columns.str.startswith("why_")]:
        told = runs[column].fillna("").str.contains(label, regex=False)
        assert (told == ~stated).all(), column
        name = column.removeprefix("why_")
        assert not runs.loc[~stated, f"hyp_{name}"].any()
    assert (runs.loc[stated, "verdict_lemma_5_proved"] != "not-applicable").any()


def test_a_limit_is_told_where_equation_12_is_about_the_run(results):
    runs = results.runs
    paper = (runs["p_algorithm"] == "rvscgd") & (runs["p_surrogate"] == "relu")
    assert (runs["m_distance_to_limit"].notna() == paper).all()
    exact = paper & (runs["p_gradient"] == "population")
    sampled = paper & ~exact
    assert runs.loc[exact, "m_distance_to_limit"].max() < 1e-3
    assert runs.loc[sampled, "m_distance_to_limit"].min() > 1e-3


def test_one_seed_has_one_teacher_and_start_under_every_method(results):
    rows = results.runs.merge(results.weights, on="run_id")
    for _, same in rows.groupby("p_seed"):
        for name in ("w_star", "w_start"):
            assert len({tuple(x) for x in same[name]}) == 1


def is_stated(trial):
    seen = []
    jax.eval_shape(lambda x: seen.append(x.draw().is_stated), trial)
    return seen == [True]


def test_claims_ask_for_algorithm_1_with_the_expected_gradient():
    """A property of the run: of its method, gradient and surrogate, and no others."""
    for item in make_plan(parse(SWEEP.format(cases=ALL))):
        given = item.parameters
        paper = {"algorithm": "rvscgd", "gradient": "population", "surrogate": "relu"}
        assert is_stated(make_trial(item, 2)) == (given == given | paper)


def test_what_is_not_asked_for_is_not_drawn():
    """A training set larger than its batch is drawn once in a run, outside its loop."""
    chosen = TrainingSet(jnp.uint32(3), 10, 6).draw(4, 8, "float32")
    assert isinstance(chosen, Empirical)
    assert chosen.data.shape == (10, 4, 8) and chosen.data.dtype == "float32"
    assert jax.tree.leaves(Population("clipped")) == []

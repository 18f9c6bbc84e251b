"""A smaller counterexample is still one, in 50 digits and in float64, and is small."""

import numpy as np
import pytest
import tomli

from rvsjax.theory.counterexample import shrink, sweep_file
from rvsjax.theory.exact import Degenerate, ExactCase, judge

KNOWN = ExactCase(
    algorithm="rvscgd",
    penalty="l1",
    own=(),
    k=5,
    readout="sum",
    lam=0.05,
    beta=0.3,
    eta=0.9,
    steps=30,
    w_star=(3, 2, 1, 0.5, 0.25),
    w_start=(3, 2, 1, 0.5, 0.25),
)


def near_its_limit(penalty="l0", a=None, readout="sum", d=20, steps=400, seed=1):
    """Return a run from a random start whose angle may turn near its limit."""
    draw = np.random.default_rng(seed)
    k = 20
    K = (k if readout == "sum" else 1 / k) / (2 * np.pi)
    w_star = np.where(np.arange(d) < d // 2, draw.normal(size=d), 0)
    return ExactCase(
        algorithm="rvscgd",
        penalty=penalty,
        own=() if a is None else (("a", a),),
        k=k,
        readout=readout,
        lam=K * 1.234e-3,
        beta=K * 3.21e-2,
        eta=0.0321 / K,
        steps=steps,
        w_star=tuple(w_star.tolist()),
        w_start=tuple(draw.normal(size=d).tolist()),
    )


def rise(problem):
    """Return the largest rise of theta of an l0 or l1 run of plain float64."""
    K = problem.k / (2 * np.pi)
    w_star = np.array(problem.w_star) / np.linalg.norm(problem.w_star)
    w = np.array(problem.w_start) / np.linalg.norm(problem.w_start)
    m, path = problem.lam / problem.beta, []
    for _ in range(problem.steps + 1):
        path.append(
            2 * np.arctan2(np.linalg.norm(w - w_star), np.linalg.norm(w + w_star))
        )
        soft = np.sign(w) * np.maximum(np.abs(w) - m, 0)
        u = soft if problem.penalty == "l1" else w * (np.abs(w) > np.sqrt(2 * m))
        v = w - problem.eta * (K * (w - w_star) + problem.beta * (w - u))
        w = v / np.linalg.norm(v)
    return np.diff(path).max()


def figures(problem):
    """Return how many significant figures each number of a problem has."""
    scalars = [problem.lam, problem.beta, problem.eta, *dict(problem.own).values()]
    numbers = [*scalars, *problem.w_star, *problem.w_start]
    texts = (np.format_float_scientific(x, trim="-").split("e")[0] for x in numbers)
    return [len(text.replace(".", "").replace("-", "")) for text in texts]


def test_the_known_counterexample():
    small = shrink(KNOWN, "lemma_5_stated")
    assert judge(small, "lemma_5_stated").violated
    assert len(small.w_star) == 2
    assert small.steps == small.k == 1
    assert small.w_start == small.w_star
    assert max(figures(small)) == 1
    assert rise(small) > 1e-9
    assert shrink(KNOWN, "lemma_5_stated") == small
    assert shrink(small, "lemma_5_stated") == small


@pytest.mark.parametrize("claim", ["lemma_5_stated", "lemma_6_stated"])
@pytest.mark.parametrize(
    ("penalty", "a", "readout"),
    [("l0", None, "sum"), ("l1", None, "mean"), ("transformed-l1", 0.789, "sum")],
)
def test_a_run_that_turns_near_its_limit(claim, penalty, a, readout):
    problem = near_its_limit(penalty, a, readout)
    found = judge(problem, claim)
    assert found.violated and found.step > 100
    small = shrink(problem, claim)
    judgement = judge(small, claim)
    assert judgement.violated
    assert judgement.excess > min(1e-9, found.excess / 2)
    assert len(small.w_star) == 2
    assert small.steps == 1
    assert small.readout == "sum"
    assert max(figures(small)) <= 2


def test_a_rise_that_needs_its_start():
    """So large a rise does not happen from the teacher."""
    problem = KNOWN._replace(
        penalty="transformed-l1",
        own=(("a", 0.8895),),
        k=1,
        lam=0.1442,
        beta=0.1199,
        eta=6.594,
        w_star=(-1.0207, 0.2798, 0.0),
        w_start=(1.0387, -0.9439, 1.824),
    )
    assert judge(problem, "lemma_5_stated").excess > 0.4
    small = shrink(problem, "lemma_5_stated", margin=0.2)
    judgement = judge(small, "lemma_5_stated")
    assert judgement.violated and judgement.excess > 0.2
    assert small.w_start != small.w_star
    assert len(small.w_star) == 2
    assert small.steps == 1
    assert min(small.w_star) >= 0
    assert max(figures(small)) <= 2


def test_the_margin_follows_a_small_excess():
    problem = near_its_limit("transformed-l1", 0.789, seed=4, steps=900)
    found = judge(problem, "lemma_5_stated")
    assert found.step == 879
    assert 0 < found.excess < 2e-16  # float64 cannot tell
    small = shrink(problem, "lemma_5_stated")
    judgement = judge(small, "lemma_5_stated")
    assert judgement.violated and judgement.excess > found.excess / 2
    assert len(small.w_star) == 2
    assert small.steps == 1


def test_the_excess_stays_above_the_margin():
    small = shrink(KNOWN, "lemma_5_stated", margin=0.01)
    assert judge(small, "lemma_5_stated").excess > 0.01


def test_a_run_that_violates_nothing_is_refused():
    tame = KNOWN._replace(w_star=(1.0, 1.0), w_start=(1.0, 1.0))
    with pytest.raises(
        ValueError, match="does not violate lemma_5_stated in 50 digits"
    ):
        shrink(tame, "lemma_5_stated")


def test_a_run_without_a_direction_is_refused():
    with pytest.raises(ValueError, match="does not violate"):
        shrink(KNOWN._replace(w_star=(0.0, 0.0), w_start=(1.0, 1.0)), "lemma_5_stated")
    with pytest.raises(Degenerate):
        judge(KNOWN._replace(w_star=(0.0, 0.0), w_start=(1.0, 1.0)), "lemma_5_stated")


def test_a_run_whose_hypotheses_fail_is_refused():
    with pytest.raises(ValueError, match="does not violate lemma_6_stated"):
        shrink(KNOWN._replace(eta=2.0), "lemma_6_stated")


def test_progress_is_told():
    told = []
    shrink(KNOWN, "lemma_5_stated", told.append)
    assert told[0] == "d = 5, steps = 1"
    assert told[-1] == "d = 2, steps = 1"


# -- the sweep file --------------------------------------------------------------------


def test_the_sweep_file_to_the_letter():
    problem = KNOWN._replace(eta=0.3, steps=1, w_star=(3.0, 2.0), w_start=(3.0, 2.0))
    assert sweep_file(problem, "lemma_5_stated", "0123abcd") == (
        """\
version = 1
name    = "counterexample-lemma_5_stated"
study   = "rvscgd"
about   = "The smallest run found from 0123abcd that violates lemma_5_stated."

[constants]
algorithm = "rvscgd"
penalty = "l1"
k       = 5
readout = "sum"
w_star  = "3, 2"          # normalised by the program; d and nnz follow from it
start   = "teacher"
lam     = 0.05
beta    = 0.3
eta     = 0.3
steps   = 1
"""
    )


@pytest.mark.parametrize("penalty", ["l0", "l1", "transformed-l1", None])
def test_the_sweep_file_reads_back_the_same_numbers(penalty):
    a = 1 / 3 if penalty == "transformed-l1" else None
    problem = near_its_limit(penalty, a)._replace(eta=1e-5)
    if penalty is None:
        problem = problem._replace(algorithm="cgd", lam=None, beta=None)
    read = tomli.loads(sweep_file(problem, "lemma_6_stated", "run"))["constants"]
    for name in ("w_star", "w_start"):
        read[name] = tuple(float(x) for x in read[name].split(","))
    given = problem._asdict()
    given |= dict(given.pop("own"))
    assert read == {k: v for k, v in given.items() if v is not None}

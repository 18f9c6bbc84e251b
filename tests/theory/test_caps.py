"""The cap theorem: true where it speaks, sharp, and silent near pi."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf

from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import L0
from rvsjax.simulation.simulate import simulate
from rvsjax.theory import RUN_CLAIMS, VERDICTS, Evidence, verdict
from rvsjax.theory.exact import ExactCase
from rvsjax.theory.exact import judge as judge_exactly
from rvsjax.types import Hyper
from tests.simulation.test_simulate import make_run

CLAIMS = ["lemma_5_cap", "lemma_5_strong"]
K = 20 / (2 * math.pi)
IN_FRONT = "theta_0 <= pi - arcsin(beta/(2K))"


def problem(w_star, w_start, lam, beta, eta, steps=50):
    """A run with l0 and 20 patches."""
    numbers = {"lam": lam, "beta": beta, "eta": eta, "steps": steps}
    rest = {"algorithm": "rvscgd", "penalty": "l0", "own": (), "readout": "sum"}
    return ExactCase(w_star=w_star, w_start=w_start, k=20, **numbers, **rest)


TEACHER = 0.57735026918962576, *(0.47140452079103168,) * 3
WORST = problem(TEACHER, TEACHER, 0.3978, 3.1829, 0.157)
POLE = problem(
    (0.32358018666868504, 0.946200751846805),
    (-0.7032837082886262, -0.7109092949566763),
    lam=0.7161764206319172,
    beta=2.8647889756541165,
    eta=0.13227758541430706,
)


def checks(problem):
    """The claims on a run of l0 in float64, and what was seen of it."""
    unit = (np.array(w) / np.linalg.norm(w) for w in (problem.w_star, problem.w_start))
    w_star, start = map(jnp.asarray, unit)
    hyper = Hyper(*map(jnp.float64, (problem.lam, problem.beta, problem.eta)))
    teacher = Teacher(w_star, problem.k)
    run = make_run(L0(), teacher=teacher, start=start, hyper=hyper, steps=problem.steps)
    evidence = Evidence(run, simulate(run))
    names = [*CLAIMS, "lemma_5_stated", "lemma_6_stated"]
    return {name: RUN_CLAIMS[name](evidence) for name in names}, evidence.seen


def false(check):
    return {label for label, truth in check.hypotheses.items() if not truth}


def near(angle, beta, factor):
    """A step of `factor` times 1/(beta + K) from two weights, of which u keeps one.

    The teacher is beyond it by an angle: u pulls there, and further.
    """
    inclined = math.pi / 4 - 1e-9  # w_1 > w_2, and the threshold between them
    w = math.cos(inclined), math.sin(inclined)
    w_star = math.cos(inclined - angle), math.sin(inclined - angle)
    lam = beta * math.prod(w) / 2
    eta = factor / (beta + K)
    return problem(w_star, w, lam, beta, eta, steps=1)


# -- the worst runs known -------------------------------------------------------------


def test_the_largest_rise_known_is_below_that_of_the_theorem():
    """0.339569 radians and 0.641698 in the first step, by plain mpmath."""
    found, _ = checks(WORST)
    rises = {"lemma_5_stated": 0.339568542662, "lemma_6_stated": 0.641698241354}
    for name, rise in rises.items():
        assert VERDICTS[int(verdict(found[name]))] == "violated"
        assert found[name].observed == pytest.approx(rise, abs=1e-9)
        judgement = judge_exactly(WORST, name)
        assert judgement.violated and judgement.step == 1
        assert float(judgement.observed) == pytest.approx(rise, abs=1e-9)
    assert rises["lemma_5_stated"] < math.asin(1 / 3) < 1.001 * rises["lemma_5_stated"]


@pytest.mark.parametrize(("name", "divisor"), [*zip(CLAIMS, (2, 1))])
def test_the_worst_run_stays_in_its_cap(name, divisor):
    """In float64 and in 50 digits, with the same bound and hypotheses."""
    check, judgement = checks(WORST)[0][name], judge_exactly(WORST, name)
    assert VERDICTS[int(verdict(check))] == "holds"
    assert not judgement.violated
    assert set(judgement.hypotheses) < set(check.hypotheses)
    bound = math.asin(3.1829 / K / divisor)
    assert check.bound == pytest.approx(bound, abs=1e-12)
    assert float(judgement.bound) == pytest.approx(bound, abs=1e-12)
    assert float(judgement.observed) == pytest.approx(float(check.observed), abs=1e-12)


@pytest.mark.parametrize("b", ["0.01", "0.5", "1", "1.9"])
def test_the_largest_rise_is_reached(b):
    """arcsin(b/(2 + b)) from the teacher, in plain mpmath."""
    with mp.workdps(40):
        b = mpf(b)
        n = 3 if b < 2 else 4  # the others are smaller than the first for n > 1 + b
        first = 1 / mp.sqrt(2 + b)
        others = mp.sqrt((1 - first**2) / n)
        assert others < first
        z_1, z_2 = (1 + b) * first, others  # w_star + b u, as u = w_1 e_1
        cosine = (z_1 * first + n * z_2 * others) / mp.sqrt(z_1**2 + n * z_2**2)
        assert abs(mp.acos(cosine) - mp.asin(b / (2 + b))) < mpf("1e-35")


def test_near_pi_the_angle_rises_and_the_theorem_is_silent():
    """2.6911 to 3.1352 in one step; pi - arcsin(b/2) is 2.6748."""
    found, seen = checks(POLE)
    assert seen.theta_max == pytest.approx(3.1351656, abs=1e-6)
    check = found["lemma_5_cap"]
    assert false(check) == {IN_FRONT}
    assert check.observed - check.bound == pytest.approx(0.444069, abs=1e-6)
    judgement = judge_exactly(POLE, "lemma_5_cap")
    assert {n for n, truth in judgement.hypotheses.items() if not truth} == {IN_FRONT}
    assert judgement.step == 1 and not judgement.violated
    assert float(judgement.observed) == pytest.approx(3.1351656, abs=1e-6)


# -- sharp ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "angle", "kept", "left"),
    [("lemma_5_cap", 0.5, 1.0, 1.01), ("lemma_5_strong", 1.0, 1.33, 1.34)],
)
def test_how_large_a_step_may_be(name, angle, kept, left):
    """From the edge of the cap, u pulling across the teacher, for a small b."""
    b = 1e-3
    for factor in (kept, left):
        judgement = judge_exactly(near(angle * b, b * K, factor), name)
        assert (judgement.observed > judgement.bound + 1e-9) == (factor == left)
        assert judgement.hypotheses["eta <= 1/(beta + K)"] == (factor <= 1)
        assert not judgement.violated


def test_twice_the_coupling_is_too_much():
    strong = near(0.1, 2.01 * K, 0.9)
    check = checks(strong)[0]["lemma_5_cap"]
    assert false(check) == {"beta <= 2K"}
    judgement = judge_exactly(strong, "lemma_5_cap")
    assert float(judgement.bound) == pytest.approx(check.bound) == math.pi / 2
    assert not judgement.hypotheses["beta <= 2K"]


# -- the proof, step by step ----------------------------------------------------------


def drawn(rng, n, d):
    """Steps of the theorem at its edges: b, theta, tau = eta (beta + K), w, w*, u.

    u is anywhere in the ball around w/2, most often on its boundary, in the plane of w
    and w*, or straight away from w*.
    """
    small = 10 ** rng.uniform(-9, -1, n)
    b = np.where(rng.random(n) < 0.6, rng.uniform(0, 2, n), 2 * small)
    a = np.arcsin(b / 2)
    edges = [a, a - small * a, a + small, rng.uniform(0, 1, n) * a, np.pi - a]
    theta = np.choose(rng.integers(0, 6, n), [*edges, rng.uniform(0, np.pi, n)])
    tau = np.choose(rng.integers(0, 3, n), [np.ones(n), small, rng.uniform(0, 1, n)])
    w, e = np.zeros((2, n, d))
    w[:, 0] = e[:, 1] = 1
    w_star = np.cos(theta)[:, None] * w + np.sin(theta)[:, None] * e
    turn = rng.uniform(0, 2 * np.pi, n)[:, None]
    plane, any_way = np.cos(turn) * w + np.sin(turn) * e, rng.normal(size=(n, d))
    any_way /= np.linalg.norm(any_way, axis=1)[:, None]
    ways = np.stack([plane, any_way, -e, -e + small[:, None] * any_way])
    way = ways[rng.integers(0, 4, n), np.arange(n)]
    way /= np.linalg.norm(way, axis=1)[:, None]
    radius = np.where(rng.random(n) < 0.7, 1, rng.random(n))[:, None] / 2
    return b, a, theta, tau, w, w_star, w / 2 + radius * way


@pytest.mark.parametrize("d", [2, 3, 4])
def test_adversarial_steps_stay_in_the_cap(d):
    """In plain NumPy, without a prox: 200,000 steps, each at an edge of the theorem."""
    b, a, theta, tau, w, w_star, u = drawn(np.random.default_rng(d), 200_000, d)
    z = w_star + b[:, None] * u
    v = (1 - tau)[:, None] * w + (tau / (1 + b))[:, None] * z
    length = np.linalg.norm(v, axis=1)
    v /= length[:, None]
    chords = (np.linalg.norm(v + sign * w_star, axis=1) for sign in (-1, 1))
    new = 2 * np.arctan2(*chords)
    told = (theta <= np.pi - a) & (length > 1e-2)  # rounding is divided by the length
    assert np.all(new[told] <= np.maximum(theta, a)[told] + 1e-12)
    largest = np.arcsin(b / (2 + b))
    assert np.all((new - theta)[told] <= largest[told] + 1e-12)
    assert np.max((new - theta)[told] / largest[told]) > 0.9
    rises = (new > theta + 0.1) & (length > 1e-2)
    assert np.any(rises & ~told) and np.any(rises & told)

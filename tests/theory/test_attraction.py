"""What stands for "has converged": proved by the last step, never by a small move."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.algorithms import ALGORITHMS
from rvsjax.models.no_overlap import Teacher, direction_at, unit
from rvsjax.penalties import L0, L1, NoPenalty, TransformedL1
from rvsjax.simulation.simulate import Run, simulate
from rvsjax.theory import RUN_CLAIMS, VERDICTS, Evidence, verdict
from rvsjax.theory.attraction import attraction, steepest
from rvsjax.types import Hyper

pytestmark = pytest.mark.slow

OF_LIMITS = [
    *("lemma_7", "theorem_1_prox", "theorem_1_i", "equation_12", "identity_13"),
    *("equation_13", "coupling_bound", "lemma_6_converges", "theorem_1_global"),
]


def make(penalty, w_star, start, lam, beta, eta, steps, *, k=20, dtype="float64"):
    numbers = Hyper(*(jnp.asarray(x, dtype) for x in (lam, beta, eta)))
    w_star, start = (unit(jnp.asarray(x, dtype)) for x in (w_star, start))
    method = ALGORITHMS["rvscgd"]
    return Run(Teacher(w_star, k), start, penalty, numbers, method, steps, 2)


def judged(run):
    evidence = Evidence(run, simulate(run))
    return evidence, {
        name: VERDICTS[int(verdict(claim(evidence)))]
        for name, claim in RUN_CLAIMS.items()
    }


def test_a_slow_start_at_the_pole_is_no_limit():
    """It moves by 2e-8 in each of three steps, and is 2 away from its limit."""
    start = direction_at(jnp.float64(3.1415925535897933), jnp.eye(2)[0], jnp.ones(2))
    run = make(L1(), [1.0, 0.0], start, 1e-12, 1e-7, 0.05, 3)
    evidence, verdicts = judged(run)
    assert evidence.seen.moved < 1e-6 and evidence.reach == jnp.inf
    assert {verdicts[name] for name in OF_LIMITS} == {"not-applicable"}
    assert "violated" not in verdicts.values()
    later, verdicts = judged(make(L1(), [1.0, 0.0], start, 1e-12, 1e-7, 0.05, 400))
    assert later.reach < 1e-12 and verdicts["theorem_1_converges"] == "holds"


@pytest.mark.parametrize(("steps", "proved"), [(170, False), (800, True)])
def test_an_entry_that_creeps_to_its_threshold_is_on_its_way(steps, proved):
    w_star, start = [0.8362902331104508, 0.5482870106103804], [1.0, 0.1]
    numbers = 0.12067632468224389, 1.5915494309189535, 0.015707963267948967
    evidence, verdicts = judged(make(L0(), w_star, start, *numbers, steps))
    assert bool(evidence.reach < 2e-5) == proved
    assert verdicts["lemma_7"] == ("holds" if proved else "not-applicable")
    assert "violated" not in verdicts.values()


PENALTIES = [L0(), L1(), TransformedL1(jnp.float64(1.0)), NoPenalty()]


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda p: type(p).__name__)
def test_the_limit_is_within_reach_of_the_last_iterate(penalty):
    """The limit by 5,000 steps, for random runs of three lengths."""
    rng = np.random.default_rng(0)
    w_star, start = (unit_rows(rng.normal(size=(24, 4))) for _ in range(2))
    lam, beta, eta = rng.uniform([0, 0.05, 0.05], [0.05, 1, 0.25], (24, 3)).T

    @jax.jit
    @jax.vmap
    def eight_steps(w_star, start, lam, beta, eta):
        run = make(penalty, w_star, start, lam, beta, eta, 8)
        last = simulate(run)
        return last.state.w, attraction(run, last.state.w, last.monitor.moved).reach

    ends = [(start, None)]
    for _ in range(5000 // 8):
        ends.append(eight_steps(w_star, ends[-1][0], lam, beta, eta))
    ratios = []
    for steps in (8, 32, 80):
        w, reach = map(np.asarray, ends[steps // 8])
        distance = np.linalg.norm(ends[-1][0] - w, axis=1)
        proved = np.isfinite(reach)
        assert np.all(distance[proved] <= reach[proved] + 1e-14)
        ratios += (distance / reach)[proved].tolist()
    assert len(ratios) > 20
    assert max(ratios) > 0.1  # and not by much more than it must


def unit_rows(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_the_slope_around_a_weight_is_the_largest_there():
    """Against differences of the prox on a grid; infinite at a jump."""
    a, m = jnp.float64(1.5), jnp.float64(0.2)
    penalty = TransformedL1(a)
    assert penalty.jump(m) == 0
    for x in (0.1, 0.34, 0.5, 0.9):
        for radius in (0.0, 0.01, 0.2):
            grid = np.linspace(max(x - radius, 0), x + radius + 1e-9, 20001)
            rises = np.diff(penalty.prox(jnp.asarray(grid), m)) / np.diff(grid)
            found = steepest(penalty, jnp.array([x]), m, jnp.float64(radius))
            assert np.isclose(found, rises.max(), rtol=2e-2, atol=1e-6)
    t = L0().threshold(m)
    for gap, expected in ((0.02, 1.0), (0.005, math.inf)):
        w = jnp.array([t + gap])
        assert steepest(L0(), w, m, jnp.float64(0.01)) == expected


def test_steps_that_rounding_swallows_show_no_descent():
    """The exact angle rises by 1e-10 a step; in float32 nothing moves."""
    w_star = [3.0, 2.0, 1.0]
    slow = dict(w_star=w_star, start=w_star, lam=0.05, beta=0.3, eta=3e-9, steps=30)
    evidence, verdicts = judged(make(L1(), **slow, dtype="float32"))
    assert evidence.seen.theta.max_increase == 0 and evidence.is_stalled
    assert verdicts["lemma_5_stated"] == "undecided"
    evidence, verdicts = judged(make(L1(), **slow))
    assert 0 < evidence.seen.theta.max_increase < 1e-8
    assert verdicts["lemma_5_stated"] == "violated"


def test_a_small_rise_counts_by_the_rounding_of_its_own_step():
    """A start near the pole has a short v, and wide allowances, in one step alone."""
    near = [-0.9999, 0.0141, 0.0001]
    run = make(L1(), [3.0, 2.0, 1.0], near, 5e-3, 0.2, 0.25, 200)
    evidence = Evidence(run, simulate(run))
    seen, claim = evidence.seen.theta, RUN_CLAIMS["lemma_5_stated"](evidence)
    small = evidence.angle_step_error / 2  # of the run's shortest v
    rise = seen._replace(max_increase=small, first_increase=jnp.int32(150))
    monitor = evidence.seen._replace(theta=rise)
    risen = Evidence(run, evidence.outcome._replace(monitor=monitor))
    check = RUN_CLAIMS["lemma_5_stated"](risen)
    assert claim.hypotheses.keys() == check.hypotheses.keys()
    always = {"so": jnp.bool_(True)}
    assert VERDICTS[int(verdict(check._replace(hypotheses=always)))] == "violated"


def test_what_rounding_decides_is_never_called_violated():
    """beta at K, eta at its bound, a start at a jump, an unstable fixed point."""
    K = 20 / (2 * math.pi)  # noqa: N806
    w = [3.0, 2.0, 1.0]
    _, verdicts = judged(make(L1(), w, w, 0.1, K, 0.1, 5))
    assert verdicts["lemma_5_stated"] == "undecided"
    _, verdicts = judged(make(L1(), w, w, 0.1, K * (1 - 1e-9), 0.1, 5))
    assert verdicts["lemma_5_stated"] == "violated"
    _, verdicts = judged(make(L1(), w, w, 0.1, 1.0, 1 / (1.0 + K), 5))
    assert verdicts["lemma_6_stated"] == "undecided"
    _, verdicts = judged(make(L1(), w, w, 0.1, 1.0, (1 - 1e-9) / (1.0 + K), 5))
    assert verdicts["lemma_6_stated"] == "violated"
    start = unit(jnp.array(w))
    for off, expected in ((0.0, "undecided"), (1e-9, "violated")):
        lam = float((start[2] * (1 + off)) ** 2 / 2)  # its threshold, for beta = 1
        _, verdicts = judged(make(L0(), w, w, lam, 1.0, 0.2, 1))
        assert verdicts["lemma_5_stated"] == expected
    _, verdicts = judged(make(L1(), w, w, 3.0, 1e-3, 3 / K, 200))
    assert verdicts["lemma_5_stated"] in ("undecided", "not-applicable")


def test_a_float32_start_opposite_to_the_teacher_does_not_rise():
    """The exact run stays there; pi in float32 is above pi, so its sine is negative."""
    w_star = np.random.default_rng(0).normal(size=4).astype(np.float32)
    given = (0.0, 69.0, 1 / 72.2, 100)
    run = make(L1(), w_star, -w_star, *given, dtype="float32")
    evidence, verdicts = judged(run)
    assert evidence.seen.lagrangian.max_increase > 0
    assert "violated" not in verdicts.values()


def test_the_drift_bounds_what_float32_does():
    """Against the same run in float64, at every length; 1 where it is unstable."""
    w_star, start = np.random.default_rng(1).normal(size=(2, 5))
    for steps in (1, 20, 400):
        args = w_star, start, 5e-3, 0.2, 0.1, steps
        narrow, wide = (simulate(make(L1(), *args, dtype=x)) for x in _DTYPES)
        apart = np.linalg.norm(narrow.state.w.astype("float64") - wide.state.w)
        assert apart <= narrow.monitor.drift + 1e-6
        assert narrow.monitor.drift < 1e-5
    unstable = simulate(make(L1(), w_star, w_star, 3.0, 1e-3, 1.0, 400))
    assert unstable.monitor.drift_max == 1


_DTYPES = ("float32", "float64")

"""The judge in 50 digits: right, sharp, and open about what it assumes."""

from itertools import pairwise

import numpy as np
import pyproximal
import pytest
from mpmath import mp, mpf

from rvsjax.penalties import L0
from rvsjax.theory import exact
from rvsjax.theory.exact import CLAIMS, ExactCase, arithmetic, judge, judge_all
from rvsjax.theory.exact.arithmetic import fixed, precisely, real
from rvsjax.theory.exact.penalties import PENALTIES
from rvsjax.theory.exact.replay import ExactRun

KNOWN = ExactCase(  # the counterexample of a start at the teacher
    algorithm="rvscgd",
    penalty="l1",
    own=(),
    k=5,
    readout="sum",
    lam=0.05,
    beta=0.3,
    eta=1 / (0.3 + 5 / (2 * np.pi)) * (1 - 1e-15),
    steps=3,
    w_star=(3, 2, 1, 0.5, 0.25),
    w_start=(3, 2, 1, 0.5, 0.25),
)
PLAIN = KNOWN._replace(
    eta=0.8, steps=100, w_star=(3.0, 2.0, 1.0), w_start=(1.0, 2.0, -1.0)
)
CGD = PLAIN._replace(algorithm="cgd", penalty=None, lam=None, beta=None)


# -- a plain float64 loop --------------------------------------------------------------


def prox(x, m, penalty, a=None):
    """Return the prox of Lemmas 8 and 9."""
    size = np.abs(x)
    if penalty is None:
        return x
    if penalty == "l1":
        return np.sign(x) * np.maximum(size - m, 0)
    if penalty == "l0":
        return np.where(size > np.sqrt(2 * m), x, 0)
    phi = np.arccos(np.maximum(1 - 27 * m * a * (a + 1) / (2 * (a + size) ** 3), -1))
    root = 2 / 3 * (a + size) * np.cos(phi / 3) - 2 * a / 3 + size / 3
    small = m <= a**2 / (2 * (a + 1))
    t = m * (a + 1) / a if small else np.sqrt(2 * m * (a + 1)) - a / 2
    return np.where(size > t, np.sign(x) * root, 0)


def value(u, penalty, a=None):
    """Return P(u)."""
    u = np.abs(u)
    values = {
        "l0": u > 0,
        "l1": u,
        "transformed-l1": (1 + (a or 0)) * u / (u + (a or 1)),
    }
    return np.sum(values[penalty]) if penalty else 0.0


def unit(x):
    return x / np.linalg.norm(x)


def angle(x, y):
    return 2 * np.arctan2(np.linalg.norm(x - y), np.linalg.norm(x + y))


def across(x, w):
    return np.linalg.norm(x - (x @ w) * w)


def observed(problem):
    """Return what every claim observes, and theta and the Lagrangian at every step."""
    p = problem
    K = (p.k if p.readout == "sum" else 1 / p.k) / (2 * np.pi)
    lam, beta = p.lam or 0.0, p.beta or 0.0
    m, b = (lam / beta if p.penalty else 0.0), beta / K
    w_star, w = unit(np.array(p.w_star, float)), unit(np.array(p.w_start, float))
    u = prox(w, m, p.penalty, **dict(p.own))
    theta, lagrangian, falls, lowers = [], [], [], []
    for t in range(p.steps + 1):
        if t:
            u = prox(w, m, p.penalty, **dict(p.own))
            falls.append(np.sin(theta[-1]) >= b * across(u, w))
            v = w - p.eta * K * (w - w_star) - p.eta * beta * (w - u)
            w = unit(v)
            sharp = p.eta <= (1 + np.linalg.norm(v)) / (beta + K)
            lowers.append(sharp and angle(w, w_star) <= theta[-1])
        theta.append(angle(w, w_star))
        penalty = lam * value(u, p.penalty, **dict(p.own))
        coupling = beta / 2 * np.sum((w - u) ** 2)
        lagrangian.append(K * theta[-1] + penalty + coupling)
    end, end_u, sides = w, u, []
    for x in (w_star, prox(end, m, p.penalty, **dict(p.own))):
        sides.append(across(x, end))
    twelve = np.linalg.norm(
        end - unit(w_star + b * prox(end, m, p.penalty, **dict(p.own)))
    )
    for _ in range(300):
        w = unit(w_star + b * prox(w, m, p.penalty, **dict(p.own)))
    u = prox(w, m, p.penalty, **dict(p.own))
    last = K * angle(w, w_star) + lam * value(u, p.penalty, **dict(p.own))
    last += beta / 2 * np.sum((w - u) ** 2)
    C = 1 / (np.linalg.norm(w_star + b * u) - b)
    signs = np.where(u != 0, -np.sign(w_star) * w, -np.inf)
    d_theta, d_lagrangian = np.diff(theta), np.diff(lagrangian)
    values = {
        "lemma_5_stated": d_theta.max(),
        "lemma_5_proved": max(theta),
        "lemma_5_cap": max(theta),
        "lemma_5_strong": max(theta),
        "lemma_5_corrected": d_theta[falls].max(initial=-np.inf),
        "lemma_6_stated": d_lagrangian.max(),
        "lemma_6_corrected": d_lagrangian[lowers].max(initial=-np.inf),
        "theorem_1_angle": d_theta.max(),
        "theorem_1_lagrangian": d_lagrangian.max(),
        "lemma_6_converges": abs(lagrangian[-1] - last),
        "lemma_7": np.linalg.norm(end - w),
        "theorem_1_prox": np.linalg.norm(end_u - u),
        "theorem_1_i": angle(w, w_star),
        "theorem_1_i_strong": angle(w, w_star),
        "equation_12": twelve,
        "identity_13": abs(sides[0] - b * sides[1]),
        "coupling_bound": np.sin(angle(w, w_star)),
        "constant_12": C,
        "corollary_1_1": C,
        "corollary_1_1_stated": C,
        "equation_13": np.linalg.norm(w - w_star),
        "l1_bound": np.sin(angle(w, w_star)),
        "remark_1": max(0, (np.abs(w) - C * np.abs(w_star)).max(), signs.max()),
    }
    return values, theta, lagrangian


def random_problem(seed, penalty, readout):
    draw = np.random.default_rng(seed)
    d, k = int(draw.integers(2, 9)), int(draw.integers(1, 21))
    K = (k if readout == "sum" else 1 / k) / (2 * np.pi)
    return ExactCase(
        algorithm="rvscgd" if penalty else "cgd",
        penalty=penalty,
        own=(("a", draw.uniform(0.2, 5)),) if penalty == "transformed-l1" else (),
        k=k,
        readout=readout,
        lam=K * draw.uniform(0.001, 0.05) if penalty else None,
        beta=K * draw.uniform(0.05, 0.5) if penalty else None,
        eta=draw.uniform(0.1, 1.3) / K,
        steps=6,
        w_star=tuple(draw.normal(size=d).tolist()),
        w_start=tuple(draw.normal(size=d).tolist()),
    )


# -- right -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("readout", ["sum", "mean"])
@pytest.mark.parametrize("penalty", ["l0", "l1", "transformed-l1", None])
def test_agrees_with_a_plain_float64_loop(penalty, readout):
    for seed in range(8):
        problem = random_problem(seed, penalty, readout)
        values, theta, lagrangian = observed(problem)
        for claim, expected in values.items():
            judgement = judge(problem, claim)
            # the sums over d = 8 entries and 6 steps are good to about 1e-14
            assert float(judgement.observed) == pytest.approx(expected, abs=1e-12), (
                claim
            )
            of_theta = claim.startswith("lemma_5") or claim == "theorem_1_angle"
            path = theta if of_theta else lagrangian
            if judgement.before is not None:
                t = judgement.step
                pair = float(judgement.before), float(judgement.after)
                assert pair == pytest.approx(path[t - 1 : t + 1], abs=1e-12)


def test_every_claim_has_a_plain_twin_here_or_a_test_of_its_own():
    values, *_ = observed(random_problem(0, "l1", "sum"))
    assert set(CLAIMS) - set(values) == {"theorem_1_converges", "theorem_1_global"}


def test_one_replay_judges_all_claims_alike():
    together = judge_all(PLAIN)
    assert set(together) == set(CLAIMS)
    for claim, found in together.items():
        assert found == judge(PLAIN, claim)


def test_what_the_last_step_proves_is_true_and_not_idle():
    """The limit, iterated in floats, is within reach of the last iterate."""
    for steps in (10, 15, 20):
        problem = PLAIN._replace(steps=steps)
        found = judge_all(problem, ["theorem_1_converges", "lemma_7"])
        reach = found["theorem_1_converges"].observed
        distance = observed(problem)[0]["lemma_7"]
        assert distance - 1e-14 <= reach < 20 * distance
        assert not found["theorem_1_converges"].violated


@pytest.mark.parametrize(
    "change",
    [
        {"w_start": (-3, -2, -1 - 1e-7), "eta": 0.01, "steps": 3},  # slow at the pole
        {"eta": 0.01, "steps": 3},  # far from its limit
        {"penalty": "l0", "w_start": (3, 2, 0.999), "eta": 1e-6, "steps": 3},  # creeps
    ],
)
def test_a_small_move_alone_proves_nothing(change):
    problem = PLAIN._replace(**change)
    if "penalty" in change:  # the smallest entry is 1e-7 below its threshold
        w = unit(np.array(problem.w_start))
        problem = problem._replace(lam=float(0.15 * (w[2] + 1e-7) ** 2))
    found = judge(problem, "theorem_1_converges")
    assert found.observed == mp.inf and not found.violated
    assert not judge(problem, "lemma_7").hypotheses["the run has converged"]


def test_another_limit_may_have_another_coordinate_instead():
    """Two weights change: not found from supports that differ in one."""
    w_star = (-0.05, 0.27, -0.29, -0.19, -0.23, -0.01, -0.18, 0.13, -0.63, 0.55)
    limit = (-0.03, 0.15, -0.15, -0.1, -0.12, 0.0, -0.1, 0.07, -0.72, 0.63)
    given = {"algorithm": "rvscgd", "penalty": "l0", "own": (), "k": 20}
    given |= {"readout": "sum", "lam": 0.157, "beta": 3.144, "eta": 0.0748, "steps": 40}
    found = judge(ExactCase(w_star=w_star, w_start=limit, **given), "theorem_1_global")
    assert found.violated and found.observed > 0.1


def test_l0_without_lam_has_no_jump():
    given = {"algorithm": "rvscgd", "penalty": "l0", "own": (), "k": 1}
    given |= {"readout": "sum", "lam": 0.0, "beta": 0.1, "eta": 3.0, "steps": 3}
    states = ExactRun(
        ExactCase(w_star=(1.0, 0.0), w_start=(0.0, 1.0), **given)
    ).states()
    assert all(state.drift < 1e-40 for state in states)


def test_another_limit_is_a_witness_against_a_global_one():
    """Equal entries 0.707, a threshold between 0.707/(1 + b) and 0.707/(1 - b)."""
    one = PLAIN._replace(penalty="l0", w_star=(1, 1), w_start=(1, 0.999), eta=0.5)
    m = 0.68**2 / 2
    several = one._replace(lam=m * one.beta, steps=200)
    found = judge(several, "theorem_1_global")
    assert found.violated and found.observed > 0.01
    single = judge(one._replace(lam=1e-3 * one.beta, steps=200), "theorem_1_global")
    assert single.observed == 0 and all(single.hypotheses.values())


def test_bounds():
    K, d, b = 5 / (2 * np.pi), 3, 0.3 / (5 / (2 * np.pi))
    delta = np.pi - angle(unit(np.array(PLAIN.w_star)), unit(np.array(PLAIN.w_start)))
    l0 = PLAIN._replace(penalty="l0")
    t = np.sqrt(2 * 0.05 / 0.3)
    expected = {
        ("lemma_5_stated", PLAIN): 0,
        ("lemma_5_proved", PLAIN): np.pi - min(delta, np.pi / 2),
        ("lemma_5_cap", KNOWN): np.arcsin(b / 2),  # from the teacher
        ("lemma_5_strong", KNOWN): np.arcsin(b),
        ("lemma_5_cap", PLAIN): np.pi - delta,
        ("lemma_5_strong", PLAIN): np.pi - delta,
        ("lemma_6_stated", PLAIN): 0,
        ("theorem_1_i", PLAIN): delta,
        ("constant_12", PLAIN): 1 / (1 - 0.05 * np.sqrt(d) / K),
        ("corollary_1_1", l0): 1 / (1 - b * t * np.sqrt(d)),
        ("l1_bound", PLAIN): 0.05 * np.sqrt(d) / K,
        ("remark_1", PLAIN): 0,
    }
    for (claim, problem), bound in expected.items():
        assert float(judge(problem, claim).bound) == pytest.approx(bound, abs=1e-14)
    # equation (13) as an identity: sin theta = b |u| sin gamma, half of the bound
    bound = judge(PLAIN, "equation_13").bound
    with mp.workdps(50):
        theta = judge(PLAIN, "theorem_1_i").observed
        assert abs(2 * mp.sin(theta) - bound) < mpf("1e-44")


@pytest.mark.slow
def test_the_known_counterexample():
    angles = [0, 0.0453, 0.0526]
    for t, (before, after) in enumerate(pairwise(angles)):
        moved = KNOWN._replace(steps=1, w_start=exact.iterate(KNOWN, t))
        judgement = judge(moved, "lemma_5_stated")
        assert judgement.violated
        assert float(judgement.before) == pytest.approx(before, abs=5e-5)  # 3 digits
        assert float(judgement.after) == pytest.approx(after, abs=5e-5)
        assert judge(moved, "lemma_6_stated").violated
    long = KNOWN._replace(steps=100)
    assert judge(long, "lemma_5_stated").step == 1
    assert float(judge(long, "theorem_1_i").observed) == pytest.approx(0.0559, abs=5e-5)
    assert not judge(long, "lemma_5_proved").violated


@pytest.mark.parametrize(
    ("a", "m", "expected"),
    [
        (1, 0.1, [0.397610, 0.733440, 0.947255, 1.467142, 1.977440]),
        (1, 0.5, [0, 0, 0.618034, 1.313099, 1.879385]),
        (2, 0.3, [0.086563, 0.515549, 0.764468, 1.338501, 1.880462]),
        (0.5, 0.02, [0.484525, 0.791000, 0.993273, 1.496236, 1.997595]),
    ],
)
def test_transformed_l1_reference_values(a, m, expected):
    u = prox_in_floats("transformed-l1", [0.5, 0.8, 1, 1.5, 2], m, a)
    assert np.allclose(u, expected, atol=5.1e-7, rtol=0)  # six digits given


def made(penalty, m, a):
    own = {"a": mpf(a)} if penalty == "transformed-l1" else {}
    return PENALTIES[penalty](mpf(m), **own)


def prox_in_floats(penalty, x, m, a):
    with precisely():
        u = made(penalty, m, a).prox([fixed(p) for p in x])
        return [float(real(p)) for p in u]


def test_transformed_l1_agrees_with_pyproximal():
    x = np.random.default_rng(2).uniform(-3, 3, 200)
    for a, m in [(0.2, 0.01), (1, 0.1), (1, 0.7), (5, 0.3)]:
        theirs = pyproximal.Geman(sigma=(a + 1) * m, gamma=a).prox(x, 1.0)
        # their closed form was seen to be off by 4.5e-14 at a = 1
        u = prox_in_floats("transformed-l1", x.tolist(), m, a)
        assert np.allclose(u, theirs, rtol=0, atol=1e-12 * (1 + a))


@pytest.mark.slow
@pytest.mark.parametrize("penalty", ["l0", "l1", "transformed-l1"])
@pytest.mark.parametrize("m", [1e-3, 0.05, 0.4])
def test_prox_is_the_argmin_on_a_grid(penalty, m):
    a, grid = 0.7, np.arange(-20_000, 20_001) / 1e4  # contains 0
    values = np.array([value(np.array([u]), penalty, a) for u in grid])
    points = np.random.default_rng(1).uniform(-2, 2, 40).tolist()
    for x, u in zip(points, prox_in_floats(penalty, points, m, a)):
        objective = m * values + (grid - x) ** 2 / 2
        here = m * value(np.array([u]), penalty, a) + (u - x) ** 2 / 2
        assert here <= objective.min() + 1e-15
        assert np.min(np.abs(grid[objective <= here + 1e-8] - u)) < 2e-4


def test_transformed_l1_is_stationary_to_50_digits():
    a, m = 0.7, 0.05
    with mp.workdps(55):
        penalty = made("transformed-l1", m, a)
        for x in (mpf(1) / 3, mpf("0.7"), mpf(2), penalty.threshold + mpf("1e-6")):
            u = real(penalty.prox([fixed(x)])[0])
            slope = m * mpf(a) * (mpf(a) + 1) / (a + u) ** 2
            assert u > 0
            assert abs(slope + u - x) < mpf("1e-50")


@pytest.mark.parametrize("penalty", ["l0", "l1", "transformed-l1"])
def test_zero_up_to_the_threshold_and_not_beyond(penalty):
    with precisely():
        exactly = made(penalty, "0.3", 0.5)
        t = fixed(exactly.threshold)
        at, beyond = exactly.prox([t, -t]), exactly.prox([t + 2, -t - 2])
    assert at == [0, 0]
    assert beyond[0] == -beyond[1] > 0


# -- sharp -----------------------------------------------------------------------------


def test_sees_a_violation_of_1e_25():
    # from the teacher theta rises by eta beta |u| sin(gamma) = eta lam / sqrt(13) to
    # first order, where float64 sees no change of w
    small = KNOWN._replace(
        beta=0.1, lam=1e-12, eta=1e-13, steps=1, w_star=(3.0, 2.0), w_start=(3.0, 2.0)
    )
    judgement = judge(small, "lemma_5_stated")
    assert judgement.violated
    assert float(judgement.excess) == pytest.approx(1e-25 / np.sqrt(13), rel=1e-9)
    assert observed(small)[0]["lemma_5_stated"] == 0
    assert judge(small, "lemma_6_stated").violated


def test_a_run_at_rest_violates_nothing():
    # a thousand steps tremble in the last digit; l1 with a teacher of equal entries
    # stays at the teacher, and without a penalty theta falls until it is 0
    equal = PLAIN._replace(w_star=(1.0, 1.0, 1.0), w_start=(1.0, 1.0, 1.0), steps=1000)
    for problem in (equal, CGD._replace(steps=1000)):
        for claim in CLAIMS:
            assert not judge(problem, claim).violated, claim


def test_the_step_of_the_largest_rise_is_found_late_in_a_run():
    problem = KNOWN._replace(w_start=(1.0, -2.0, 1.0, 0.0, 3.0), steps=60)
    _, theta, _ = observed(problem)
    judgement = judge(problem, "lemma_5_stated")
    assert judgement.violated
    assert judgement.step == np.argmax(np.diff(theta)) + 1 > 3


def test_lemma_5_as_proved_names_the_largest_angle():
    far = PLAIN._replace(w_start=PLAIN.w_star, eta=100.0, steps=20)
    judgement = judge(far, "lemma_5_proved")
    _, theta, _ = observed(far)
    assert judgement.step == np.argmax(theta) > 0
    assert judgement.violated


# -- right to the last digit -----------------------------------------------------------


def in_plain_mpmath(p):
    """Return theta and the Lagrangian of every step, from their definitions."""
    K = (p.k if p.readout == "sum" else mpf(1) / p.k) / (2 * mp.pi)
    a = dict(p.own).get("a")
    lam, beta, eta, a = (mpf(x or 0) for x in (p.lam, p.beta, p.eta, a))
    m = lam / beta

    def shrunk(x):
        if p.penalty == "l1":
            return mp.sign(x) * max(abs(x) - m, 0)
        if p.penalty == "l0":
            return x if abs(x) > mp.sqrt(2 * m) else mpf(0)
        small = m <= a**2 / (2 * (a + 1))
        t = m * (a + 1) / a if small else mp.sqrt(2 * m * (a + 1)) - a / 2
        y = a + abs(x)
        phi = mp.acos(max(1 - 27 * m * a * (a + 1) / (2 * y**3), -1))
        root = 2 * y * mp.cos(phi / 3) / 3 - 2 * a / 3 + abs(x) / 3  # Lemma 8
        return mp.sign(x) * root if abs(x) > t else mpf(0)

    def cost(u):
        if p.penalty == "transformed-l1":
            return (a + 1) * abs(u) / (a + abs(u))
        return abs(u) if p.penalty == "l1" else mpf(u != 0)

    def unit(x):
        length = mp.sqrt(sum(q**2 for q in x))
        return [q / length for q in x]

    w_star, w = unit([mpf(q) for q in p.w_star]), unit([mpf(q) for q in p.w_start])
    u, path = [shrunk(q) for q in w], []
    for t in range(p.steps + 1):
        if t:
            u = [shrunk(q) for q in w]
            grad = [K * (q - s) + beta * (q - r) for q, s, r in zip(w, w_star, u)]
            w = unit([q - eta * g for q, g in zip(w, grad)])
        cos = sum(q * s for q, s in zip(w, w_star))
        theta = mp.atan2(
            mp.sqrt(sum((q - cos * s) ** 2 for q, s in zip(w, w_star))), cos
        )
        coupling = beta / 2 * sum((q - r) ** 2 for q, r in zip(w, u))
        path.append((theta, K * theta + lam * sum(map(cost, u)) + coupling))
    return path


@pytest.mark.parametrize("readout", ["sum", "mean"])
@pytest.mark.parametrize("penalty", ["l0", "l1", "transformed-l1"])
def test_agrees_with_plain_mpmath_to_45_digits(penalty, readout):
    for seed in range(8):
        drawn = random_problem(100 + seed, penalty, readout)
        d = min(6, len(drawn.w_star))
        problem = drawn._replace(
            steps=30 + 4 * seed, w_star=drawn.w_star[:d], w_start=drawn.w_start[:d]
        )
        with mp.workdps(60):
            path = in_plain_mpmath(problem)
            with precisely():
                states = [(s.theta, s.lagrangian) for s in ExactRun(problem).states()]
            assert len(states) == len(path)
            for ours, theirs in zip(states, path):
                assert all(abs(x - y) < mpf("1e-45") for x, y in zip(ours, theirs))
            for i, claim in enumerate(("lemma_5_stated", "lemma_6_stated")):
                rises = [after[i] - before[i] for before, after in pairwise(path)]
                judgement = judge(problem, claim)
                assert abs(judgement.observed - max(rises)) < mpf("1e-45")
                assert abs(rises[judgement.step - 1] - max(rises)) < mpf("1e-45")
                assert judgement.error < mpf("1e-44")


@pytest.mark.slow
@pytest.mark.parametrize("penalty", ["l0", "l1", "transformed-l1"])
def test_more_bits_change_nothing(penalty, monkeypatch):
    drawn = random_problem(3, penalty, "sum")
    far = PLAIN._replace(penalty=penalty, own=drawn.own, eta=0.01, steps=2000)
    cases = [
        (problem, claim)
        for problem in (far, drawn._replace(steps=50))
        for claim in ("lemma_5_stated", "lemma_6_stated", "equation_13")
    ]
    before = [judge(*case) for case in cases]
    monkeypatch.setattr(arithmetic, "BITS", 320)
    for case, few in zip(cases, before):
        many = judge(*case)
        assert (few.violated, few.hypotheses) == (many.violated, many.hypotheses)
        with mp.workdps(90):
            assert 0 <= abs(few.excess - many.excess) < mpf("1e-45")
            assert few.observed != many.observed  # more bits were used


# -- what rounding can have done -------------------------------------------------------

# a step backward, of 1 - eta (K + beta) = -1.7: what is rounded grows with every step
CHAOS = PLAIN._replace(penalty="l0", eta=2.5, steps=200)


def iterates(problem):
    with precisely():
        return [([real(x) for x in s.w], s) for s in ExactRun(problem).states()]


@pytest.mark.parametrize("problem", [PLAIN, CHAOS, CHAOS._replace(penalty="l1")])
def test_the_drift_bounds_what_rounding_does(problem, monkeypatch):
    few = iterates(problem)
    monkeypatch.setattr(arithmetic, "BITS", 320)
    moved = []
    for (w, state), (exact_w, _) in zip(few, iterates(problem)):
        moved.append(mp.sqrt(sum((p - q) ** 2 for p, q in zip(w, exact_w))))
        assert moved[-1] <= state.drift
    if problem == CHAOS:
        assert moved[-1] > mpf("1e-40")  # 1e-58 at the first step
    if problem == PLAIN:
        assert few[-1][1].drift < 1e-46


def test_a_rise_that_rounding_may_have_made_is_no_violation():
    found = judge(CHAOS, "lemma_5_stated")
    assert found.violated
    assert mpf("1e-40") < found.error < mpf("1e-30") < found.excess
    for error in (found.excess * 2, mpf("inf")):
        assert not found._replace(error=error).violated
    assert found._replace(error=found.excess / 2).violated


def test_the_largest_rise_is_sought_where_digits_are_left():
    rises = [
        (after.theta - before.theta, before.error + after.error, after.t)
        for (_, before), (_, after) in pairwise(iterates(CHAOS))
    ]
    certain = max(rise for rise in rises if rise[0] > rise[1])
    judgement = judge(CHAOS, "lemma_5_stated")
    assert judgement.step == certain[2]
    assert max(rises)[0] > certain[0]  # a larger one came after the digits were gone


def test_nothing_is_known_beside_a_jump():
    w = 1.0, 0.0
    at = PLAIN._replace(penalty="l0", lam=0.125, beta=0.25, w_star=w, w_start=w)
    for eta in (0.0, 0.5):
        here = at._replace(eta=eta)
        assert judge(here, "lemma_6_stated").error == mp.inf  # sqrt(2 lam/beta) = w_1
        assert not judge(here, "lemma_6_stated").violated
        near = here._replace(lam=0.125 + 2.0**-54)  # float64 has nothing nearer
        assert judge(near, "lemma_6_stated").error < mpf("1e-40")


def test_a_run_without_digits_has_not_converged():
    label = "the run has converged"
    assert judge(PLAIN, "equation_13").hypotheses[label]
    noisy = PLAIN._replace(eta=2.5, steps=300)  # converges, but not provably
    assert not judge(noisy, "equation_13").hypotheses[label]


# -- open about what it assumes --------------------------------------------------------

SHRUNK = "a step with sin(theta) >= (beta/K) |u| sin(gamma)"
LOWERED = "a step with theta_{t+1} <= theta_t and eta <= (1 + |v|)/(beta + K)"


@pytest.mark.parametrize("claim", CLAIMS)
def test_hypotheses_hold_for_a_tame_run(claim):
    of_l0 = claim in ("corollary_1_1", "corollary_1_1_stated")
    tame = PLAIN._replace(penalty="l0", kind=L0) if of_l0 else PLAIN
    judgement = judge(tame, claim)
    assert all(judgement.hypotheses.values()), judgement.hypotheses
    assert judgement.hypotheses


@pytest.mark.parametrize(
    ("label", "claims", "change"),
    [
        (
            "beta <= K sin(min(delta, pi/2))",
            "lemma_5_stated lemma_5_proved lemma_5_strong theorem_1_i constant_12 "
            "corollary_1_1",
            {"beta": 0.8},
        ),
        (
            "eta <= 1/(beta + K)",
            "lemma_5_corrected lemma_5_cap lemma_5_strong lemma_6_stated theorem_1_i "
            "equation_13 remark_1",
            {"eta": 1.0},
        ),
        ("beta <= 2K", "lemma_5_cap", {"beta": 1.6}),
        (
            "theta_0 <= pi - arcsin(beta/(2K))",
            "lemma_5_cap",
            {"w_start": (-3.0, -2.0, -0.7)},
        ),
        (
            "|v| >= 1/2 at every step",
            "lemma_6_stated theorem_1_i constant_12 corollary_1_1",
            {"w_start": (-3.0, -2.0, -1.1)},
        ),
        (
            "lam < K/sqrt(d)",
            "theorem_1_i constant_12 equation_13 remark_1",
            {"lam": 0.46},
        ),
        (
            "beta t sqrt(d) < K, t the threshold",
            "corollary_1_1",
            {"penalty": "l0", "lam": 0.4},
        ),
        (
            "the run has converged",
            "theorem_1_i constant_12 corollary_1_1 equation_13 l1_bound remark_1",
            {"steps": 2},
        ),
        ("the penalty is l1", "constant_12 l1_bound", {"penalty": "l0"}),
        ("the penalty is l0 or transformed-l1", "corollary_1_1", {}),
        ("u is not empty", "remark_1", {"lam": 0.4}),
        (SHRUNK, "lemma_5_corrected", {"w_start": PLAIN.w_star, "steps": 1}),
        (LOWERED, "lemma_6_corrected", {"w_start": PLAIN.w_star, "steps": 1}),
        (LOWERED, "lemma_6_corrected", {"eta": 20.0}),
    ],
)
def test_each_hypothesis_is_reported_where_it_fails(label, claims, change):
    for claim in claims.split():
        judgement = judge(PLAIN._replace(**change), claim)
        assert judgement.hypotheses[label] is False
        assert not judgement.violated


def test_the_start_is_part_of_the_coupling_hypothesis():
    behind = PLAIN._replace(w_start=(-3.0, -2.0, -0.5))  # delta = 0.13, K sin = 0.11
    label = "beta <= K sin(min(delta, pi/2))"
    assert not judge(behind, "lemma_5_stated").hypotheses[label]
    assert judge(behind._replace(beta=0.1), "lemma_5_stated").hypotheses[label]


def test_without_a_penalty_the_hypotheses_on_it_hold():
    hypotheses = judge(CGD, "remark_1").hypotheses
    assert all(hypotheses.values())
    assert not judge(CGD, "constant_12").hypotheses["the penalty is l1"]
    assert not all(judge(CGD, "corollary_1_1").hypotheses.values())


def test_a_vector_without_direction_is_refused():
    with pytest.raises(exact.Degenerate, match="no direction"):
        judge(PLAIN._replace(w_start=(0.0, 0.0, 0.0)), "lemma_5_stated")
    with pytest.raises(exact.Degenerate, match="no direction"):
        arithmetic.unit([1, -1])


def test_directions_of_any_size_are_normalised():
    small = PLAIN._replace(w_star=tuple(p * 2.0**-900 for p in PLAIN.w_star))
    assert judge(small, "lemma_6_stated") == judge(PLAIN, "lemma_6_stated")


def test_watch_is_told_every_step_and_the_precision_is_left_alone():
    told, before = [], mp.prec
    judge(KNOWN, "theorem_1_i", told.append)
    assert told == [1, 2, 3]
    assert mp.prec == before


def test_iterate_is_the_run_in_floats():
    assert exact.iterate(PLAIN, 0) == pytest.approx(unit(np.array(PLAIN.w_start)))
    w = np.array(exact.iterate(PLAIN, 5))
    theta = observed(PLAIN)[1][5]
    assert angle(w, unit(np.array(PLAIN.w_star))) == pytest.approx(theta, abs=1e-14)

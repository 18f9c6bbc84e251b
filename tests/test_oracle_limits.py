"""`oracle_limits` against long runs, Monte Carlo and closed forms."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from tests import oracle, oracle_limits

K = 20
SLOPE = oracle.slope(K, "sum")
PENALTIES = [("l0", None), ("l1", None), ("transformed-l1", 0.2)]
PENALTIES += [("transformed-l1", 3.0)]
FALSE_ALARM = 1e-6  # of the whole Monte Carlo test, were the seed not fixed


def sphere(rng, *shape):
    return oracle.unit(rng.standard_normal(shape))


def sparse_teacher(rng, d):
    w_star = rng.standard_normal(d)
    w_star[rng.choice(d, d // 3, replace=False)] = 0
    return oracle.unit(w_star)


@pytest.mark.parametrize("penalty, a", PENALTIES)
def test_every_long_run_ends_in_one_of_the_limits(penalty, a):
    rng = np.random.default_rng(1)
    several = 0
    for d in (2, 3, 4, 5, 6, 7, 8, 8):
        w_star = sparse_teacher(rng, d)
        beta = SLOPE * rng.uniform(0.2, 0.8)
        m = 10 ** rng.uniform(-2.0, -0.8)
        problem = (penalty, a, K, "sum", m * beta, beta)
        points = oracle_limits.limit_points(w_star, *problem)
        starts = sphere(rng, 40, d)
        teachers = np.tile(w_star, (40, 1))
        eta = 1 / (beta + SLOPE)
        ends = oracle.recompute(teachers, starts, *problem, eta, 300)["w"]
        limits = np.array([point["w"] for point in points])
        distance = oracle.norm(ends[:, None] - limits)
        assert distance.min(axis=1).max() < 1e-10
        several += len(np.unique(distance.argmin(axis=1))) > 1
    if penalty == "l0":
        assert several, "every problem had one limit: nothing was told apart"


def test_l0_has_a_limit_for_every_choice_of_the_ambiguous_coordinates():
    # Equal entries 0.577 with t = 0.56: above t (c - b) for every support, and
    # under t c for every support but the empty one.
    w_star = np.ones(3) / np.sqrt(3)
    beta = 1.0
    problem = ("l0", None, K, "sum", beta * 0.56**2 / 2, beta)
    points = oracle_limits.limit_points(w_star, *problem)
    supports = [point["support"] for point in points]
    assert supports == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    for point in points:
        start = np.where(np.isin(range(3), point["support"]), 1.0, 0.1)
        start = oracle.unit(start[None])
        run = oracle.recompute(w_star[None], start, *problem, 1 / (beta + SLOPE), 100)
        assert oracle.norm(run["w"][0] - point["w"]) < 1e-12
        assert np.array_equal(np.flatnonzero(run["u"][0]), point["support"])
        assert point["theta"] == pytest.approx(run["theta"][0], abs=1e-12)
        # on S |w_j| = |w*_j|/(c - b), off it |w*_j|/c
        expected = w_star / np.where(point["u"] != 0, 1 / point["C"], point["c"])
        assert oracle.norm(point["w"] - expected) < 1e-12
        measured = np.sin(point["theta"])
        implied = beta / SLOPE * oracle.norm(point["u"]) * np.sin(point["gamma"])
        assert measured == pytest.approx(implied, abs=1e-12)


def test_transformed_l1_can_end_where_its_prox_is_steep():
    # The one limit has b prox' > c: it is the smaller root of its coordinate, and
    # stable because w is nearly that axis.
    w_star = np.array([0.98, np.sqrt(1 - 0.98**2)])
    b, a, m = 0.8, 1.5, 0.51
    problem = ("transformed-l1", a, K, "sum", m * b * SLOPE, b * SLOPE)
    (point,) = oracle_limits.limit_points(w_star, *problem)
    around = np.array([-1e-6, 1e-6]) + point["w"][0]
    slope = np.diff(oracle.prox("transformed-l1", around, m, a)) / 2e-6
    assert b * slope > 1.05 * point["c"]
    assert point["rate"] < 0.1
    starts = sphere(np.random.default_rng(6), 40, 2)
    ends = oracle.recompute(
        np.tile(w_star, (40, 1)), starts, *problem, 1 / ((b + 1) * SLOPE), 100
    )["w"]
    assert oracle.norm(ends - point["w"]).max() < 1e-12


@pytest.mark.parametrize("penalty, a", PENALTIES)
def test_the_rate_is_the_factor_of_the_error_of_a_step(penalty, a):
    w_star = oracle.unit(np.array([4.0, 3, 2, 1]))
    b, m = 0.5, 0.06
    problem = (penalty, a, K, "sum", m * b * SLOPE, b * SLOPE)
    for point in oracle_limits.limit_points(w_star, *problem):
        w = oracle.unit(point["w"] + 1e-5 * np.array([1, -1, 1, -1]))
        errors = []
        for _ in range(9):
            w = oracle.unit(w_star + b * oracle.prox(penalty, w, m, a))
            errors.append(oracle.norm(w - point["w"]))
        assert errors[-1] / errors[-2] == pytest.approx(point["rate"], rel=0.02)


def test_an_empty_u_leaves_the_teacher():
    w_star = np.array([0.6, -0.8, 0.0])
    for beta in (1.0, 2 * SLOPE):  # c = 1 lies under b at the second
        (point,) = [
            point
            for point in oracle_limits.limit_points(
                w_star, "l1", None, K, "sum", 0.9 * beta, beta
            )
            if not point["support"]
        ]
        assert np.array_equal(point["w"], w_star) and not point["u"].any()
        assert point["c"] == pytest.approx(1) and np.isnan(point["gamma"])


def test_too_many_candidates_are_refused():
    w_star = np.ones(15) / np.sqrt(15)
    with pytest.raises(ValueError, match="15 candidates"):
        oracle_limits.limit_points(w_star, "l0", None, K, "sum", 1e-3, 1.0)


@pytest.mark.parametrize("penalty, a", PENALTIES)
def test_a_run_that_starts_at_a_limit_meets_every_equation(penalty, a):
    rng = np.random.default_rng(2)
    w_star = sparse_teacher(rng, 8)
    problem = (penalty, a, K, "sum", 0.02, 0.8)
    for point in oracle_limits.limit_points(w_star, *problem):
        result = oracle_limits.claims(w_star, point["w"], *problem, 0.2, 3)
        for name in ("equation_12", "identity_13", "remark_1"):
            assert result[name][0] < 1e-12 and result[name][1:] == (None, True)
        for name in ("theorem_1_i", "equation_13", "l1_bound"):
            observed, bound, hypothesis = result[name]
            assert hypothesis == (name != "l1_bound" or penalty == "l1")
            assert not hypothesis or observed <= bound + 1e-12
        # |u| <= cos(gamma) for every prox with 0 <= prox(x)/x <= 1
        assert np.sin(point["theta"]) <= 0.8 / SLOPE / 2
        name = "constant_12" if penalty == "l1" else "corollary_1_1"
        observed, bound, hypothesis = result[name]
        assert hypothesis and observed == pytest.approx(point["C"], rel=1e-12)
        assert observed <= bound


@pytest.mark.parametrize("penalty, a", PENALTIES)
def test_the_steps_are_those_of_the_vectorised_oracle(penalty, a):
    rng = np.random.default_rng(3)
    w_star, start = sphere(rng, 6), sphere(rng, 6)
    setting = (penalty, a, 3, "mean", 2e-3, 0.02, 4.0)
    result = oracle_limits.claims(w_star, start, *setting, 50)
    run = oracle.recompute(w_star[None], start[None], *setting, 50)
    assert run["length_min"][0] > 1 / 2
    for name, column in [
        ("lemma_5_stated", "theta_max_increase"),
        ("lemma_5_proved", "theta_max"),
        ("lemma_6_stated", "lagrangian_max_increase"),
        ("theorem_1_i", "theta"),
        ("equation_13", "error"),
    ]:
        assert result[name][0] == pytest.approx(run[column][0], abs=1e-14)
    slope = 1 / (2 * np.pi * 3)
    delta = np.pi - run["theta_0"][0]
    beta_max = slope * np.sin(min(delta, np.pi / 2))
    ratios = 0.02 / beta_max, 2e-3 * np.sqrt(6) / slope, 4.0 * (0.02 + slope)
    assert result["ratios"] == pytest.approx(ratios, rel=1e-12)
    assert result["theorem_1_i"][1] == pytest.approx(delta, abs=1e-14)


def test_the_known_counterexample_breaks_both_lemmas_as_stated():
    w_star = oracle.unit(np.array([3, 2, 1, 0.5, 0.25]))
    eta = 1 / (0.3 + oracle.slope(5, "sum"))
    result = oracle_limits.claims(
        w_star, w_star, "l1", None, 5, "sum", 0.05, 0.3, eta, 3
    )
    assert result["lemma_5_stated"] == (pytest.approx(0.0453, abs=5e-5), 0, True)
    assert result["lemma_6_stated"] == (pytest.approx(0.0340, abs=3e-4), 0, True)
    assert not result["lemma_5_corrected"][2] and not result["lemma_6_corrected"][2]


def test_the_corrected_lemmas_hold_where_the_stated_ones_fail():
    rng = np.random.default_rng(4)
    judged = dict.fromkeys(
        ("lemma_5_stated", "lemma_5_corrected", "lemma_6_stated", "lemma_6_corrected"),
        0,
    )
    violated = dict.fromkeys(judged, 0)
    too_long = 0
    for number in range(300):
        d = rng.integers(2, 9)
        penalty, a = PENALTIES[number % len(PENALTIES)]
        w_star = sparse_teacher(rng, d)
        start = sphere(rng, d)
        if number % 3 == 0:  # near the teacher, where overshooting shows
            start = oracle.unit(w_star + 0.2 * start)
        beta = SLOPE * 10 ** rng.uniform(-2, 0)
        lam = SLOPE / np.sqrt(d) * 10 ** rng.uniform(-3, 0)
        eta = rng.choice([0.1, 0.5, 1.0, 1.8, 3.0]) * (1 - 1e-15) / (beta + SLOPE)
        result = oracle_limits.claims(
            w_star, start, penalty, a, K, "sum", lam, beta, eta, 30
        )
        for name in judged:
            observed, bound, hypothesis = result[name]
            judged[name] += hypothesis
            violated[name] += hypothesis and observed > bound + 1e-12
        observed, bound, hypothesis = result["lemma_5_corrected"]
        too_long += not hypothesis and observed > bound + 1e-12
    assert min(judged.values()) > 100
    assert violated["lemma_5_corrected"] == violated["lemma_6_corrected"] == 0
    assert violated["lemma_5_stated"] > 20 and violated["lemma_6_stated"] > 20
    assert too_long > 10, "Lemma 5 needs eta <= 1/(beta + K): this must be seen"


def test_the_cap_probability_is_the_share_of_uniform_starts():
    rng = np.random.default_rng(5)
    cases = [(2, 0.4), (3, 1.0), (3, 2.0), (8, 1.2), (50, 1.5), (50, 1.7)]
    runs = 100_000
    for d, delta in cases:
        first = rng.standard_normal(runs)
        rest = rng.chisquare(d - 1, runs)
        theta = np.arctan2(np.sqrt(rest), first)  # of a Gaussian vector and e_1
        hits = np.count_nonzero(theta <= np.pi - delta)
        test = binomtest(hits, runs, oracle_limits.cap_probability(d, delta))
        assert test.pvalue > FALSE_ALARM / len(cases)


def test_the_cap_probability_in_the_plane_and_in_space():
    for delta in (0.0, 0.01, 1.0, np.pi / 2, 3.0, np.pi):
        plane = oracle_limits.cap_probability(2, delta)
        space = oracle_limits.cap_probability(3, delta)
        assert plane == pytest.approx(1 - delta / np.pi, abs=1e-13)
        assert space == pytest.approx((1 + np.cos(delta)) / 2, abs=1e-13)
        assert oracle_limits.cap_probability(10**4, np.pi / 2) == pytest.approx(0.5)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.999])
def test_the_wilson_interval_is_the_closed_form(level):
    z = norm.isf((1 - level) / 2)
    for successes, n in [(0, 10), (10, 10), (1, 1), (3, 7), (512, 512), (60, 1000)]:
        share = successes / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        low, high = oracle_limits.wilson(successes, n, z)
        assert low == pytest.approx(centre - z * half, abs=1e-12)
        assert high == pytest.approx(centre + z * half, abs=1e-12)

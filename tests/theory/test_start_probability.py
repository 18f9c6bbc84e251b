"""The probability of a start in the cap, and the verdicts on shares of starts."""

import math

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from rvsjax.theory import VERDICTS
from rvsjax.theory.start_probability import (
    FALSE_ALARMS,
    Share,
    cap_probability,
    start_probability,
)

SINES = [0.01, 0.1, 0.5, 0.9, 1.0]

# -- the probability -------------------------------------------------------------------


def uniform_angles(d, n, seed):
    """Draw uniform starts; return their angles to a fixed teacher in radians."""
    rng = np.random.default_rng(seed)
    along = rng.normal(size=n)
    across = np.sqrt(rng.chisquare(d - 1, size=n)) if d > 1 else np.zeros(n)
    return np.arctan2(across, along)


@pytest.mark.parametrize("d", [1, 2, 3, 10, 50, 1000])
def test_the_probability_by_drawing(d):
    """An exact binomial test; of all seeds 1e-6 would fail, at most, together."""
    n = 200_000
    theta = uniform_angles(d, n, seed=d)
    for sine in SINES:
        inside = int(np.sum(theta <= math.pi - math.asin(sine)))
        p = cap_probability(d, sine)
        level = 1e-6 / (6 * len(SINES))
        assert scipy.stats.binomtest(inside, n, p).pvalue > level, (d, sine)


def test_the_draws_are_those_of_normalised_gaussians():
    """By which a start is drawn: the short cut above has the same law."""
    rng = np.random.default_rng(0)
    w = rng.normal(size=(20_000, 7))
    theta = np.arccos(w[:, 0] / np.linalg.norm(w, axis=1))
    assert scipy.stats.ks_2samp(theta, uniform_angles(7, 20_000, 1)).pvalue > 1e-6


@pytest.mark.parametrize("d", [2, 3, 10, 50, 1000])
@pytest.mark.parametrize("sine", SINES)
def test_the_probability_by_integration(d, sine):
    """Theta has the density ``sin^(d-2)``, up to a factor: no beta function."""
    delta = math.asin(sine)

    def weight(theta):
        return math.sin(theta) ** (d - 2)

    middle = {"points": [math.pi / 2 - 5 / d**0.5, math.pi / 2]} if d > 25 else {}
    options = {"limit": 400, "epsabs": 0, "epsrel": 1e-12}
    half, _ = scipy.integrate.quad(weight, 0, math.pi / 2, **options, **middle)
    last, _ = scipy.integrate.quad(weight, 0, delta, **options)
    expected = 1 - last / (2 * half)
    assert math.isclose(cap_probability(d, sine), expected, rel_tol=1e-9)


def test_the_probability_in_closed_form():
    """A circle, a sphere, and a half of each."""
    for sine in SINES:
        delta = math.asin(sine)
        assert math.isclose(cap_probability(2, sine), 1 - delta / math.pi)
        sphere = 0.5 + 0.5 * math.cos(delta)
        assert math.isclose(cap_probability(3, sine), sphere, rel_tol=1e-12)
    for d in (1, 2, 3, 10, 50, 1000):
        assert cap_probability(d, 1.0) == 0.5


@pytest.mark.parametrize("d", [2, 3, 10, 50])
def test_a_tiny_sine_in_many_digits(d):
    """``1 - p`` is lost in rounding where it is small, p is not."""
    for sine in (1e-300, 1e-12, 1e-6, 1e-3):
        with mpmath.workdps(50):
            square = mpmath.mpf(sine) ** 2
            half = mpmath.betainc(
                mpmath.mpf(d - 1) / 2, mpmath.mpf(1) / 2, 0, square, regularized=True
            )
            expected = float(1 - half / 2)
        assert math.isclose(cap_probability(d, sine), expected, rel_tol=4e-16)
    assert cap_probability(d, 0.0) == 1.0


def test_beyond_one_no_start_will_do():
    for d in (1, 2, 50):
        assert cap_probability(d, 1 + 1e-12) == 0.0
        assert cap_probability(d, math.inf) == 0.0


def test_in_one_dimension_a_start_is_the_teacher_or_its_opposite():
    assert cap_probability(1, 0.0) == 1.0
    assert cap_probability(1, 1e-300) == 0.5
    assert cap_probability(1, 1.0) == 0.5


@pytest.mark.parametrize("d", [2, 3, 10, 1000])
def test_a_larger_beta_or_a_smaller_dimension_leaves_fewer_starts(d):
    found = [cap_probability(d, sine) for sine in np.linspace(0, 1, 101)]
    assert np.all(np.diff(found) <= 0)
    assert cap_probability(d + 1, 0.3) >= cap_probability(d, 0.3)


# -- the verdicts ----------------------------------------------------------------------


def verdicts_of_all(starts, p, *, together=False):
    """Return the verdict of every count that there can be.

    Each judged alone, or together as so many settings, which share the level.
    """
    shares = [Share(satisfied, starts, p) for satisfied in range(starts + 1)]
    if together:
        return start_probability(shares)
    return [start_probability([share])[0] for share in shares]


CHANCES = [0.0, 1e-9, 1e-3, 0.1, 0.5, 0.77, 0.999, 1 - 1e-9, 1.0]


@pytest.mark.slow
@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("starts", [1, 2, 16, 100, 500])
def test_a_true_probability_is_hardly_ever_violated(starts, together):
    """The exact chance of a false alarm, over all counts: 1e-6 over all settings."""
    settings = starts + 1 if together else 1
    for p in CHANCES:
        found = np.array(verdicts_of_all(starts, p, together=together))
        law = scipy.stats.binom.pmf(np.arange(starts + 1), starts, p)
        alarm = law[found == "violated"].sum()
        assert settings * alarm <= FALSE_ALARMS * (1 + 1e-9), p
        assert law[found == "undecided"].sum() < 0.17, p  # one start: 1 - p up to 1/6


def test_a_true_share_holds_mostly():
    """The Wilson interval covers 95 % nearly; the rest is undecided, not violated."""
    for p in (0.1, 0.5, 0.77):
        found = np.array(verdicts_of_all(500, p))
        law = scipy.stats.binom.pmf(np.arange(501), 500, p)
        assert abs(law[found == "holds"].sum() - 0.95) < 0.015


@pytest.mark.parametrize("p", CHANCES)
def test_verdicts_follow_the_distance_to_the_probability(p):
    """Outwards from p: holds, then undecided, then violated, never back."""
    order = {"holds": 0, "undecided": 1, "violated": 2}
    ranks = np.array([order[x] for x in verdicts_of_all(100, p)])
    centre = round(100 * p)
    assert ranks[centre] == 0
    assert np.all(np.diff(ranks[centre:]) >= 0)
    assert np.all(np.diff(ranks[: centre + 1]) <= 0)


def test_what_cannot_be_is_violated_at_once():
    assert start_probability([Share(1, 2, 0.0)]) == ["violated"]
    assert start_probability([Share(99, 100, 1.0)]) == ["violated"]
    assert (
        start_probability([Share(0, 100, 0.0), Share(100, 100, 1.0)]) == ["holds"] * 2
    )


def test_a_wrong_law_is_violated():
    """Angles all alike, in 10 dimensions with 1000 starts of each beta."""
    theta = np.random.default_rng(0).uniform(0, math.pi, 1000)
    shares = [
        Share(
            int(np.sum(theta <= math.pi - math.asin(s))), 1000, cap_probability(10, s)
        )
        for s in (0.1, 0.3, 0.6)
    ]
    assert start_probability(shares) == ["violated"] * 3


@pytest.mark.parametrize("d", [2, 3, 10, 50])
def test_true_shares_are_never_violated(d):
    shares = []
    for seed in range(40):
        theta = uniform_angles(d, 256, 1000 * d + seed)
        for sine in SINES:
            inside = int(np.sum(theta <= math.pi - math.asin(sine)))
            shares.append(Share(inside, 256, cap_probability(d, sine)))
    found = start_probability(shares)
    assert set(found) <= {"holds", "undecided"}
    assert found.count("holds") > 0.85 * len(found)


def test_the_level_is_shared_by_the_settings():
    """A share that alone is violated need not be among many."""
    n, p = 400, 0.5
    alone = np.array(verdicts_of_all(n, p))
    among = np.array(verdicts_of_all(n, p, together=True))
    assert np.sum(among == "violated") < np.sum(alone == "violated")
    assert np.all(alone[among == "violated"] == "violated")


def test_no_starts_no_verdict():
    assert start_probability([]) == []


def test_verdicts_are_those_of_every_claim():
    found = {x for p in CHANCES for x in verdicts_of_all(100, p)}
    assert found == set(VERDICTS) - {"not-applicable"}

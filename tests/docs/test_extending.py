"""A penalty, a method and a claim made as the page says: they run and are right."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from rvsjax.penalties import PENALTIES
from rvsjax.theory import VERDICTS, verdict
from tests.docs.pages import follow


@pytest.fixture(scope="module")
def made():
    """What the page leaves; that it prints what it shows is checked on the way."""
    names = follow("how_to/extending.md")
    yield names
    del PENALTIES["soft-ridge"]


@pytest.mark.slow
@pytest.mark.parametrize("m", [0.05, 0.4, 2.0])
def test_the_penalty_has_the_prox_of_its_value(made, m):
    """Against SciPy's minimiser of the definition, on both sides of the threshold."""
    penalty = made["ElasticNet"](jnp.array(2.0))
    for x in np.random.default_rng(0).uniform(-3, 3, 20):

        def objective(u, x=x):
            return m * (abs(u) + u**2) + (u - x) ** 2 / 2

        least = minimize_scalar(objective, bounds=(-3, 3), options={"xatol": 1e-10}).x
        assert penalty.prox(jnp.array([x]), m)[0] == pytest.approx(least, abs=1e-6)
        u = jnp.array([x])
        assert penalty.value(u) == pytest.approx(abs(x) + x**2)


def test_the_method_is_the_one_of_its_equation(made):
    """Against plain NumPy, with K = 20/(2 pi) and E g(w) = K (w - w_star), |w| = 1."""
    run, outcome = made["run"], made["implicit"]
    w, w_star = np.asarray(run.start), np.array([0.6, 0.8, 0.0])
    for _ in range(run.steps):
        u = np.sign(w) * np.maximum(np.abs(w) - 0.4, 0) / (1 + 0.4 * 2)
        v = w - 0.1 * 20 / (2 * np.pi) * (w - w_star) + 0.1 * 0.5 * u
        w = v / np.linalg.norm(v)
    np.testing.assert_allclose(outcome.state.w, w, atol=1e-12)


def test_the_claim_can_fail(made):
    """With a bound that the run is beyond; as it stands, the run is within it."""
    evidence = made["Evidence"](made["run"], made["outcome"])
    check = made["cap"](evidence)
    for lower, expected in ((0.0, "holds"), (0.1, "violated")):
        told = verdict(check._replace(bound=check.bound - lower))
        assert VERDICTS[int(told)] == expected

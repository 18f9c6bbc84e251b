"""What mutations of the C++ kernels slipped through, caught.

Each test turns red for at least one change of a sign, a sum or a bound in the kernels
that the other tests did not see.
"""

import jax
import numpy as np
import pytest

from rvsjax.simulation import rounding
from rvsjax.simulation.kernels import native
from rvsjax.simulation.simulate import simulate
from tests.simulation.kernels.runs import (
    FEW,
    both,
    close,
    compare,
    directions,
    each_double,
    each_way,
    make_runs,
    near,
    needs_compiler,
    quickly,
)

pytestmark = [needs_compiler, pytest.mark.slow]
PLANE = {"runs": 8, "d": 2, "steps": 60}  # few programs serve many tests
K = 20 / (2 * np.pi)


def all_equal(**values):
    return {name: np.full(8, value) for name, value in values.items()}


@each_way
@pytest.mark.parametrize("share", [0.85, 1.2])
def test_a_square_that_overflows_stops_no_run_too_early(way, penalty, dtype, share):
    """(eta K)^2 beyond the largest number, |v| not: the run stops at its second step,
    after one that left the support."""
    rng = np.random.default_rng(4)
    w_star = directions(rng, 13, 12, 12)
    eta = np.full(13, 0.05)
    eta[[1, 6]] = share * float(np.sqrt(np.finfo(dtype).max)) / K
    given = {"lam": 0.02, "beta": 0.5, "a": 1.0}
    given = {name: np.full(13, value) for name, value in given.items()}
    start = near(rng, w_star, 0.1)
    runs = make_runs(penalty, dtype, w_star=w_star, start=start, eta=eta, **given)
    plain, fast = both(runs, way)
    np.testing.assert_array_equal(plain.monitor.first_bad_step[np.array([1, 6])], 2)
    np.testing.assert_array_equal(
        fast.monitor.first_bad_step, plain.monitor.first_bad_step
    )
    tolerance = 5e-6 if dtype == "float32" else 1e-12
    close(fast.state.w, plain.state.w, tolerance)
    close(fast.state.u, plain.state.u, tolerance)
    close(fast.curves.theta, plain.curves.theta, tolerance)
    np.testing.assert_array_equal(
        *(x.curves.nnz_u[np.array([1, 6])] for x in (fast, plain))
    )


@each_double
@pytest.mark.parametrize(("distance", "eta"), [(0.01, 0.1), (0.3, 0.45)])
def test_rises_outside_the_corrected_lemmas_do_not_count(
    way, penalty, dtype, distance, eta
):
    rng = np.random.default_rng(3)
    w_star = directions(rng, 64, 12, 12)
    given = {
        "start": near(rng, w_star, distance),
        "lam": 10 ** rng.uniform(-2, -1, 64),
        "beta": 10 ** rng.uniform(-1, 0.3, 64),
        "eta": eta * 10 ** rng.uniform(-0.3, 0.3, 64),
        "a": np.ones(64),
    }
    runs = make_runs(penalty, dtype, w_star=w_star, **given, **FEW)
    plain, fast = both(runs, way)
    for name in ("theta", "lagrangian"):
        found, expected = (getattr(x.monitor, name) for x in (fast, plain))
        assert np.sum(expected.max_increase_covered < expected.max_increase - 1e-6) > 4
        close(found.max_increase_covered, expected.max_increase_covered, 1e-12)


@each_double
def test_steps_of_any_length(way, penalty, dtype):
    """Changes of the angle that a short series would not give."""
    rng = np.random.default_rng(9)
    w_star = directions(rng, 64, 12, 12)
    given = {
        "start": near(rng, -w_star, 0.3),
        "lam": np.full(64, 0.02),
        "beta": 10 ** rng.uniform(-1, 0.5, 64),
        "eta": 10 ** rng.uniform(-1, 0, 64),
        "a": np.ones(64),
    }
    runs = make_runs(penalty, dtype, w_star=w_star, **given, **FEW)
    plain, fast = both(runs, way)
    turned = np.abs(np.diff(plain.curves.theta))
    assert np.sum(turned > 1) > 10 and np.sum((turned > 0.2) & (turned < 0.6)) > 5
    compare(plain, fast, 1e-11)


@each_double
def test_a_step_through_zero_to_the_other_side_of_every_threshold(way, penalty, dtype):
    flat = np.full((8, 2), 2**-0.5)
    given = all_equal(lam=0.005, beta=1.0, a=1.0)
    eta = np.linspace(0.6, 0.95, 8) / K
    runs = make_runs(
        penalty, dtype, w_star=flat, start=-flat, eta=eta, **given, **PLANE
    )
    plain, fast = both(runs, way)
    assert (np.asarray(plain.curves.theta)[:, -1] < 1e-6).all()
    compare(plain, fast, 1e-7 if penalty == "transformed-l1" else 1e-12)


@each_double
def test_what_rounding_leaves_of_a_vector_is_no_direction(way, penalty, dtype):
    """w is -w* but for its last bit, and u is empty."""
    w_star = np.full((8, 2), 0.7071067811865475)
    given = all_equal(lam=9.0, beta=1e-3, a=1.0)
    eta = 10 ** np.linspace(-5, -2.2, 8)
    start = -np.nextafter(w_star, 1)
    runs = make_runs(
        penalty,
        dtype,
        w_star=w_star,
        start=start,
        eta=eta,
        **given,
        **PLANE,
    )
    plain, fast = both(runs, way)
    close(fast.state.w, plain.state.w, 1e-12)
    close(fast.monitor.theta.value, plain.monitor.theta.value, 1e-12)


@each_way
def test_a_weight_at_its_threshold_is_not_in_the_support(way, penalty, dtype):
    """Thresholds of exactly 1/2, for transformed l1 also as a jump, and weights of it.

    sqrt(2 m) = m (a+1)/a = sqrt(2 m (a+1)) - a/2 = 1/2, and no step moves.
    """
    m = {"l0": [0.125], "l1": [0.5], "transformed-l1": [0.25, 0.1875]}[penalty]
    given = {"lam": np.resize(m, 2), "a": np.array([1.0, 0.5]), "start": [[0.5] * 4]}
    runs = make_runs(penalty, dtype, runs=2, d=4, steps=3, beta=1.0, eta=0.0, **given)
    for found in both(runs, way):
        np.testing.assert_array_equal(found.state.u, 0)
        np.testing.assert_array_equal(found.curves.nnz_u, 0)


@each_way
def test_from_a_tie_on_the_drift_is_unknown(way, penalty, dtype):
    """A start at a threshold, one half a drift beside it, one far; limits at it, met
    in the middle of a run or never."""
    lam, a, t = {"transformed-l1": (0.1875, 0.5, 0.5)}.get(penalty, (0.125, 1.0, 0.5))
    eps = np.finfo(dtype).eps
    entries = t + np.array([0, 4 * eps, -4 * eps, 1e-3, -1e-3] * 2)[:8]
    start = np.stack([entries, np.sqrt(1 - entries**2)], axis=1)
    on_it = np.array([[t, np.sqrt(1 - t**2)]] * 8)  # where steps with u = 0 lead
    for w_star, eta in ((start, 0.0), (start, 0.2), (on_it, 0.2), (start[4::-1], 0.2)):
        given = {"lam": lam, "a": a, "beta": 1.0, "eta": eta, "start": start}
        given |= {"w_star": np.resize(w_star, (8, 2))}
        plain, fast = both(make_runs(penalty, dtype, **given, **PLANE), way)
        unknown = np.asarray(plain.monitor.drift_max) == 1
        np.testing.assert_array_equal(np.asarray(fast.monitor.drift_max) == 1, unknown)
        if penalty == "l1":
            assert not unknown.any()
        elif not eta:
            np.testing.assert_array_equal(unknown[:5], [True] * 3 + [False] * 2)


@each_double
def test_allowances_for_rounding(monkeypatch, way, penalty, dtype):
    """Made so large that they decide which step is a rise, and which settles."""
    monkeypatch.setattr(rounding, "epsilon", lambda hyper: 3e-7)
    rng = np.random.default_rng(6)
    w_star = directions(rng, 512, 3, 3)
    beta = 10 ** rng.uniform(0, 0.8, 512)
    given = {
        "start": near(rng, w_star, 0.1),
        "beta": beta,
        "lam": beta * 10 ** rng.uniform(-2, -0.8, 512),
        "eta": rng.uniform(0.03, 0.15, 512),
        "a": np.ones(512),
    }
    runs = make_runs(penalty, dtype, runs=512, d=3, steps=60, w_star=w_star, **given)
    options = {"compiler_options": quickly}  # no program from before this epsilon
    plain = jax.jit(jax.vmap(lambda run: simulate(run)), **options)(runs)
    fast = jax.jit(jax.vmap(lambda run: native.simulate(run, way)), **options)(runs)
    for name in ("theta", "lagrangian"):
        found, expected = (
            getattr(x.monitor, name).first_increase for x in (fast, plain)
        )
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        fast.monitor.last_unsettled, plain.monitor.last_unsettled
    )

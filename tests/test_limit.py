"""The closed form of the limit against brute force over supports, and against runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rvsjax
from rvsjax.limit import _root, limit_point, limit_points
from rvsjax.penalties import L0, L1, NoPenalty, TransformedL1
from rvsjax.simulate import simulate
from rvsjax.teacher import Teacher
from rvsjax.types import Hyper
from tests import oracle_limits
from tests.test_simulate import make_run

PENALTIES = {
    "l0": lambda a: L0(),
    "l1": lambda a: L1(),
    "transformed-l1": lambda a: TransformedL1(jnp.float64(a)),
}


RUN = jax.jit(simulate)


def problem(penalty, rng, *, d=6, k=20, most_b=0.5):
    """A run with its names, as the brute force wants them."""
    a = float(rng.choice([0.1, 1.0, 5.0]))
    slope = k / (2 * np.pi)
    beta = slope * 10 ** rng.uniform(-2, np.log10(most_b))
    lam = beta * 10 ** rng.uniform(-3, -1)
    w_star = rng.normal(size=d) * (rng.random(d) < 0.8)
    w_star[0] = 1.0
    w_star /= np.linalg.norm(w_star)
    hyper = Hyper(*map(jnp.float64, (lam, beta, 1 / (beta + slope))))
    teacher = Teacher(jnp.asarray(w_star), k)
    start = rng.normal(size=d)
    run = make_run(
        PENALTIES[penalty](a),
        teacher=teacher,
        start=jnp.asarray(start / np.linalg.norm(start)),
        hyper=hyper,
        steps=300,
        points=2,
    )
    return run, (w_star, penalty, a, k, "sum", lam, beta)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_limit_is_one_of_the_brute_force_and_the_other_way_round(penalty):
    rng = np.random.default_rng(5)
    several = 0
    for _ in range(25):
        run, names = problem(penalty, rng)
        expected = {p["support"]: p for p in oracle_limits.limit_points(*names)}
        found = limit_points(run)
        several += len(found) > 1
        supports = {tuple(np.flatnonzero(point.u).tolist()) for point in found}
        assert supports == set(expected)
        for point in found:
            other = expected[tuple(np.flatnonzero(point.u).tolist())]
            for name in ("w", "u", "C", "theta"):
                assert np.allclose(getattr(point, name), other[name], atol=1e-12), name
            if point.u.any():
                assert np.isclose(point.gamma, other["gamma"], atol=1e-12)
            else:
                assert point.gamma == 0
            assert len(found) == 1 or not point.unique
    assert (several > 0) == (penalty != "l1")


@pytest.mark.parametrize("penalty", PENALTIES)
def test_runs_end_at_their_limit(penalty):
    """Whichever of several; to rounding, where the design asks for 1e-9."""
    rng = np.random.default_rng(7)
    for _ in range(10):
        run, _ = problem(penalty, rng)
        last = RUN(run).state.w
        limit = limit_point(run, last)
        assert limit.found
        assert np.linalg.norm(last - limit.w) < 1e-13


def test_starts_near_each_limit_reach_it():
    """Three equal entries near the threshold: seven limits, each with its own start."""
    w_star = np.full(3, 1 / np.sqrt(3))
    lam, beta = 0.56**2 / 2, 1.0
    hyper = Hyper(*map(jnp.float64, (lam, beta, 0.2)))
    teacher = Teacher(jnp.asarray(w_star), 20)
    run = make_run(L0(), teacher=teacher, start=teacher.w_star, hyper=hyper)
    points = limit_points(run)
    assert len(points) == 7
    assert not limit_point(run).unique
    reached = set()
    for point in points:
        near = make_run(L0(), teacher=teacher, start=point.w, hyper=hyper, steps=200)
        last = RUN(near).state.w
        assert np.allclose(last, point.w, atol=1e-14)
        reached.add(tuple(np.flatnonzero(np.abs(last) > 0.56).tolist()))
    assert len(reached) == 7


def test_unique_is_decided_by_trying_all_choices():
    """Of equal entries in the band, sometimes one support alone is left."""
    decided = set()
    for t in np.linspace(0.5, 0.9, 41):
        w_star = np.full(2, 1 / np.sqrt(2))
        hyper = Hyper(*map(jnp.float64, (t**2 / 2 * 0.8, 0.8, 0.2)))
        teacher = Teacher(jnp.asarray(w_star), 20)
        run = make_run(L0(), teacher=teacher, start=teacher.w_star, hyper=hyper)
        names = (w_star, "l0", None, 20, "sum", t**2 / 2 * 0.8, 0.8)
        points = oracle_limits.limit_points(*names)
        limit = rvsjax.limit_point(run)
        assert limit.unique == (len(points) == 1)
        decided.add((bool(limit.unique), bool(limit.free.any())))
    assert {(True, False), (False, True)} <= decided


def test_the_limit_is_in_float64_whatever_the_user_has_set():
    with jax.enable_x64(False):
        run = make_run(L1(), dtype="float32")
        assert rvsjax.limit_point(run).w.dtype == "float64"
        assert run.start.dtype == "float32"


def test_without_a_penalty_the_limit_is_the_teacher():
    run = make_run(NoPenalty())
    run = make_run(
        NoPenalty(), hyper=run.hyper._replace(beta=jnp.float64(0), lam=jnp.float64(0))
    )
    limit = limit_point(run)
    assert limit.found and limit.unique
    assert np.allclose(limit.w, run.teacher.w_star, atol=1e-15)
    assert limit.theta < 1e-15


def test_a_limit_on_the_smaller_root_is_not_claimed_to_be_found():
    """b = 0.8 at the jump of transformed l1: there b prox' > c, and runs go there."""
    w_star = np.array([0.98, np.sqrt(1 - 0.98**2)])
    slope = 20 / (2 * np.pi)
    beta = 0.8 * slope
    hyper = Hyper(*map(jnp.float64, (0.51 * beta, beta, 1 / (beta + slope))))
    teacher = Teacher(jnp.asarray(w_star), 20)
    run = make_run(
        TransformedL1(jnp.float64(1.5)),
        teacher=teacher,
        start=teacher.w_star,
        hyper=hyper,
        steps=300,
    )
    assert not limit_point(run, RUN(run).state.w).found


def test_too_many_free_coordinates_are_refused():
    w_star = np.full(16, 0.25)
    hyper = Hyper(*map(jnp.float64, (0.24**2 / 2, 1.0, 0.2)))
    teacher = Teacher(jnp.asarray(w_star), 20)
    run = make_run(L0(), teacher=teacher, start=teacher.w_star, hyper=hyper)
    with pytest.raises(ValueError, match="16 coordinates are free"):
        limit_points(run)


def test_it_is_a_pure_function():
    run, _ = problem("l0", np.random.default_rng(1))
    eager, compiled = limit_point(run), jax.jit(limit_point)(run)
    for a, b in zip(eager, compiled):
        assert np.allclose(a, b, atol=1e-15)


def test_a_float32_run_has_a_float64_limit():
    run = make_run(L1(), dtype="float32", steps=300)
    limit = limit_point(run)
    assert limit.w.dtype == "float64"
    assert np.linalg.norm(RUN(run).state.w - limit.w) < 1e-5


ROOTS = {
    "straight": (lambda x: 0.3 - x, 0.0, 1.0, 0.3),
    "bent": (lambda x: jnp.exp(-x) - 0.7, 0.0, 5.0, -np.log(0.7)),
    "steep": (lambda x: (1.1 - x) * 1e6, 1.0, 2.0, 1.1),
    "a pole": (lambda x: 1 / (x - 1) - 5, 1.0, 3.0, 1.2),
    "no number at the left": (lambda x: (x - 1) / (x - 1) / x - 0.5, 1.0, 9.0, 2.0),
    "a jump": (lambda x: jnp.where(x < 1.25, 1.0, -1.0), 1.0, 2.0, 1.25),
    "at the left": (lambda x: 1 - x, 1.0, 2.0, 1.0),
    "at the right": (lambda x: 2 - x, 1.0, 2.0, 2.0),
    "hardly falling": (lambda x: (1.5 - x) ** 9, 1.0, 2.0, None),
}


@pytest.mark.parametrize("name", ROOTS)
def test_roots(name):
    """Within 4 units of the last digit, but where a value is lost in rounding."""
    function, low, high, root = ROOTS[name]
    found = float(_root(function, jnp.float64(low), jnp.float64(high)))
    if root is None:
        assert abs(function(found)) < 1e-15
    else:
        assert abs(found - root) <= 4 * np.finfo(float).eps * max(1, root)

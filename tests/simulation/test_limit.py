"""The closed form of the limit against brute force over supports, and against runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rvsjax
from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import L0, L1, NoPenalty, TransformedL1
from rvsjax.simulation.fixed_point import _root
from rvsjax.simulation.limit import limit_point, limit_points
from rvsjax.simulation.simulate import simulate
from rvsjax.types import Hyper
from tests import oracle, oracle_limits
from tests.simulation.test_simulate import make_run

pytestmark = pytest.mark.slow

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


def of(penalty, w_star, b, m, *, k=20, **fields):
    """A run by the numbers of equation (12)."""
    slope = k / (2 * np.pi)
    hyper = Hyper(*map(jnp.float64, (m * b * slope, b * slope, 1 / (1 + b) / slope)))
    teacher = Teacher(jnp.asarray(w_star), k)
    fields = {"start": teacher.w_star, "steps": 300} | fields
    return make_run(penalty, teacher=teacher, hyper=hyper, **fields)


def told(w_star, b, m, a=None, penalty="transformed-l1"):
    """The same for the brute force."""
    slope = 20 / (2 * np.pi)
    return w_star, penalty, a, 20, "sum", m * b * slope, b * slope


def hard(rng, d):
    """A teacher of few equal entries, of alike ones or of any, and t near an entry."""
    sizes = [
        rng.choice([1, 0.8, 0.6, 1.2], d),
        1 + 0.1 * rng.normal(size=d),
        rng.random(d) + 0.05,
    ][rng.integers(3)]
    sizes /= np.linalg.norm(sizes)
    b = rng.uniform(0.02, 0.98)
    t = rng.choice(sizes) * rng.uniform(1, 1 + b) / rng.uniform(1, 1 + b)
    return sizes * rng.choice([-1, 1], d), b, t


def hard_transformed(rng, d):
    """The same for transformed l1, most often where its prox begins to jump."""
    w_star, b, t = hard(rng, d)
    if rng.random() < 0.6:
        a = 2 * t * rng.uniform(0.8, 1.2)
        m = a**2 / 2 / (a + 1) * rng.uniform(0.9, 1.5)
        return w_star, rng.uniform(0.3, 0.98), m, a
    a = 10 ** rng.uniform(np.log10(0.05), np.log10(50))
    m = t * a / (a + 1)
    return (
        w_star,
        b,
        m if m <= a**2 / 2 / (a + 1) else (t + a / 2) ** 2 / 2 / (a + 1),
        a,
    )


def state_of(point, b, m, a):
    """0 off, 2 where b prox' > c, else 1; prox' is 1/(1 + m P''(u))."""
    u = np.abs(point["u"])
    if a is None:
        return np.where(u > 0, 1, 0)
    curved = 1 - 2 * m * a * (a + 1) / (a + u) ** 3
    return np.where(u > 0, np.where(b / curved > point["c"], 2, 1), 0)


FIND = jax.jit(limit_point)


def compare(run, near, points, b, m, a):
    """Find the limit near a point among all of the brute force, and what others change.

    Returns whether there are others and whether they are on a smaller root.
    """
    limit = jax.device_get(FIND(run, jnp.asarray(near)))
    mine = min(points, key=lambda p: np.linalg.norm(p["w"] - limit.w))
    assert limit.found and np.allclose(limit.w, mine["w"], atol=1e-9)
    state = state_of(mine, b, m, a)
    assert np.array_equal(limit.state, state)
    others = [p for p in points if p is not mine and p["rate"] < 1]
    differ = np.zeros(len(state), bool)
    for other in others:
        there = state_of(other, b, m, a)
        differ |= (there != state) | ((there == 2) & (abs(other["w"] - limit.w) > 1e-7))
    assert limit.unique == (not others)
    assert limit.attracts == (mine["rate"] < 1)
    assert np.array_equal(limit.free, differ)
    return bool(others), any((state_of(p, b, m, a) == 2).any() for p in others)


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5])
def test_what_is_free_with_l0_is_what_the_brute_force_has(d):
    """Up to five open coordinates all choices are tried: none may be wrong."""
    rng = np.random.default_rng(d)
    several = 0
    for _ in range(60):
        w_star, b, t = hard(rng, d)
        points = oracle_limits.limit_points(*told(w_star, b, t**2 / 2, None, "l0"))
        near = oracle.unit(rng.normal(size=d))
        run = of(L0(), w_star, b, t**2 / 2)
        several += compare(run, near, points, b, t**2 / 2, None)[0]
    assert (several > 10) == (d > 1)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_what_is_free_with_transformed_l1_is_what_the_brute_force_has(d):
    rng = np.random.default_rng(30 + d)
    several, small = 0, 0
    for _ in range(25):
        w_star, b, m, a = hard_transformed(rng, d)
        points = oracle_limits.limit_points(*told(w_star, b, m, a))
        run = of(TransformedL1(jnp.float64(a)), w_star, b, m)
        near = oracle.unit(rng.normal(size=d))
        found = compare(run, near, points, b, m, a)
        several, small = several + found[0], small + found[1]
        every = limit_points(run)
        assert len(every) == len(points)
        for point in points:
            assert min(np.linalg.norm(p.w - point["w"]) for p in every) < 1e-9
    assert d == 1 or (several > 2 and small > 0)


def test_with_more_open_coordinates_a_search_rarely_misses_one():
    """Of l0 with eight alike entries: as measured, and never a false one.

    Where a limit lies on the threshold, none is called the only one.
    """
    rng = np.random.default_rng(3)
    wrong = missed = 0
    for _ in range(60):
        w_star, b, t = hard(rng, 8)
        run = of(L0(), w_star, b, t**2 / 2)
        points = oracle_limits.limit_points(*told(w_star, b, t**2 / 2, None, "l0"))
        limit = jax.device_get(FIND(run, run.start))
        differ = np.any([(p["u"] != 0) != (limit.u != 0) for p in points], axis=0)
        assert not np.any(limit.free & ~differ)
        tied = any(np.any(np.abs(np.abs(p["w"]) - t) < 1e-11) for p in points)
        assert not (tied and limit.unique)
        missed += np.any(differ & ~limit.free)
        wrong += limit.unique != (len(points) == 1)
    assert missed <= 10 and wrong <= 1


STEEP = {
    "one limit": ((-0.76109, 0.64865), 0.72387, 0.31287, 1.53469, 1),
    "two limits": ((-0.76883, 0.63946), 0.90130, 0.35903, 0.80615, 2),
    "one, on the smaller root": ((0.98, 0.19899749), 0.8, 0.51, 1.5, 1),
}


@pytest.mark.parametrize("name", STEEP)
def test_limits_where_the_prox_is_steep(name):
    """Those that the map itself leads to from 200 starts."""
    w_star, b, m, a, number = STEEP[name]
    w_star = oracle.unit(np.array(w_star))
    starts = oracle.unit(np.random.default_rng(8).normal(size=(200, 2)))
    ends = oracle_limits.attractors(*told(w_star, b, m, a), starts)
    assert len(ends) == number
    run = of(TransformedL1(jnp.float64(a)), w_star, b, m)
    for end in ends:
        limit = FIND(run, jnp.asarray(end + 1e-8))
        assert limit.found and limit.attracts
        assert np.linalg.norm(limit.w - end) < 1e-13
        assert limit.unique == (number == 1)
        assert limit.free.any() == (number > 1)
    assert sum(bool(p.attracts) for p in limit_points(run)) == number


@pytest.mark.parametrize("penalty", PENALTIES)
def test_beyond_b_1_the_limit_is_where_the_map_leads(penalty):
    """And nothing is claimed about other ones."""
    rng = np.random.default_rng(9)
    for _ in range(15):
        a = float(rng.choice([0.1, 1.0, 5.0]))
        w_star, b, t = hard(rng, 4)
        b, m = 1 + 4 * b, 0.1 * t
        starts = oracle.unit(rng.normal(size=(10, 4)))
        names = told(w_star, b, m, a, penalty)
        run = of(PENALTIES[penalty](a), w_star, b, m)
        for end in oracle_limits.attractors(*names, starts):
            limit = FIND(run, jnp.asarray(end))
            assert limit.found and np.linalg.norm(limit.w - end) < 1e-12
            assert not limit.unique and not limit.free.any()
    with pytest.raises(ValueError, match="beta < K"):
        limit_points(run)


def test_beta_above_K():
    """One weight, beta = 3 K: the run stays at the teacher, which is its limit."""
    run = of(L1(), np.ones(1), 3.0, 0.4, steps=50)
    last = RUN(run).state.w
    limit = limit_point(run, last)
    assert limit.found and np.linalg.norm(last - limit.w) == 0


def test_where_the_map_has_no_limit_none_is_found():
    """w* = 1 and the wrong sign: no step leads on from 0/0."""
    run = of(NoPenalty(), np.ones(1), 1.0, 0.0)
    assert not limit_point(run, -jnp.ones(1)).found


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
    found = float(
        _root(lambda c: (function(c), ()), jnp.float64(low), jnp.float64(high))[0]
    )
    if root is None:
        assert abs(function(found)) < 1e-15
    else:
        assert abs(found - root) <= 4 * np.finfo(float).eps * max(1, root)

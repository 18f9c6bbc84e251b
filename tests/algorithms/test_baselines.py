"""The methods that RVSCGD is compared with, each against a program of another kind."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pyproximal
import pytest

from rvsjax.algorithms import ALGORITHMS
from rvsjax.models import relu
from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import L0, L1, Largest, NoPenalty
from rvsjax.types import Hyper
from tests.algorithms.test_algorithms import problem

K = 20 / (2 * math.pi)


def soft(x, m):
    return [math.copysign(max(abs(xj) - m, 0), xj) for xj in x]


def hard(x, m):
    return [xj if abs(xj) > math.sqrt(2 * m) else 0 for xj in x]


PROX = {"l1": (L1(), soft), "l0": (L0(), hard)}


def norm(x):
    return math.sqrt(sum(xj**2 for xj in x))


def coarse_gradient(w, w_star):
    return [K * (wj / norm(w) - sj) for wj, sj in zip(w, w_star)]


def run(name, state, hyper, gradient, penalty, steps):
    """Return the state after some steps, in one program."""
    step = ALGORITHMS[name].step
    return jax.lax.fori_loop(
        0, steps, lambda _, state: step(state, hyper, gradient, penalty)[0], state
    )


@pytest.mark.parametrize("penalty", PROX)
def test_a_step_of_prox_cgd_by_hand(penalty):
    w, teacher, hyper = problem(eta=0.2)
    hyper = hyper._replace(lam=jnp.float64(0.1))
    penalty, prox = PROX[penalty]
    method = ALGORITHMS["prox_cgd"]
    state = method.init(w, hyper, penalty)
    after, length = method.step(state, hyper, teacher.coarse_gradient, penalty)
    old, w_star = w.tolist(), teacher.w_star.tolist()
    v = [x - 0.2 * g for x, g in zip(old, coarse_gradient(old, w_star))]
    p = prox(v, 0.2 * 0.1)
    assert np.array_equal(state.w, old)
    assert np.allclose(state.u, prox(old, 0.2 * 0.1), atol=1e-16, rtol=0)
    assert 0 < p.count(0) < len(p)
    assert np.allclose(after.w, [x / norm(p) for x in p], atol=1e-15, rtol=0)
    assert np.array_equal(after.u, after.w)
    assert math.isclose(length, norm(p), rel_tol=1e-15)


ANGLES = np.linspace(0, 2 * math.pi, 1_000_000, endpoint=False)
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)])
AXES = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1]])  # |u|_1 is the same for all of them


@pytest.mark.parametrize(
    ("penalty", "points"),
    [(L1(), CIRCLE), (Largest(jnp.int32(1)), AXES)],
    ids=["l1", "largest"],
)
def test_a_step_of_prox_cgd_is_the_minimiser_on_the_circle(penalty, points):
    """Of ``eta lam P(u) + |u - v|^2 / 2`` over ``|u| = 1``, by trying all of them."""
    hyper = Hyper(*map(jnp.float64, (0.3, 1.0, 0.2)))
    w, cost = jnp.array([0.6, 0.8]), 0.3 * 0.2 * np.abs(points).sum(0)
    state = ALGORITHMS["prox_cgd"].init(w, hyper, penalty)
    for v in np.random.default_rng(0).normal(size=(5, 2)):

        def to_v(w, v=v):
            return (w - v) / 0.2

        after, _ = ALGORITHMS["prox_cgd"].step(state, hyper, to_v, penalty)
        objective = cost + ((points - v[:, None]) ** 2).sum(0) / 2
        best = points[:, np.argmin(objective)]
        assert np.allclose(after.w, best, atol=7e-6)  # the spacing of the points


def test_hard_projection_is_prox_cgd_with_the_ball_of_pyproximal():
    w, teacher, hyper = problem(d=40)
    penalty, ball = Largest(jnp.int32(7)), pyproximal.L0Ball(7)
    method = ALGORITHMS["hard_projection"]
    assert method == ALGORITHMS["prox_cgd"]
    state, theirs = method.init(w, hyper, penalty), np.asarray(w)
    assert np.array_equal(state.w, w)
    assert np.array_equal(state.u, ball.prox(theirs, 1.0))
    for _ in range(5):
        state, _ = method.step(state, hyper, teacher.coarse_gradient, penalty)
        moved = theirs - hyper.eta * K * (theirs - teacher.w_star)
        theirs = ball.prox(np.asarray(moved), 1.0)
        theirs = theirs / np.linalg.norm(theirs)
        assert np.allclose(state.w, theirs, atol=1e-15, rtol=0)
        assert np.array_equal(state.u, state.w)


def test_prox_cgd_without_a_penalty_is_cgd():
    w, teacher, hyper = problem()
    states = [
        run(
            name,
            ALGORITHMS[name].init(w, hyper, NoPenalty()),
            hyper,
            teacher.coarse_gradient,
            NoPenalty(),
            5,
        )
        for name in ("prox_cgd", "cgd")
    ]
    assert np.array_equal(states[0].w, states[1].w)


@pytest.mark.parametrize(
    ("penalty", "lam"), [(L1(), 50.0), (L0(), 50.0), (Largest(jnp.int32(0)), 0.0)]
)
def test_a_prox_of_zero_has_no_direction(penalty, lam):
    w, teacher, hyper = problem()
    hyper = hyper._replace(lam=jnp.float64(lam))
    method = ALGORITHMS["prox_cgd"]
    state = method.init(w, hyper, penalty)
    after, length = method.step(state, hyper, teacher.coarse_gradient, penalty)
    assert length == 0
    assert np.isnan(after.w).all()


def numpy_admm(w, w_star, hyper, prox, steps, normalised):
    """Run ADMM as theory.md has it, coordinate by coordinate."""
    lam, beta, eta = map(float, hyper)
    w, w_star = w.tolist(), w_star.tolist()
    u, z = prox(w, lam / beta), [0.0] * len(w)
    for _ in range(steps):
        g = coarse_gradient(w, w_star)
        w = [
            wj - eta * (gj + zj + beta * (wj - uj))
            for wj, gj, zj, uj in zip(w, g, z, u)
        ]
        length = norm(w)
        if normalised:
            w = [wj / length for wj in w]
        u = prox([wj + zj / beta for wj, zj in zip(w, z)], lam / beta)
        z = [zj + beta * (wj - uj) for zj, wj, uj in zip(z, w, u)]
    return w, u, z, length


@pytest.mark.parametrize("penalty", PROX)
@pytest.mark.parametrize(("name", "normalised"), [("admm", True), ("admm_free", False)])
def test_admm_by_hand(name, normalised, penalty):
    """Its start, one step and 100 steps."""
    w, teacher, hyper = problem()
    hyper = hyper._replace(lam=jnp.float64(2e-3))
    penalty, prox = PROX[penalty]
    method = ALGORITHMS[name]
    state = method.init(w, hyper, penalty)
    assert np.array_equal(state.w, w)
    assert np.allclose(state.u, prox(w.tolist(), 0.04), atol=1e-16, rtol=0)
    assert np.array_equal(state.z, np.zeros(12))
    sparse = False
    for steps in range(1, 101):
        state, length = method.step(state, hyper, teacher.coarse_gradient, penalty)
        sparse |= 0 < np.count_nonzero(state.u) < 12
        if steps not in (1, 2, 100):
            continue
        expected = numpy_admm(w, teacher.w_star, hyper, prox, steps, normalised)
        got = (state.w, state.u, state.z, length)
        for ours, theirs in zip(got, expected):
            assert np.allclose(ours, theirs, atol=1e-13, rtol=0)
        assert math.isclose(norm(state.w.tolist()), 1, rel_tol=1e-15) == normalised
    assert sparse


@pytest.mark.parametrize("name", ["prox_cgd", "admm"])
def test_the_limit_of_l1_is_the_thresholded_teacher(name):
    """``soft(w*, lam/K)`` on the sphere: what ``K w* - z = c w`` leaves of w*."""
    w, teacher, hyper = problem()
    hyper = Hyper(*map(jnp.float64, (0.5, 1.0, 0.1)))  # cuts entries below 0.157
    limit = np.array(soft(teacher.w_star.tolist(), 0.5 / K))
    assert 0 < np.count_nonzero(limit) < 12
    state = ALGORITHMS[name].init(w, hyper, L1())
    state = run(name, state, hyper, teacher.coarse_gradient, L1(), 2000)
    assert np.allclose(state.w, limit / norm(limit), atol=1e-13, rtol=0)
    assert np.array_equal(state.u != 0, limit != 0)


def test_free_admm_solves_the_lasso():
    """On a convex loss it must end where the conditions of optimality hold."""
    rng = np.random.default_rng(0)
    matrix, target = rng.normal(size=(20, 8)), rng.normal(size=20)
    lam = 4.0
    hyper = Hyper(*map(jnp.float64, (lam, 5.0, 0.02)))

    def gradient(x):
        return matrix.T @ (matrix @ x - target)

    state = ALGORITHMS["admm_free"].init(jnp.ones(8), hyper, L1())
    u = np.asarray(run("admm_free", state, hyper, gradient, L1(), 2000).u)
    slope = np.asarray(gradient(u))
    assert 0 < np.count_nonzero(u) < 8
    assert np.allclose(slope[u != 0], -lam * np.sign(u[u != 0]), atol=1e-11, rtol=0)
    assert np.all(np.abs(slope[u == 0]) < lam)


@pytest.mark.parametrize("name", ["admm_free", "relu_descent"])
def test_free_weights_end_at_zero_or_blow_up_with_a_length_that_tells(name):
    hyper = Hyper(*map(jnp.float64, (0.0, 1e-3, 1.0)))
    method, w = ALGORITHMS[name], jnp.array([0.6, 0.8])
    start = method.init(w, hyper, NoPenalty())
    state, length = method.step(start, hyper, lambda w: w, NoPenalty())
    assert length == 0
    assert np.array_equal(state.w, [0, 0])
    coarse = Teacher(w, 1).coarse_gradient
    state, length = method.step(state, hyper, coarse, NoPenalty())
    assert np.isnan(length)
    assert np.isnan(state.w).all()
    state = run(name, start, hyper, lambda w: -1e9 * w, NoPenalty(), 40)
    _, length = method.step(state, hyper, lambda w: -1e9 * w, NoPenalty())
    assert not np.isfinite(length)


def test_admm_without_a_direction_is_no_number():
    w = jnp.array([1.0, 0.0])
    hyper = Hyper(*map(jnp.float64, (0.0, 1.0, 1.0)))
    method = ALGORITHMS["admm"]
    state = method.init(w, hyper, NoPenalty())
    after, length = method.step(state, hyper, lambda w: w, NoPenalty())
    assert length == 0
    assert np.isnan(after.w).all()


def test_relu_descent_is_optax_sgd_on_the_loss():
    w, teacher, _ = problem()
    hyper = Hyper(*map(jnp.float64, (1e-3, 0.05, 0.01)))
    method, descent = ALGORITHMS["relu_descent"], optax.sgd(hyper.eta)
    state, theirs, memory = method.init(w, hyper, L1()), w, descent.init(w)
    derivative = jax.jit(jax.grad(lambda w: relu.loss(teacher, w)))
    for _ in range(3):
        gradient = partial(relu.gradient, teacher)
        state, length = method.step(state, hyper, gradient, L1())
        update, memory = descent.update(derivative(theirs), memory)
        theirs = optax.apply_updates(theirs, update)
        assert np.allclose(state.w, theirs, atol=1e-13, rtol=0)
        assert np.array_equal(state.u, state.w)
        assert math.isclose(length, norm(state.w.tolist()), rel_tol=1e-15)


def test_relu_descent_finds_the_teacher_and_its_length():
    w, teacher, hyper = problem(eta=0.02)
    state = ALGORITHMS["relu_descent"].init(w, hyper, L1())
    gradient = partial(relu.gradient, teacher)
    state = run("relu_descent", state, hyper, gradient, L1(), 1000)
    assert np.allclose(state.w, teacher.w_star, atol=1e-14, rtol=0)


@pytest.mark.parametrize("penalty", PROX)
def test_steps_of_rvscgd_free_by_hand(penalty):
    """Algorithm 1 without its last line; the length is that of the new w."""
    w, teacher, hyper = problem(eta=0.2)
    penalty, prox = PROX[penalty]
    method = ALGORITHMS["rvscgd_free"]
    state = method.init(w, hyper, penalty)
    lam, beta, eta = map(float, hyper)
    old, w_star = w.tolist(), teacher.w_star.tolist()
    for _ in range(3):
        state, length = method.step(state, hyper, teacher.coarse_gradient, penalty)
        u = prox(old, lam / beta)
        moves = zip(old, coarse_gradient(old, w_star), u)
        old = [x - eta * g - eta * beta * (x - y) for x, g, y in moves]
        assert np.allclose(state.u, u, atol=1e-15, rtol=0)
        assert np.allclose(state.w, old, atol=1e-15, rtol=0)
        assert math.isclose(length, norm(old), rel_tol=1e-14)
    assert norm(old) < 0.99  # not normalised


@pytest.mark.parametrize("theta", [0.5, 1.5, 2.5, 3.0])
def test_free_descent_keeps_a_length_of_its_own(theta):
    """Without a penalty ``|w| cos(theta/2)^2`` stays, to the first order of eta."""
    w_star, w = jnp.array([1.0, 0]), jnp.array([math.cos(theta), math.sin(theta)])
    teacher, hyper = Teacher(w_star, 20), Hyper(*map(jnp.float64, (0, 0.1, 1e-4)))
    state = ALGORITHMS["rvscgd_free"].init(w, hyper, NoPenalty())
    given = (hyper, teacher.coarse_gradient, NoPenalty())
    ends = [run("rvscgd_free", state, *given, steps).w for steps in (300, 20_000)]
    lengths = [norm(x.tolist()) * math.cos(teacher.theta(x) / 2) ** 2 for x in ends]
    assert lengths == pytest.approx([math.cos(theta / 2) ** 2] * 2, rel=0.06)
    assert teacher.theta(ends[1]) < 0.02


def test_with_l1_a_free_w_shrinks_until_a_step_turns_it_over():
    """Where rvscgd, from the same start, keeps the length 1."""
    w, teacher, hyper = problem(eta=1e-3)
    hyper = hyper._replace(lam=jnp.float64(0.1), beta=jnp.float64(0.5))
    seen = []
    for name in ("rvscgd", "rvscgd_free"):
        state = ALGORITHMS[name].init(w, hyper, L1())
        given = (hyper, teacher.coarse_gradient, L1())
        seen.append(norm(run(name, state, *given, 20_000).w.tolist()))
    assert seen[0] == pytest.approx(1)
    assert seen[1] < 2 * 1e-3 * K

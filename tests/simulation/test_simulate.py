"""The scan against a plain loop, and runs that cannot go on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.algorithms import ALGORITHMS, COMPENSATED
from rvsjax.models.no_overlap import Teacher, angle
from rvsjax.penalties import L0, L1, NoPenalty, TransformedL1
from rvsjax.simulation.run import lagrangian
from rvsjax.simulation.simulate import Run, log_grid, simulate
from rvsjax.types import Hyper


def make_run(
    penalty=None, *, seed=0, d=10, k=20, eta=0.05, steps=60, dtype="float64", **changes
):
    rng = np.random.default_rng(seed)
    w, w_star = rng.normal(size=(2, d))
    w, w_star = (x / np.linalg.norm(x) for x in (w, w_star))
    fields = {
        "teacher": Teacher(jnp.asarray(w_star, dtype), k),
        "start": jnp.asarray(w, dtype),
        "penalty": penalty or L1(),
        "hyper": Hyper(*(jnp.asarray(x, dtype) for x in (5e-3, 0.2, eta))),
        "algorithm": ALGORITHMS["rvscgd"],
        "steps": steps,
        "points": 20,
    }
    return Run(**(fields | changes))


def counterexample():
    """The known run that starts at the teacher: theta must grow."""
    w_star = np.array([3, 2, 1, 0.5, 0.25])
    w_star /= np.linalg.norm(w_star)
    teacher = Teacher(jnp.asarray(w_star), 5)
    hyper = Hyper(*map(jnp.float64, (0.05, 0.3, 1 / (0.3 + teacher.K))))
    return make_run(teacher=teacher, start=teacher.w_star, hyper=hyper, steps=100)


@pytest.mark.slow
@pytest.mark.parametrize("penalty", [L0(), L1(), TransformedL1(jnp.float64(0.5))])
def test_a_run_has_derivatives_forward(penalty):
    """Of the last angle, by differences; finite where lam is 0 as well."""

    def end(lam, beta, eta):
        hyper = Hyper(lam, beta, eta)
        run = make_run(penalty, steps=20, hyper=hyper, points=2)
        return simulate(run).monitor.theta.value

    at, h = np.array([5e-3, 0.2, 0.05]), 1e-6
    points = [
        at,
        [0, *at[1:]],
        *(at + s * by for by in h * np.diag(at) for s in (1, -1)),
    ]
    both = jax.vmap(lambda x: (end(*x), jax.jacfwd(lambda x: end(*x))(x)))
    values, slopes = jax.jit(both)(jnp.array(points))
    differences = (values[2::2] - values[3::2]) / (2 * h * at)
    assert np.allclose(slopes[0], differences, rtol=1e-6, atol=1e-9)
    assert np.isfinite(slopes).all() and slopes[0, 2] < 0


def plain_loop(run):
    """Every state of a run, step by step, without scan or monitors."""
    state = run.algorithm.init(run.start, run.hyper, run.penalty)
    states, lengths = [state], []
    for _ in range(run.steps):
        gradient = run.teacher.coarse_gradient
        state, length = run.algorithm.step(state, run.hyper, gradient, run.penalty)
        states.append(state)
        lengths.append(float(length))
    theta = np.array([angle(s.w, run.teacher.w_star) for s in states])
    value = np.array([lagrangian(run, s) for s in states])
    return states, np.array(lengths), theta, value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("penalty", "algorithm"),
    [
        (L0(), "rvscgd"),
        (L1(), "rvscgd"),
        (TransformedL1(jnp.float64(0.5)), "rvscgd"),
        (NoPenalty(), "cgd"),
    ],
)
def test_monitors_agree_with_a_plain_loop(penalty, algorithm):
    run = make_run(penalty, algorithm=ALGORITHMS[algorithm])
    states, lengths, theta, value = plain_loop(run)
    out = simulate(run)
    seen = out.monitor
    assert np.allclose(out.state.w, states[-1].w, atol=1e-14)
    assert np.allclose(out.state.u, states[-1].u, atol=1e-14)
    assert seen.step == run.steps
    for got, expected in [
        (seen.theta.value, theta[-1]),
        (seen.theta_max, theta.max()),
        (seen.theta.max_increase, np.diff(theta).max()),
        (seen.lagrangian.value, value[-1]),
        (seen.lagrangian.max_increase, np.diff(value).max()),
        (seen.length_min, lengths.min()),
        (seen.moved, np.linalg.norm(states[-1].w - states[-2].w)),
    ]:
        assert np.isclose(got, expected, rtol=1e-12, atol=1e-14)
    assert seen.theta.max_increase_at == 1 + np.diff(theta).argmax()
    assert seen.lagrangian.max_increase_at == 1 + np.diff(value).argmax()


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "eta"), [(1, 0.05), (4, 0.05), (4, 0.58)])
def test_changes_among_the_steps_of_the_corrected_lemmas(seed, eta):
    """A slow run that overtakes its limit, and one with steps that are too long."""
    run = make_run(L1(), seed=seed, eta=eta)
    states, lengths, theta, value = plain_loop(run)
    b, w_star = 0.2 / run.teacher.K, np.asarray(run.teacher.w_star)
    far, falling = [], []
    for t in range(run.steps):
        w, u = np.asarray(states[t].w), np.asarray(states[t + 1].u)
        sine = np.linalg.norm(w_star - (w_star @ w) * w)
        far.append(sine >= b * np.linalg.norm(u - (u @ w) * w))
        short = eta * (0.2 + run.teacher.K) <= 1 + lengths[t]
        falling.append(theta[t + 1] <= theta[t] and short)
    assert any(far) and not all(far)
    assert any(falling) and not all(falling)
    seen = simulate(run).monitor
    for descent, changes, among in (
        (seen.theta, np.diff(theta), far),
        (seen.lagrangian, np.diff(value), falling),
    ):
        assert np.isclose(
            descent.max_increase_covered, changes[among].max(), atol=1e-13
        )


def test_the_known_counterexample():
    out = simulate(counterexample())
    theta, value = out.curves.theta[:3], out.curves.lagrangian[:3]
    assert np.allclose(theta, [0, 0.0453, 0.0526], atol=5e-5)
    assert np.isclose(out.monitor.theta.value, 0.0559, atol=5e-5)
    assert np.isclose(value[0], 0.0701, atol=5e-5)
    assert np.isclose(out.monitor.lagrangian.value, 0.1120, atol=5e-5)
    assert out.monitor.theta.first_increase == 1
    assert out.monitor.lagrangian.first_increase == 1


def test_the_first_increase_is_the_first():
    """A run that falls at first and rises later, against the plain loop."""
    run = make_run(L1(), seed=4, steps=400)
    _, _, theta, value = plain_loop(run)
    out = simulate(run)
    for changes, first in [
        (np.diff(theta), out.monitor.theta.first_increase),
        (np.diff(value), out.monitor.lagrangian.first_increase),
    ]:
        expected = 1 + np.flatnonzero(changes > 1e-12)[0]
        assert expected > 2
        assert first == expected


def test_curves_are_the_values_at_their_steps():
    run = make_run(L0())
    states, _, theta, value = plain_loop(run)
    curves = simulate(run).curves
    assert np.array_equal(curves.step, log_grid(60, 20))
    assert np.allclose(curves.theta, theta[curves.step], atol=1e-14)
    assert np.allclose(curves.loss, run.teacher.K * theta[curves.step], atol=1e-13)
    assert np.allclose(curves.lagrangian, value[curves.step], atol=1e-13)
    nnz = [int(np.sum(states[step].u != 0)) for step in curves.step]
    assert np.array_equal(curves.nnz_u, nnz)
    w_star, u = np.asarray(run.teacher.w_star), [np.asarray(x.u) for x in states]
    cosine = [u[t] @ w_star / np.linalg.norm(u[t]) for t in curves.step]
    assert np.allclose(curves.loss_u, run.teacher.K * np.arccos(cosine), atol=1e-7)


def test_the_loss_of_an_empty_u_is_no_number():
    hyper = Hyper(*map(jnp.float64, (9.0, 0.2, 0.05)))
    run = make_run(L1(), hyper=hyper)
    curves = simulate(run).curves
    assert np.all(curves.nnz_u == 0)
    assert np.isnan(curves.loss_u).all()
    assert np.isfinite(curves.loss).all()


@pytest.mark.parametrize(
    ("steps", "points"), [(1, 2), (1, 200), (5, 3), (150, 151), (400_000, 200), (7, 2)]
)
def test_log_grid_has_the_points_asked_for(steps, points):
    grid = log_grid(steps, points)
    assert len(grid) == min(points, steps + 1)
    assert grid[0] == 0
    assert grid[-1] == steps
    assert np.all(np.diff(grid) > 0)
    gaps = np.diff(grid)
    assert np.all(np.diff(gaps) >= -1)  # spacing grows, but for rounding


def test_convergence_is_noted_from_the_step_on_which_it_stays():
    run = make_run(L1(), eta=0.2, steps=200)
    states, _, _, _ = plain_loop(run)
    moves = [np.linalg.norm(b.w - a.w) for a, b in zip(states, states[1:])]
    settled = np.array(moves) / (0.2 * run.teacher.K) <= 1e-5
    last_unsettled = np.flatnonzero(~settled)[-1] + 1
    assert 1 < last_unsettled < run.steps
    assert simulate(run).monitor.last_unsettled == last_unsettled


def test_a_diverged_run_stops_and_touches_no_neighbour():
    """One of three runs overflows at its first step; the others do not notice."""
    etas = jnp.array([0.05, 1e200, 0.1])

    def outcome(eta):
        lam, beta = jnp.float64(5e-3), jnp.float64(0.2)
        return simulate(make_run(hyper=Hyper(lam, beta, eta)))

    together = jax.vmap(outcome)(etas)
    assert np.array_equal(together.monitor.first_bad_step, [-1, 1, -1])
    assert not together.monitor.degenerate.any()
    assert np.array_equal(together.monitor.step, [60, 0, 60])
    assert np.array_equal(together.state.w[1], make_run().start)  # the last good state
    assert np.isfinite(together.curves.theta[1]).sum() == 1
    for i in (0, 2):
        alone = outcome(etas[i])
        assert np.allclose(together.state.w[i], alone.state.w, atol=1e-14)
        assert np.isfinite(together.curves.theta[i]).all()


def test_a_run_that_breaks_later_keeps_its_last_good_state():
    """A gradient that fails at one angle: stop there, change nothing afterwards."""

    def step(state, hyper, gradient, penalty):
        new, length = ALGORITHMS["rvscgd"].step(state, hyper, gradient, penalty)
        broken = angle(new.w, run.teacher.w_star) < 0.5
        return new._replace(w=jnp.where(broken, jnp.nan, new.w)), length

    run = make_run(algorithm=ALGORITHMS["rvscgd"]._replace(step=step))
    out = simulate(run)
    states, _, theta, _ = plain_loop(make_run())
    stop = int(np.flatnonzero(theta < 0.5)[0])
    assert 1 < stop < run.steps
    assert out.monitor.first_bad_step == stop
    assert out.monitor.step == stop - 1
    assert np.allclose(out.state.w, states[stop - 1].w, atol=1e-14)
    assert np.isclose(out.monitor.theta.value, theta[stop - 1], atol=1e-13)
    reached = np.isfinite(out.curves.theta)
    assert np.array_equal(reached, np.asarray(out.curves.step) < stop)


@pytest.mark.parametrize("half", [0.5, 0.5 + 2e-16])
def test_a_step_to_zero_is_degenerate(half):
    """v = 0 exactly, and v = 4e-16, whose direction is rounding alone."""
    teacher = Teacher(jnp.array([1.0, 0.0]), 1)
    hyper = Hyper(jnp.float64(0), jnp.float64(1e-3), jnp.float64(half / teacher.K))
    out = simulate(
        make_run(
            NoPenalty(), teacher=teacher, start=-teacher.w_star, hyper=hyper, steps=5
        )
    )
    assert out.monitor.first_bad_step == 1
    assert out.monitor.degenerate


def test_float32_stays_float32():
    out = simulate(make_run(L0(), dtype="float32"))
    floats = {str(x.dtype) for x in jax.tree.leaves(out) if x.dtype.kind == "f"}
    assert floats == {"float32"}


def test_mixed_precision_is_refused():
    with pytest.raises(ValueError, match="one dtype is needed"):
        simulate(make_run(start=jnp.ones(10, "float32") / jnp.sqrt(10.0)))


# -- compensated weights ---------------------------------------------------------------


def small_step(dtype, algorithms):
    """The paper's setting at d = 10, at its step size: eta K = 3e-5."""
    rng = np.random.default_rng(2)
    w_star = np.zeros(10)
    w_star[:4] = rng.normal(size=4)
    w_star /= np.linalg.norm(w_star)
    start = rng.normal(size=10)
    return make_run(
        L0(),
        teacher=Teacher(jnp.asarray(w_star, dtype), 20),
        start=jnp.asarray(start / np.linalg.norm(start), dtype),
        hyper=Hyper(*(jnp.asarray(x, dtype) for x in (1e-4, 4e-3, 1e-5))),
        algorithm=algorithms["rvscgd"],
        steps=500_000,
        points=2,
    )


@pytest.mark.slow
def test_compensated_float32_reaches_the_limit_where_plain_float32_stalls():
    """At eta = 1e-5, to 1e-6 of float64; without the tail it stalls near 1e-3."""
    limits = {
        name: float(jax.jit(simulate)(small_step(*setting)).monitor.theta.value)
        for name, setting in {
            "float64": ("float64", ALGORITHMS),
            "plain": ("float32", ALGORITHMS),
            "compensated": ("float32", COMPENSATED),
        }.items()
    }
    assert abs(limits["compensated"] - limits["float64"]) < 1e-6
    assert abs(limits["plain"] - limits["float64"]) > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("penalty", [L0(), L1()])
def test_a_compensated_run_is_the_plain_one_to_rounding(dtype, penalty):
    plain = simulate(make_run(penalty, dtype=dtype))
    other = simulate(make_run(penalty, dtype=dtype, algorithm=COMPENSATED["rvscgd"]))
    error = 40 * float(jnp.finfo(dtype).eps)
    assert np.allclose(plain.state.w, other.state.w, atol=error)
    assert np.isclose(plain.monitor.length_min, other.monitor.length_min, atol=error)
    assert other.state.tail.dtype == dtype
    assert np.abs(other.state.tail).max() <= float(jnp.finfo(dtype).eps)


def test_a_compensated_step_to_zero_is_degenerate():
    teacher = Teacher(jnp.array([1.0, 0.0]), 1)
    hyper = Hyper(jnp.float64(0), jnp.float64(1e-3), jnp.float64(0.5 / teacher.K))
    run = make_run(
        L1(),
        teacher=teacher,
        start=-teacher.w_star,
        hyper=hyper,
        algorithm=COMPENSATED["rvscgd"],
        steps=5,
    )
    assert simulate(run).monitor.degenerate

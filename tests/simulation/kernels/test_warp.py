"""The GPU kernel, the same text compiled for a CPU, against `simulate`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.algorithms import ALGORITHMS, COMPENSATED
from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import L0, L1, NoPenalty, TransformedL1
from rvsjax.simulation import rounding
from rvsjax.simulation.kernels import warp
from rvsjax.simulation.monitor import NEVER
from rvsjax.simulation.rounding import angle_step_error, lagrangian_step_error
from rvsjax.simulation.run import lagrangian
from rvsjax.simulation.simulate import Run, simulate
from rvsjax.types import Hyper
from tests.simulation.kernels.runs import needs_warp, quickly

pytestmark = pytest.mark.slow

RUNS = 64
reference = jax.jit(jax.vmap(simulate), compiler_options=quickly)


def units(rng, d, runs=RUNS):
    x = rng.normal(size=(runs, d))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def batch(penalty=L0, dtype="float64", *, d=10, steps=40, most=1.0, **changes):
    """Runs from all over the place: supports from empty to full, both halves.

    With eta (K + beta) <= most: beyond 2 a step enlarges what rounding leaves.
    """
    rng = np.random.default_rng(0)
    ranges = {"lam": (-4, -0.5), "beta": (-2, 1), "eta": (-1.5, 0)}
    drawn = {name: 10 ** rng.uniform(*ends, RUNS) for name, ends in ranges.items()}
    drawn["eta"] *= most / (Teacher(jnp.ones(1), 20).K + drawn["beta"])
    drawn["a"] = 10 ** rng.uniform(-1, 1, RUNS)
    fields = {"w_star": units(rng, d), "start": units(rng, d)} | drawn | changes
    leaf = {
        name: jnp.asarray(np.broadcast_to(x, (RUNS, *np.shape(x)[1:])), dtype)
        for name, x in fields.items()
    }
    return Run(
        Teacher(leaf["w_star"], 20),
        leaf["start"],
        TransformedL1(leaf["a"]) if penalty is TransformedL1 else penalty(),
        Hyper(leaf["lam"], leaf["beta"], leaf["eta"]),
        ALGORITHMS["rvscgd"],
        steps,
        12,
    )


def by_kernel(runs, lanes=None):
    return jax.jit(jax.vmap(lambda run: warp.run_kernel(run, lanes)))(runs)


def allowances(runs, out):
    """Return how far rounding can move an angle and a Lagrangian in the whole run."""
    d, K = runs.start.shape[1], runs.teacher.K
    length = out.monitor.length_min
    angle = angle_step_error(d, K, runs.hyper, length)
    value = lagrangian_step_error(d, K, runs.hyper, length)
    finite = np.isfinite(length)
    return np.where(finite, angle, 1), np.where(finite, value, 1)


def close(a, b, error):
    a, b = np.asarray(a), np.asarray(b)
    error = np.reshape(error, np.shape(error) + (1,) * (a.ndim - np.ndim(error)))
    with np.errstate(invalid="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= error)
    return same.all()


def largest_among(runs, angle):
    """Return the largest changes of the steps that surely or possibly are among.

    At the limit both sides of the lemmas' conditions are equal and rounding chooses.
    Pairs (surely, possibly), of the angle and of the Lagrangian.
    """

    def one(run, angle):
        def step(state, _):
            gradient, K = run.teacher.coarse_gradient, run.teacher.K
            new, length = run.algorithm.step(state, run.hyper, gradient, run.penalty)
            old, now = run.teacher.theta(state.w), run.teacher.theta(new.w)
            beside = new.u - jnp.dot(new.u, state.w) * state.w
            far = jnp.sin(old) - run.hyper.beta / K * jnp.linalg.norm(beside)
            short = run.hyper.eta * (run.hyper.beta + K) <= 1 + length
            fall = jnp.where(short, old - now, -jnp.inf)
            change = lagrangian(run, new) - lagrangian(run, state)
            pairs = ((far, now - old), (fall, change))
            return new, [
                [jnp.where(side >= edge, x, -jnp.inf) for edge in (angle, -angle)]
                for side, x in pairs
            ]

        start = run.algorithm.init(run.start, run.hyper, run.penalty)
        _, changes = jax.lax.scan(step, start, length=run.steps)
        return jax.tree.map(jnp.max, changes)

    return jax.jit(jax.vmap(one))(runs, angle)


def assert_same(runs, *, lanes=None, stops=False):
    """Every field: whole numbers equal, the others to the allowance for rounding."""
    expected, out = reference(runs), by_kernel(runs, lanes)
    compare(runs, expected, out, stops)
    return expected, out


def compare(runs, expected, out, stops=False):
    for a, b in zip(jax.tree.leaves(expected), jax.tree.leaves(out), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
    angle, value = allowances(runs, expected)
    among = dict(zip(("theta", "lagrangian"), largest_among(runs, angle)))
    seen, found = expected.monitor, out.monitor
    assert close(expected.state.w, out.state.w, angle)
    assert close(expected.state.u, out.state.u, angle)
    for name, error in (("theta", angle), ("lagrangian", value)):
        a, b = getattr(seen, name), getattr(found, name)
        assert close(a.value, b.value, error)
        assert close(a.max_increase, b.max_increase, error)
        clear = np.abs(a.max_increase) > 2 * error
        assert np.array_equal(a.max_increase_at[clear], b.max_increase_at[clear])
        assert np.array_equal(a.first_increase, b.first_increase)
        if not stops:
            surely, possibly = among[name]
            assert (b.max_increase_covered >= surely - error).all()
            assert (b.max_increase_covered <= possibly + error).all()
        curves = getattr(expected.curves, name), getattr(out.curves, name)
        assert close(*curves, error)
    for name in ("step", "first_bad_step", "degenerate"):
        assert np.array_equal(getattr(seen, name), getattr(found, name)), name
    for name in ("theta_max", "length_min", "moved"):
        assert close(getattr(seen, name), getattr(found, name), angle), name
    assert close(expected.curves.loss, out.curves.loss, runs.teacher.K * angle)
    assert np.array_equal(expected.curves.nnz_u, out.curves.nnz_u)
    error_u = 10 * runs.teacher.K * angle  # u can be short
    assert close(expected.curves.loss_u, out.curves.loss_u, error_u)


@needs_warp
@pytest.mark.parametrize("penalty", [L0, L1, TransformedL1])
def test_the_kernel_is_the_reference(penalty):
    """In float32, where longer runs would tremble; in float64 those are below."""
    runs = batch(penalty, "float32", most=1.9)
    expected, _ = assert_same(runs)
    empty = expected.curves.nnz_u[:, -1] == 0
    assert empty.any() and not empty.all()
    assert (expected.monitor.theta.max_increase > 1e-3).any()  # some rise


@needs_warp
@pytest.mark.parametrize("penalty", [L0, L1, TransformedL1])
def test_a_long_run_ends_where_the_reference_does(penalty):
    runs = batch(penalty, steps=2000)
    expected, out = assert_same(runs)
    angle, value = allowances(runs, expected)
    for name, error in (("theta", angle), ("lagrangian", value)):
        assert (getattr(out.monitor, name).max_increase_covered <= error).all()
    settled = expected.monitor.last_unsettled
    assert np.array_equal(settled, out.monitor.last_unsettled)
    assert (settled < 1500).sum() > RUNS / 2


@needs_warp
@pytest.mark.parametrize("penalty", [L0, L1])
def test_steps_too_long_for_the_corrected_lemma_6_are_left_out(penalty):
    """With eta (K + beta) = 1.99 and short v, an angle that falls is not enough."""
    eta = 1.99 / (Teacher(jnp.ones(1), 20).K + 10)
    expected, _ = assert_same(batch(penalty, beta=10.0, eta=eta))
    assert (expected.monitor.lagrangian.max_increase > 1e-3).any()


@needs_warp
def test_several_lanes_a_run_and_weights_that_do_not_divide():
    assert_same(batch(d=10), lanes=4)


@needs_warp
def test_a_start_at_the_teacher_and_one_opposite():
    w_star = units(np.random.default_rng(3), 10)
    sign = np.where(np.arange(RUNS) % 2, -1, 1)[:, None]
    expected, out = assert_same(batch(w_star=w_star, start=sign * w_star, eta=1e-2))
    assert (expected.curves.theta[::2, 0] < 1e-15).all()
    assert (out.curves.theta[::2, 0] < 1e-15).all()
    assert np.allclose(out.curves.theta[1::2, 0], np.pi, rtol=0, atol=1e-15)


@needs_warp
@pytest.mark.parametrize("penalty", [L0, L1, TransformedL1])
def test_full_and_empty_support(penalty):
    lam = np.where(np.arange(RUNS) % 2, 1e-12, 100.0)
    expected, _ = assert_same(batch(penalty, lam=lam, beta=0.5, eta=1e-2))
    assert (expected.curves.nnz_u[::2] == 0).all()
    assert (expected.curves.nnz_u[1::2] == 10).all()


@needs_warp
@pytest.mark.parametrize("penalty", [L0, L1])
def test_a_weight_at_the_threshold_counts_as_zero(penalty):
    """Thresholds 1/2, exactly: of the weights 1/2 none survives, above it all do."""
    start = np.broadcast_to([0.5, -0.5, 0.5, -0.5], (RUNS, 4)).copy()
    start[1::2] *= 1 + 2.0**-52
    lam = {L0: 0.125, L1: 0.5}[penalty]
    w_star = units(np.random.default_rng(4), 4)
    runs = batch(penalty, w_star=w_star, start=start, lam=lam, beta=1.0, eta=1e-2)
    _, out = assert_same(runs)
    assert (out.curves.nnz_u[::2, 0] == 0).all()
    assert (out.curves.nnz_u[1::2, 0] == 4).all()


@needs_warp
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_from_a_tie_on_the_drift_is_unknown(dtype):
    start = units(np.random.default_rng(1), 10)
    start[::2, 3] = 0.5
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    beta = np.ones(RUNS)
    lam = np.abs(start[:, 3]) ** 2 / 2 * np.where(np.arange(RUNS) % 4, 1, 1.01)
    runs = batch(L0, dtype, steps=3, start=start, lam=lam, beta=beta)
    found, expected = (
        np.asarray(out.monitor.drift_max) == 1
        for out in (by_kernel(runs), reference(runs))
    )
    np.testing.assert_array_equal(found, expected)
    assert set(expected[::4]) == {False} and expected[1::4].all()


@needs_warp
def test_a_step_of_size_zero_moves_nothing():
    _, out = assert_same(batch(eta=0.0))
    assert np.allclose(out.state.w, batch().start, rtol=0, atol=1e-15)
    assert (out.monitor.last_unsettled == 40).all()


@needs_warp
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_runs_that_cannot_go_on_keep_their_last_good_state(dtype):
    """v = 0 at the first step, an overflow, and neighbours that go on."""
    w_star = np.zeros((RUNS, 4))
    w_star[:, 0] = 1
    start = units(np.random.default_rng(5), 4)
    start[::4] = -w_star[::4]
    which = np.arange(RUNS) % 4
    teacher = Teacher(jnp.ones(1), 20)
    huge = {"float32": 1e30, "float64": 1e200}[dtype]  # its square overflows
    eta = np.choose(which, [0.5 / teacher.K, huge, 1e-2, 1e-2])
    beta = np.choose(which, [1e-3, 1.0, 1.0, 1.0])
    lam = np.choose(which, [0.0, 1e-2, 1e-2, 1e-2])
    runs = batch(L1, dtype, w_star=w_star, start=start, eta=eta, beta=beta, lam=lam)
    _, out = assert_same(runs, stops=True)
    assert np.array_equal(out.monitor.degenerate, which == 0)
    assert (out.monitor.first_bad_step[which < 2] == 1).all()
    assert (out.monitor.first_bad_step[which > 1] == NEVER).all()
    assert np.array_equal(out.state.w[:2], runs.start[:2])
    assert np.isnan(out.curves.theta[:2, 1:]).all()


@needs_warp
@pytest.mark.parametrize("penalty", [L0, TransformedL1])
def test_a_run_that_breaks_late_is_taken_back_by_one_step(penalty, monkeypatch):
    """Weights fall below the threshold together, v gets short: declared too short."""

    def too_short(K, hyper):
        return jnp.full_like(hyper.eta, 0.8)

    # d = 12, which no other test has: a program remembers what it was traced with
    rng = np.random.default_rng(6)
    start = 1 + rng.uniform(0, 0.2, (RUNS, 12))
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    w_star = np.eye(12)[:1]
    eta = np.linspace(0.1, 0.95, RUNS) / (Teacher(jnp.ones(1), 20).K + 20)
    given = {"w_star": w_star, "start": start, "lam": 0.625, "beta": 20.0}
    runs = batch(penalty, **given, eta=eta, a=0.01)
    with monkeypatch.context() as patch:
        patch.setattr(rounding, "vector_error", too_short)
        expected, out = reference(runs), by_kernel(runs)
    compare(runs, expected, out, stops=True)
    stop = np.asarray(out.monitor.first_bad_step)
    assert (stop > 2).any() and (stop == NEVER).any()
    assert out.monitor.degenerate[stop > 2].all()


@needs_warp
def test_a_lagrangian_that_is_no_number_stops_the_run():
    """With lam = NaN u of l0 is empty and v is fine."""
    _, out = assert_same(batch(lam=np.nan), stops=True)
    assert (out.monitor.first_bad_step == 1).all()
    assert not out.monitor.degenerate.any()


@needs_warp
def test_nested_maps_and_a_shared_teacher():
    runs = batch(steps=5)
    teacher = Teacher(runs.teacher.w_star[0], 20)

    def one(start, eta):
        hyper = Hyper(runs.hyper.lam[0], runs.hyper.beta[0], eta)
        made = Run(teacher, start, L0(), hyper, ALGORITHMS["rvscgd"], 5, 3)
        return simulate(made), warp.run_kernel(made)

    inner = jax.vmap(one, in_axes=(None, 0))
    mapped = jax.jit(jax.vmap(inner, in_axes=(0, None)))
    a, b = mapped(runs.start[:3], runs.hyper.eta[:4])
    assert b.state.w.shape == (3, 4, 10)
    assert np.allclose(a.state.w, b.state.w, rtol=0, atol=1e-14)
    assert np.allclose(a.curves.theta, b.curves.theta, rtol=0, atol=1e-14)


def one_run(**changes):
    run = jax.tree.map(lambda x: x[0], batch(**changes))
    return run


def test_what_the_kernel_cannot_take_is_said_in_a_sentence():
    fields = vars(one_run())
    other = Run(**fields | {"algorithm": COMPENSATED["rvscgd"]})
    assert "without compensation" in warp.why_not(other)
    assert "NoPenalty" in warp.why_not(Run(**fields | {"penalty": NoPenalty()}))
    wide = one_run(d=801)
    assert "up to 800 weights of float64, here are 801" in warp.why_not(wide)


def test_without_a_gpu_the_reference_runs_and_a_warning_says_so(monkeypatch):
    monkeypatch.setattr(warp, "_has_cuda", lambda: False)
    run = one_run(steps=5)
    with pytest.warns(UserWarning, match="XLA's path runs instead"):
        out = warp.simulate_gpu(run)
    assert np.array_equal(out.state.w, simulate(run).state.w)


@needs_warp
def test_a_program_for_a_cpu_is_the_reference_and_one_for_a_gpu_has_the_kernel(
    monkeypatch,
):
    monkeypatch.setattr(warp, "_has_cuda", lambda: True)
    traced = jax.jit(jax.vmap(warp.simulate_gpu)).trace(batch(steps=5))
    on_cpu = traced.lower(lowering_platforms=("cpu",)).as_text()
    on_gpu = traced.lower(lowering_platforms=("cuda",)).as_text()
    assert "rvscgd_run" not in on_cpu
    assert "rvscgd_run" in on_gpu


@pytest.mark.parametrize(
    ("penalty", "dtype", "d", "runs", "lanes"),
    [
        (L0, "float32", 50, 10**6, 1),
        (L0, "float32", 50, 10**4, 4),
        (L0, "float32", 50, 10, 16),
        (L0, "float64", 50, 10**6, 2),
        (TransformedL1, "float32", 50, 10**6, 2),
        (L0, "float32", 1000, 10**6, 16),
        (L0, "float32", 2, 10, 1),
    ],
)
def test_lanes(penalty, dtype, d, runs, lanes):
    assert warp.choose_lanes(one_run(penalty=penalty, dtype=dtype, d=d), runs) == lanes

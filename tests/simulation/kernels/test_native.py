"""The C++ kernels against the plain path, on random inputs and at every edge.

Where a test does not care, its runs are 13 of 12 weights and 400 steps: one program.
"""

import jax
import numpy as np
import pytest

from rvsjax.simulation import kernels
from rvsjax.simulation.kernels import native
from rvsjax.simulation.monitor import NEVER
from tests.simulation.kernels.runs import (
    FEW,
    WAYS,
    both,
    close,
    compare,
    directions,
    each_double,
    each_way,
    kernel,
    make_runs,
    near,
    needs_compiler,
    plain_path,
)

pytestmark = [needs_compiler, pytest.mark.slow]


@each_double
@pytest.mark.parametrize(("d", "runs"), [(1, 5), (50, 9)])
def test_agrees_with_the_plain_path(way, penalty, dtype, d, runs):
    runs = make_runs(penalty, dtype, seed=d, d=d, runs=runs)
    plain, fast = both(runs, way)
    compare(plain, fast, 1e-12)
    np.testing.assert_array_equal(fast.curves.nnz_u, plain.curves.nnz_u)


@pytest.mark.parametrize("penalty", ["l0", "l1", "transformed-l1"])
def test_single_precision_is_no_farther_from_the_truth(penalty):
    """Where most of a step is lost in rounding, in both paths, each in its own way."""
    given = {"lam": 1e-4, "beta": 4e-3, "eta": 1e-4}
    given = {name: np.full(13, value) for name, value in given.items()}
    truth = plain_path(make_runs(penalty, "float64", steps=50_000, **given))
    runs = make_runs(penalty, "float32", steps=50_000, **given)
    plain = plain_path(runs)

    def error(outcome):
        apart = np.asarray(outcome.state.w, np.float64) - truth.state.w
        return np.median(np.linalg.norm(apart, axis=1))

    assert 1e-5 < error(plain)
    for way, *shape in WAYS:
        if shape == [penalty, "float32"]:
            assert error(kernel(runs, way)) < 1.5 * error(plain)


@each_double
def test_steps_of_the_monitors_are_those_of_the_plain_path(way, penalty, dtype):
    """Where the largest change is no tie: starts near the teacher, few steps."""
    rng = np.random.default_rng(3)
    w_star = directions(rng, 64, 12, 12)
    start = near(rng, w_star, 0.01)
    given = {"lam": np.full(64, 0.05), "beta": np.full(64, 0.8)} | FEW
    runs = make_runs(penalty, dtype, w_star=w_star, start=start, **given)
    plain, fast = both(runs, way)
    compare(plain, fast, 1e-14)
    for name in ("theta", "lagrangian"):
        a, b = getattr(fast.monitor, name), getattr(plain.monitor, name)
        clear = np.abs(b.max_increase) > 1e-10
        assert (clear & (b.first_increase > 0)).any()
        np.testing.assert_array_equal(
            a.max_increase_at[clear], b.max_increase_at[clear]
        )
        np.testing.assert_array_equal(a.first_increase[clear], b.first_increase[clear])
    np.testing.assert_array_equal(
        fast.monitor.last_unsettled, plain.monitor.last_unsettled
    )


@each_double
def test_changes_among_the_steps_of_the_corrected_lemmas(way, penalty, dtype):
    """Early steps, where neither condition is near a tie."""
    runs = make_runs(penalty, dtype, seed=5, **FEW)
    plain, fast = both(runs, way)
    for name in ("theta", "lagrangian"):
        found = getattr(fast.monitor, name).max_increase_covered
        expected = getattr(plain.monitor, name).max_increase_covered
        assert np.isfinite(expected).any()
        close(found, expected, 1e-13)


@each_double
def test_slow_runs_cross_every_threshold_as_the_plain_path_does(way, penalty, dtype):
    """The case of Figure 4: tiny steps, weights that pass thresholds one by one."""
    runs = make_runs(
        penalty,
        dtype,
        d=50,
        runs=8,
        steps=20000,
        points=200,
        lam=np.full(8, 1e-4),
        beta=np.full(8, 4e-3),
        eta=np.full(8, 2e-4),
    )
    plain, fast = both(runs, way)
    compare(plain, fast, 3e-12)  # most of it the plain path's: 20,000 roundings
    np.testing.assert_array_equal(fast.curves.nnz_u, plain.curves.nnz_u)
    assert len(np.unique(np.asarray(plain.curves.nnz_u))) > 3


@each_double
def test_empty_and_full_supports(way, penalty, dtype):
    """In `span` a weight below rounding of the others is 0, so lam = 0 is apart."""
    for lam, nnz in ((0.0, None), (1e-9, 12), (1e3, 0)):
        runs = make_runs(penalty, dtype, seed=2, lam=np.full(13, lam))
        plain, fast = both(runs, way)
        compare(plain, fast, 1e-12)
        if nnz is not None:
            np.testing.assert_array_equal(fast.curves.nnz_u, plain.curves.nnz_u)
            np.testing.assert_array_equal(fast.curves.nnz_u[:, 0], nnz)


@each_double
def test_no_step_at_all_moves_nothing(way, penalty, dtype):
    runs = make_runs(penalty, dtype, eta=np.zeros(13))
    plain, fast = both(runs, way)
    compare(plain, fast, 1e-14)


@each_double
def test_equal_weights_and_a_flat_teacher(way, penalty, dtype):
    """The signs are a multiple of the teacher: a basis with one vector less."""
    flat = np.full((13, 12), 12**-0.5)
    start = flat * np.resize([1, -1], (13, 1))
    runs = make_runs(penalty, dtype, w_star=flat, start=start)
    plain, fast = both(runs, way)
    good = np.asarray(plain.monitor.first_bad_step) == NEVER
    assert good.any()
    close(fast.state.w[good], plain.state.w[good], 1e-12)
    close(fast.monitor.theta.value[good], plain.monitor.theta.value[good], 1e-12)


@each_way
def test_a_run_without_direction_stops_at_the_same_step(way, penalty, dtype):
    """w^0 = -w*, u empty, eta (2 K + beta) = 1: v = 0 in the first step."""
    K = 20 / (2 * np.pi)  # noqa: N806
    w_star = np.zeros((13, 12))
    w_star[:, 0] = 1
    start = -w_star
    start[1] = np.eye(12)[1]  # its neighbours go on
    given = {"beta": 1.0, "lam": 9.0, "eta": 1 / (2 * K + 1)}
    given = {name: np.full(13, value) for name, value in given.items()}
    runs = make_runs(penalty, dtype, w_star=w_star, start=start, **given)
    plain, fast = both(runs, way)
    np.testing.assert_array_equal(plain.monitor.degenerate, np.arange(13) != 1)
    compare(plain, fast, 1e-5 if dtype == "float32" else 1e-12)
    np.testing.assert_array_equal(fast.curves.nnz_u, plain.curves.nnz_u)


@each_way
def test_a_run_that_overflows_stops_and_its_neighbours_go_on(way, penalty, dtype):
    eta = np.full(13, 0.05)
    huge = float(np.finfo(dtype).max)
    eta[[2, 7]] = huge / 1e4, huge / 1e6
    runs = make_runs(penalty, dtype, eta=eta)
    plain, fast = both(runs, way)
    stopped = np.asarray(plain.monitor.first_bad_step) != NEVER
    assert stopped[[2, 7]].all() and stopped.sum() == 2
    compare(plain, fast, 2e-6 if dtype == "float32" else 1e-13)
    np.testing.assert_array_equal(
        np.isnan(fast.curves.theta), np.isnan(plain.curves.theta)
    )


@each_way
def test_a_run_does_not_depend_on_its_neighbours_or_place(way, penalty, dtype):
    runs = make_runs(penalty, dtype)
    order = np.random.default_rng(1).permutation(13)
    whole = kernel(runs, way)
    mixed = kernel(jax.tree.map(lambda x: x[order], runs), way)
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(mixed)):
        np.testing.assert_array_equal(np.asarray(a)[order], b)


def test_one_run_alone_and_nested_batches():
    runs = make_runs("l1", "float64", runs=6)
    one = jax.jit(native.simulate)(jax.tree.map(lambda x: x[0], runs))
    nested = jax.tree.map(lambda x: x.reshape(2, 3, *x.shape[1:]), runs)
    nested = jax.jit(jax.vmap(jax.vmap(native.simulate)))(nested)
    np.testing.assert_array_equal(one.state.w, nested.state.w[0, 0])


def test_span_is_closer_to_the_truth_than_the_plain_path():
    """Against 64 more bits: 3,000 small steps of l1 in extended precision."""
    wide = np.longdouble
    if np.finfo(wide).eps > 1e-18:
        pytest.skip("no wider type here")
    given = {"lam": 1e-4, "beta": 4e-3, "eta": 1e-4}
    eights = {name: np.full(8, value) for name, value in given.items()}
    runs = make_runs("l1", "float64", d=50, steps=3000, runs=8, **eights)
    plain, fast = both(runs, "span")
    w, w_star = (np.asarray(x).astype(wide) for x in (runs.start, runs.teacher.w_star))
    lam, beta, eta = (wide(given[name]) for name in ("lam", "beta", "eta"))
    K = 10 / (2 * wide(np.pi)) * 2  # noqa: N806
    for _ in range(3000):
        u = np.sign(w) * np.maximum(np.abs(w) - lam / beta, 0)
        v = w - eta * K * (w - w_star) - eta * beta * (w - u)
        w = v / np.sqrt(np.sum(v * v, axis=1, keepdims=True))
    error = np.abs(np.asarray(fast.state.w) - w).max()
    assert error < 1e-14
    assert error < np.abs(np.asarray(plain.state.w) - w).max()


def test_the_ways_of_a_run():
    assert native.way_of(make_runs("l0", "float64")) == "span"
    assert native.way_of(make_runs("l1", "float32")) == "span"
    assert native.way_of(make_runs("transformed-l1", "float64")) == "direct"


def test_kernels_by_platform():
    assert kernels.choose("cpu") == "native"
    assert kernels.choose("gpu") == "plain"
    assert kernels.problem("native", "gpu") == "it is for a CPU, not for a GPU"
    assert kernels.problem("warp", "cpu") == "it is for a GPU, not for a CPU"
    assert kernels.problem("plain", "gpu") is None

"""Random runs for the tests of the kernels, and the plain path beside them."""

import functools
import importlib.util

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.algorithms import ALGORITHMS
from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import PENALTIES
from rvsjax.simulation.kernels import KERNELS, native, warp
from rvsjax.simulation.simulate import Run, simulate
from rvsjax.types import Hyper

needs_compiler = pytest.mark.skipif(
    native.problem() is not None, reason=f"no native kernels: {native.problem()}"
)
needs_warp = pytest.mark.skipif(
    importlib.util.find_spec("warp") is None, reason="NVIDIA Warp is not installed"
)

# the GPU's kernel as compiled for a CPU: the one in KERNELS goes the plain path there
ON_CPU = KERNELS | {"warp": warp.run_kernel}
MARKS = {"native": needs_compiler, "warp": needs_warp}
DTYPES = ("float64", "float32")
each_kernel = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=MARKS.get(name, ())) for name in KERNELS]
)
each_penalty = pytest.mark.parametrize("penalty", PENALTIES)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)

WAYS = [
    ("direct", "l0", "float64"),
    ("direct", "l1", "float64"),
    ("direct", "transformed-l1", "float64"),
    ("direct", "l0", "float32"),
    ("direct", "l1", "float32"),
    ("direct", "transformed-l1", "float32"),
    ("span", "l0", "float64"),
    ("span", "l1", "float64"),
    ("span", "l0", "float32"),
    ("span", "l1", "float32"),
]
DOUBLE = [way for way in WAYS if way[2] == "float64"]
# at an edge: float32 with the prox and the basis of most numbers, for the others' too
EDGES = [*DOUBLE, ("direct", "transformed-l1", "float32"), ("span", "l1", "float32")]
each_way = pytest.mark.parametrize(("way", "penalty", "dtype"), EDGES)
each_double = pytest.mark.parametrize(("way", "penalty", "dtype"), DOUBLE)


def directions(rng, runs, d, nnz):
    x = rng.normal(size=(runs, d))
    x[rng.random((runs, d)).argsort(axis=1) >= nnz] = 0
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def near(rng, w_star, distance):
    """Return starts about so far from teachers, on the sphere."""
    start = w_star + distance * directions(rng, *w_star.shape, w_star.shape[1])
    return start / np.linalg.norm(start, axis=1, keepdims=True)


FEW = {"runs": 64, "steps": 8}  # before most ties


def usual_value(field, runs, dtype):
    """Return a parameter at its default, for each run where it is no part of a program.

    A number of entries that has no default is 3.
    """
    if "static" in field.metadata:
        return field.default
    whole = field.default is None
    return np.full(runs, 3 if whole else field.default, np.int32 if whole else dtype)


def make_runs(penalty, dtype, *, seed=0, runs=13, d=12, steps=400, points=30, **given):
    """Random runs with random hyperparameters, stacked along axis 0."""
    rng = np.random.default_rng(seed)
    values = {
        "w_star": directions(rng, runs, d, max(1, d // 3)),
        "start": directions(rng, runs, d, d),
        "lam": 10 ** rng.uniform(-4, -1, runs),
        "beta": 10 ** rng.uniform(-2, 0, runs),
        "eta": 10 ** rng.uniform(-3, -0.7, runs),
        "a": 10 ** rng.uniform(-1, 2, runs) + (2 if penalty == "scad" else 0),
    } | {
        name: np.broadcast_to(x, (runs, *np.shape(x)[1:])) for name, x in given.items()
    }
    leaf = {name: jnp.asarray(value, dtype) for name, value in values.items()}
    spec = PENALTIES[penalty]
    usual = {n: usual_value(x, runs, dtype) for n, x in spec.parameters.items()}
    return Run(
        Teacher(leaf["w_star"], k=20),
        leaf["start"],
        spec.make((usual | leaf).__getitem__),
        Hyper(leaf["lam"], leaf["beta"], leaf["eta"]),
        ALGORITHMS["rvscgd"],
        steps,
        points,
    )


# level 0 compiles in half of the time, and a few hundred steps need no more
quickly = {"xla_backend_optimization_level": 0}
quick_path = jax.jit(jax.vmap(simulate), compiler_options=quickly)
fast_path = jax.jit(jax.vmap(simulate))


def plain_path(runs):
    return (quick_path if runs.steps <= 1000 else fast_path)(runs)


@functools.partial(jax.jit, static_argnums=1, compiler_options=quickly)
def kernel(runs, way):
    """Run a kernel, or a way of the native one, over all runs."""
    path = ON_CPU.get(way) or functools.partial(native.simulate, way=way)
    return jax.vmap(path)(runs)


def both(runs, way):
    return plain_path(runs), kernel(runs, way)


def close(found, expected, tolerance):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def compare(plain, fast, tolerance):
    """All that does not hang on a tie, to a tolerance; steps exactly."""
    close(fast.state.w, plain.state.w, tolerance)
    close(fast.state.u, plain.state.u, tolerance)
    a, b = fast.monitor, plain.monitor
    scale = 20 * tolerance  # K, and sums of d terms
    for name, size in (("theta", tolerance), ("lagrangian", scale)):
        close(getattr(a, name).value, getattr(b, name).value, size)
        close(getattr(a, name).max_increase, getattr(b, name).max_increase, size)
        close(getattr(fast.curves, name), getattr(plain.curves, name), size)
    close(a.theta_max, b.theta_max, tolerance)
    close(a.length_min, b.length_min, tolerance)
    close(a.moved, b.moved, tolerance)
    close(fast.curves.loss, plain.curves.loss, scale)
    close(fast.curves.loss_u, plain.curves.loss_u, 10 * scale)  # u can be short
    for name in ("step", "first_bad_step", "degenerate"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    np.testing.assert_array_equal(fast.curves.step, plain.curves.step)

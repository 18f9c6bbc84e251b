"""Estimates of the gradient: the same numbers as NumPy's, and the same law.

Full sampling is a few lines of NumPy here, `full`. False-alarm rate: the
Kolmogorov-Smirnov tests reject below 1e-7 / (how many there are), so 1e-7 in all
(Bonferroni; values that repeat only lower it). Means and second moments, under 2,000
numbers, may differ by 7 standard errors, 3e-12 each. The seeds are fixed besides.
"""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import ks_2samp

from rvsjax.models.gradients import (
    Empirical,
    Minibatch,
    Population,
    Projected,
    TrainingSet,
    mean_gradient,
    plane_gradient,
)
from rvsjax.models.no_overlap import Teacher
from rvsjax.models.surrogates import SURROGATES, expected_gradient
from tests.models.test_surrogates import DERIVATIVES

SIGMAS = 7
DRAWS = 20_000
ANGLES = [0.05, 1.0, 2.5, 0.0, 1e-9, 1e-6]
ANGLES += [math.pi - angle for angle in ANGLES[3:]]
CASES = [
    # surrogate, k, d, n, dtype
    ("relu", 3, 5, 4, "float64"),
    ("clipped", 3, 5, 4, "float64"),
    ("identity", 3, 5, 4, "float64"),
    ("window", 3, 5, 4, "float64"),
    ("relu", 1, 2, 1, "float64"),
    ("window", 2, 1, 3, "float64"),
    ("relu", 8, 12, 2, "float32"),
]
MOMENTS = ["w", "across", "outside", "mixed"]
LEVEL = 1e-7 / (len(CASES) * len(ANGLES) * len(MOMENTS))


def pair(theta, length, d, seed=0):
    """Return w, w_star and the orthonormal axes (2, d): along w and across it."""
    axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, min(2, d))))[0].T
    if d == 1:
        return length * axes[0], (1 if theta < 2 else -1) * axes[0], axes
    star = math.cos(theta) * axes[0] + math.sin(theta) * axes[1]
    return length * axes[0], star, axes


def full(z, w, w_star, name, readout="sum"):
    """Return the mean of g over samples (..., n, k, d), as the paper's equation 8."""
    scale = math.sqrt(2 / math.pi) / (z.shape[-2] ** 2 if readout == "mean" else 1)
    gap = (z @ w > 0).sum(-1) - (z @ w_star > 0).sum(-1)
    weights = gap[..., None] * DERIVATIVES[name](z @ w)
    return scale * np.einsum("...nk,...nkd->...d", weights, z) / z.shape[-3]


def seeds(count, start=0):
    return jnp.arange(start, start + count, dtype=jnp.uint32)


def directions(axes, d):
    """Return directions (4, d): along w, across it in the plane, outside it, mixed."""
    rng = np.random.default_rng(1)
    outside, mixed = rng.normal(size=(2, d))
    outside -= axes.T @ (axes @ outside)
    rows = [axes[0], axes[-1], outside, mixed]
    return np.array([row / max(np.linalg.norm(row), 1e-9) for row in rows])


def same_moments(found, right):
    """Compare means of two samples (draws, directions), and all second moments."""
    for a, b in itertools.combinations_with_replacement(range(found.shape[1] + 1), 2):
        x, y = (np.column_stack([g, np.ones(len(g))]) for g in (found, right))
        x, y = x[:, a] * x[:, b], y[:, a] * y[:, b]
        error = math.sqrt((x.var() + y.var()) / len(x))
        assert abs(x.mean() - y.mean()) <= SIGMAS * error + 1e-12, (a, b)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "k", "d", "n", "dtype"), CASES)
def test_projected_has_the_law_of_full_sampling(name, k, d, n, dtype):
    """At every angle, 0 and pi and next to them: moments, and whole distributions."""
    rng = np.random.default_rng(2)

    @jax.jit
    def draw(some, w, w_star):
        teacher = Teacher(w_star, k)
        return jax.vmap(lambda seed: Projected(seed, n, name).at(teacher, 0)(w))(some)

    for number, theta in enumerate(ANGLES):
        w, w_star, axes = pair(theta, 0.7, d)
        some = seeds(DRAWS, number * DRAWS)
        found = np.asarray(draw(some, np.array(w, dtype), np.array(w_star, dtype)))
        assert found.dtype == dtype
        right = full(rng.normal(size=(DRAWS, n, k, d)), w, w_star, name)
        along = directions(axes, d)
        found, right = found @ along.T, right @ along.T
        same_moments(found, right)
        for x, y, where in zip(found.T, right.T, MOMENTS):
            # what is 0 in both is so up to rounding
            x, y = (np.where(abs(part) < 1e-5 / n, 0, part) for part in (x, y))
            assert ks_2samp(x, y).pvalue > LEVEL, (theta, where)


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize("theta", ANGLES)
def test_in_the_plane_projected_is_full_sampling(name, theta):
    """The same number from the same samples, and the right size of what is outside.

    The samples lie within about theta of the student's edge, where outputs differ, or
    nothing would happen at small angles.
    """
    n, k, d = 30, 4, 6
    w, w_star, axes = pair(theta, 0.7, d)
    z = np.random.default_rng(3).normal(size=(n, k, d))
    near = max(math.sin(theta), 1e-12)
    z += ((near - 1) * (z @ axes[0]))[..., None] * axes[0]
    plane = np.moveaxis(z @ axes.T, -1, 0)
    teacher = Teacher(jnp.asarray(w_star), k)
    silent, noisy = (
        plane_gradient(jnp.asarray(plane), noise, teacher, name)(w)
        for noise in (jnp.zeros(d), jnp.eye(d)[0])
    )
    right = full(z, w, w_star, name)
    gap = (z @ w > 0).sum(-1) - (z @ w_star > 0).sum(-1)
    size = np.linalg.norm(gap[:, None] * DERIVATIVES[name](z @ w))
    # at 0 and pi rounding chooses the axis across w, and any will do
    fixed = axes if 1e-12 < theta < math.pi - 1e-12 else axes[:1]
    outside = np.eye(d)[0] - fixed.T @ fixed[:, 0]
    wanted = math.sqrt(2 / math.pi) / n * size * outside
    # the axis has only the digits that the difference of w and w_star has
    close = {"rtol": 0, "atol": 1e-14 + 1e-14 / max(math.sin(theta), 1e-10)}
    assert (np.linalg.norm(right) > 0.01) == (theta > 0)
    if len(fixed) == 2:
        assert np.allclose(silent, fixed.T @ (fixed @ right), **close)
        assert np.allclose(noisy - silent, wanted, **close)
    else:
        assert np.allclose(axes[0] @ silent, axes[0] @ right, rtol=0, atol=1e-14)
        assert np.allclose(axes[0] @ (noisy - silent), 0, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize("readout", ["sum", "mean"])
def test_a_minibatch_is_numpy_with_the_same_samples(name, readout):
    n, k, d = 7, 4, 5
    w, w_star, _ = pair(1.2, 0.7, d)
    teacher = Teacher(jnp.asarray(w_star), k, readout)
    key = jax.random.key(11, impl="threefry2x32")
    for number in (0x67726164, 3):
        key = jax.random.fold_in(key, number)
    z = np.asarray(jax.random.normal(key, (n, k, d)))
    right = full(z, w, w_star, name, readout)
    assert np.linalg.norm(right) > 0.01
    found = Minibatch(jnp.uint32(11), n, name).at(teacher, jnp.int32(3))(jnp.asarray(w))
    assert np.allclose(found, right, rtol=0, atol=1e-14)
    assert np.allclose(mean_gradient(z, teacher, name)(w), right, rtol=0, atol=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("readout", ["sum", "mean"])
@pytest.mark.parametrize(
    ("kind", "name"), [(Minibatch, "clipped"), (Projected, "relu")]
)
def test_estimates_are_unbiased(kind, name, readout):
    k, d = 3, 4
    w, w_star, _ = pair(1.2, 0.7, d)
    teacher = Teacher(jnp.asarray(w_star), k, readout)
    found = jax.jit(
        jax.vmap(lambda seed: kind(seed, 16, name).at(teacher, 5)(jnp.asarray(w)))
    )(seeds(DRAWS))
    right = expected_gradient(name, teacher, jnp.asarray(w))
    error = np.std(found, axis=0) / math.sqrt(DRAWS)
    assert np.all(abs(np.mean(found, axis=0) - right) < SIGMAS * error)
    assert np.linalg.norm(error) < 0.01 * np.linalg.norm(right)


def test_a_training_set_is_drawn_without_replacement():
    """Sets of 2 of 4 samples, without noise: all 6 come, equally often."""
    k, d, size = 3, 4, 4
    w, w_star, _ = pair(1.2, 0.7, d)
    teacher = Teacher(jnp.asarray(w_star), k)
    whole = TrainingSet(jnp.uint32(1), size, size, "identity").draw(k, d, "float64")
    z = np.asarray(whole.data)
    right = full(z, w, w_star, "identity")
    assert np.allclose(whole.at(teacher, 0)(w), right, rtol=0, atol=1e-14)
    assert np.allclose(whole.at(teacher, 9)(w), right, rtol=0, atol=1e-14)
    draws = 3000
    some = Empirical(whole.data, jnp.uint32(2), 2, "identity")
    found = jax.jit(jax.vmap(lambda step: some.at(teacher, step)(jnp.asarray(w))))(
        jnp.arange(draws)
    )
    sets = itertools.combinations(range(size), 2)
    wanted = np.array([full(z[list(s)], w, w_star, "identity") for s in sets])
    apart = np.abs(np.asarray(found)[:, None] - wanted).max(2)
    assert np.all(apart.min(1) < 1e-14)
    counts = np.bincount(apart.argmin(1), minlength=6)
    assert np.all(abs(counts - draws / 6) < SIGMAS * math.sqrt(draws * 5 / 36))
    for n in (0, 5):
        with pytest.raises(ValueError, match="1 to N = 4"):
            Empirical(whole.data, jnp.uint32(2), n).at(teacher, 0)


def drawn(seed, dtype="float64"):
    return TrainingSet(jnp.uint32(seed), 50, 50).draw(20, 10, dtype)


def test_a_training_set_is_gaussian_and_apart_from_the_noise():
    data = np.asarray(drawn(1).data).ravel()
    assert abs(data.mean()) < SIGMAS / math.sqrt(data.size)
    assert abs(data.var() - 1) < SIGMAS * math.sqrt(2 / data.size)
    other = drawn(2, "float32").data
    assert other.dtype == "float32"
    key = jax.random.fold_in(jax.random.key(1, impl="threefry2x32"), 0x67726164)
    for apart in (np.ravel(other), jax.random.normal(key, data.shape)):
        assert abs(np.mean(data * apart)) < SIGMAS / math.sqrt(data.size)


def make(kind, seed, n=16):
    data = jax.random.normal(jax.random.key(0), (40, 3, 5))
    return {
        "population": lambda: Population("window"),
        "minibatch": lambda: Minibatch(seed, n, "window"),
        "empirical": lambda: Empirical(data, seed, n, "window"),
        "projected": lambda: Projected(seed, n, "window"),
    }[kind]()


KINDS = pytest.mark.parametrize(
    "kind", ["population", "minibatch", "empirical", "projected"]
)


@pytest.mark.slow
@KINDS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_gradient_keeps_the_contract(kind, dtype):
    """jit = no jit, vmap = loop, one trace, dtype kept, noise of seed and step."""
    w, w_star, _ = (np.array(x, dtype) for x in pair(1.2, 0.7, 5))
    traces = []

    def gradient(source, w, w_star, step):
        traces.append(None)
        return source.at(Teacher(w_star, 3), step)(w)

    def steps(source, w, w_star):
        def body(carry, step):
            return carry, gradient(source, carry, w_star, step)

        return jax.lax.scan(body, w, jnp.arange(3, dtype=jnp.int32))[1]

    sources = [make(kind, jnp.uint32(seed)) for seed in (1, 2, 1)]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *sources)
    ws, stars = np.stack([w, w, w]), np.stack([w_star] * 3)
    mapped = jax.jit(jax.vmap(steps))
    found = np.asarray(mapped(stacked, ws, stars))
    assert found.shape == (3, 3, 5) and found.dtype == dtype
    count = len(traces)
    mapped(jax.tree.map(lambda leaf: leaf + 1, stacked), -ws, stars)
    assert len(traces) == count
    rounding = 30 * np.finfo(dtype).eps
    for run, step in [(0, 0), (1, 2)]:
        one = gradient(sources[run], w, w_star, jnp.int32(step))
        assert np.allclose(found[run, step], one, rtol=0, atol=rounding)
    assert np.array_equal(found[0], found[2])
    if kind == "population":
        assert np.array_equal(found[0, 0], found[1, 2])
    else:
        assert len(np.unique(np.round(found[:2].reshape(6, 5), 4), axis=0)) == 6
    # at the teacher there is nothing to learn, whatever is drawn
    there = gradient(sources[0], w_star, w_star, jnp.int32(0))
    assert np.allclose(there, 0, rtol=0, atol=rounding)


@KINDS
def test_gradients_of_different_kinds_need_different_programs(kind):
    structures = {jax.tree.structure(make(kind, jnp.uint32(1), n)) for n in (3, 4)} | {
        jax.tree.structure(Minibatch(jnp.uint32(1), 4, "relu"))
    }
    assert len(structures) == (2 if kind == "population" else 3)

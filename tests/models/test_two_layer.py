"""The second layer against NumPy Monte Carlo, quadrature and the paper's formulas.

False-alarm rate of the Monte Carlo tests: 41 numbers in all are compared, at 6 standard
errors, 2e-9 each: under 1e-7 for the file. The seeds are fixed besides.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammainc

from rvsjax.models.two_layer import SURROGATES, TwoLayerTeacher
from rvsjax.simulation.two_layer import TwoLayerRun, descend, ending

SLOPES = {
    "relu": lambda x: x > 0,
    "clipped": lambda x: (x > 0) & (x < 1),
    "identity": lambda x: np.ones_like(x, bool),
    "window": lambda x: np.abs(x) <= 1,
}
ANGLES = [0.0, 1e-9, 1e-3, 0.7, math.pi / 2, 2.5, math.pi - 1e-7, math.pi]
LENGTHS = [1e-3, 0.4, 1.0, 30.0]
gradient = jax.jit(TwoLayerTeacher.coarse_gradient, static_argnames="surrogate")


def problem(seed, k=4, d=5):
    """Return v, v*, w of any length and w*, of NumPy."""
    rng = np.random.default_rng(seed)
    v, v_star = rng.normal(size=(2, k))
    w, w_star = rng.normal(size=(2, d))
    return v, v_star, w, w_star / np.linalg.norm(w_star)


def at_angle(theta, length, w_star):
    """Return ``length (cos(theta) w* + sin(theta) e)``, e a fixed unit across w*."""
    across = np.roll(w_star, 1)
    across -= across @ w_star * w_star
    across /= np.linalg.norm(across)
    sine = 0.0 if theta == math.pi else math.sin(theta)
    return length * (math.cos(theta) * w_star + sine * across)


@pytest.mark.parametrize("seed", [1, 7])
def test_loss_and_gradients_by_monte_carlo(seed):
    """To 6 standard errors, which are under 1 % of each gradient."""
    k, d, chunks, samples = 3, 3, 20, 50_000
    v, v_star, w, w_star = problem(10 + seed, k, d)
    teacher = TwoLayerTeacher(jnp.asarray(v_star), jnp.asarray(w_star))
    expected = [teacher.loss(v, w)[None], teacher.gradient_v(v, w)]
    expected += [gradient(teacher, v, w, s) for s in SLOPES]
    rng = np.random.default_rng(seed)
    total = np.zeros((2, 1 + k + 4 * d))
    for _ in range(chunks):
        z = rng.normal(size=(samples, k, d))
        along = z @ w
        gap = (along > 0) @ v - (z @ w_star > 0) @ v_star
        seen = [gap[:, None] ** 2 / 2, gap[:, None] * (along > 0)]
        for slope in SLOPES.values():
            seen.append(gap[:, None] * np.einsum("nk,nkd->nd", slope(along) * v, z))
        seen = np.hstack(seen)
        total += seen.sum(0), (seen**2).sum(0)
    mean, square = total / (chunks * samples)
    error = np.sqrt((square - mean**2) / (chunks * samples))
    exact = np.concatenate(expected)
    assert np.all(np.abs(mean - exact) < 6 * error)
    assert error[0] < 0.01 * exact[0]
    for part in np.split(np.arange(1 + k, 1 + k + 4 * d), 4):
        assert np.linalg.norm(error[part]) < 0.01 * np.linalg.norm(exact[part])


def polar(theta, length, slope, half):
    """Return ``E[1[half] mu'(|w| a) (a, c)]`` in polar coordinates of the plane (a, c).

    ``half``: None for no factor, else the angle of the half plane. The radius reaches
    from 0 to where mu' is 0; its integral is an incomplete gamma function.
    """
    low, high = (-math.pi, math.pi) if half is None else (half - math.pi / 2,) * 2
    high = high if half is None else half + math.pi / 2
    bounded = slope in ("clipped", "window")

    def ring(t, component):
        cosine = math.cos(t)
        if cosine <= 0 and slope in ("relu", "clipped"):
            return 0.0
        reach = 1.0
        if bounded and cosine != 0:
            reach = gammainc(1.5, (length * cosine) ** -2 / 2)
        radial = math.sqrt(math.pi / 2) * reach / (2 * math.pi)
        return radial * (cosine, math.sin(t))[component]

    # around the axis across w, mu' changes over angles of about 1/|w|
    axes = [-1.5 * math.pi, -math.pi / 2, math.pi / 2, 1.5 * math.pi]
    near = [a + s * x / length for a in axes for s in (-1, 1) for x in (0.02, 0.2, 2)]
    cuts = sorted({x for x in [low, high, *axes, *near] if low <= x <= high})
    pieces = list(zip(cuts, cuts[1:]))
    return np.array(
        [
            sum(quad(ring, *p, (i,), epsabs=1e-13, epsrel=1e-12)[0] for p in pieces)
            for i in range(2)
        ]
    )


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_coarse_gradient_by_quadrature(surrogate):
    """Patch by patch, to 1e-9 in float64 and to rounding in float32; no NaN."""
    v, v_star, _, w_star = problem(3)
    for theta in ANGLES:
        for length in LENGTHS:
            w = at_angle(theta, length, w_star)
            same = polar(theta, length, surrogate, 0.0)
            other = polar(theta, length, surrogate, theta)
            alone = polar(theta, length, surrogate, None)
            plane = sum(
                v[j] * v[i] * (same if i == j else alone / 2)
                - v[j] * v_star[i] * (other if i == j else alone / 2)
                for i in range(v.size)
                for j in range(v.size)
            )
            hat = w / np.linalg.norm(w)
            across = at_angle(theta + math.pi / 2, 1.0, w_star)
            exact = plane[0] * hat - plane[1] * across
            for dtype, allowed in (("float64", 1e-9), ("float32", 3e-6)):
                make = functools.partial(jnp.asarray, dtype=dtype)
                teacher = TwoLayerTeacher(make(v_star), make(w_star))
                if dtype == "float32" and theta in (0, math.pi):
                    w = length * w_star * math.cos(theta)
                got = gradient(teacher, make(v), make(w), surrogate)
                assert got.dtype == dtype
                assert np.allclose(got, exact, atol=allowed, rtol=0), (theta, length)


def test_coarse_gradients_are_the_papers():
    """Lemmas 4 and 7, and the inner products of Lemmas 5 and 8."""
    for seed in range(10):
        v, v_star, w, w_star = problem(seed)
        teacher = TwoLayerTeacher(jnp.asarray(v_star), jnp.asarray(w_star))
        hat, size = w / np.linalg.norm(w), np.linalg.norm(w)
        theta, root = math.acos(hat @ w_star), math.sqrt(2 * math.pi)
        h = v @ v + v.sum() ** 2 - v.sum() * v_star.sum() + v @ v_star
        middle = (hat + w_star) / np.linalg.norm(hat + w_star)
        relu = h / (2 * root) * hat - math.cos(theta / 2) * v @ v_star / root * middle
        identity = (v @ v * hat - v @ v_star * w_star) / root
        true = jax.grad(teacher.loss, argnums=1)(v, w)
        inner = math.sin(theta) / (root**3 * size) * (v @ v_star) ** 2
        for name, exact, share in [("relu", relu, 0.5), ("identity", identity, 1.0)]:
            got = gradient(teacher, v, w, name)
            assert np.allclose(got, exact, atol=1e-14)
            assert np.isclose(got @ true, share * inner, rtol=1e-10)


def test_loss_is_lemma_1_and_its_derivative_is_gradient_v():
    for seed in range(10):
        v, v_star, w, w_star = problem(seed)
        teacher = TwoLayerTeacher(jnp.asarray(v_star), jnp.asarray(w_star))
        theta = math.acos(w @ w_star / np.linalg.norm(w))
        one = np.ones((v.size, v.size))
        eye = np.eye(v.size)
        turned = (1 - 2 * theta / math.pi) * eye + one
        both = eye + one
        exact = (v @ both @ v - 2 * v @ turned @ v_star + v_star @ both @ v_star) / 8
        assert np.isclose(teacher.loss(v, w), exact, rtol=1e-12)
        derivative = jax.grad(teacher.loss)(jnp.asarray(v), w)
        assert np.allclose(teacher.gradient_v(v, w), derivative, atol=1e-14)


def vmap_of(surrogate, normalised=False, steps=6000):
    """Return a compiled descent over runs with axes on every leaf."""

    def one(v_star, w_star, v, w, eta):
        teacher = TwoLayerTeacher(v_star, w_star)
        run = TwoLayerRun(teacher, v, w, eta, surrogate, steps, 301, normalised)
        out = descend(run)
        return out, ending(teacher, out.v, out.w, 0.02)

    return jax.jit(jax.vmap(one))


vmap_of = functools.cache(vmap_of)


@pytest.mark.parametrize("normalised", [False, True])
def test_descent_is_a_plain_loop_with_the_papers_formulas(normalised):
    v_star, w_star = problem(5)[1::2]
    starts = [problem(seed)[::2] for seed in range(3)]
    v, w = map(np.stack, zip(*starts))
    program = vmap_of("identity", normalised, 50)
    for eta in (0.02, 0.1):  # one program for all step sizes
        same = [np.broadcast_to(x, (3, x.size)) for x in (v_star, w_star)]
        out, _ = program(*same, v, w, np.full(3, eta))
        for i in range(3):
            a, b = v[i], w[i] / (np.linalg.norm(w[i]) if normalised else 1)
            for step in range(51):
                hat = b / np.linalg.norm(b)
                chords = [np.linalg.norm(hat + x * w_star) for x in (-1, 1)]
                theta = 2 * math.atan2(*chords)
                row = theta, np.linalg.norm(a - v_star), np.linalg.norm(b)
                seen = out.curves.theta, out.curves.gap, out.curves.length
                assert np.allclose([x[i, step] for x in seen], row, atol=1e-10)
                if step == 50:
                    break
                gap = a - v_star
                slope = (gap + gap.sum()) / 4 + theta / (2 * math.pi) * v_star
                coarse = (a @ a * hat - a @ v_star * w_star) / math.sqrt(2 * math.pi)
                a, b = a - eta * slope, b - eta * coarse
                b = b / np.linalg.norm(b) if normalised else b
            assert np.allclose(out.v[i], a, atol=1e-12)
            assert np.allclose(out.w[i], b, atol=1e-12)
            assert list(out.curves.step[i]) == list(range(51))
    assert program._cache_size() == 1


K, D = 8, 10


def teacher_with(share, seed=3):
    """Return v* with ``|v*| = 1``, ``(1'v*)^2 = share (k+1)/2``, and w*.

    At ``share < 1`` there is a spurious minimum (Proposition 1).
    """
    v = np.random.default_rng(seed).normal(size=K)
    v -= v.mean()
    part = share * (K + 1) / (2 * K)
    v_star = math.sqrt(1 - part) * v / np.linalg.norm(v) + math.sqrt(part / K)
    w_star = np.random.default_rng(7).normal(size=D)
    return v_star, w_star / np.linalg.norm(w_star)


def spurious_layer(v_star):
    one = np.ones((K, K))
    return np.linalg.solve(np.eye(K) + one, (one - np.eye(K)) @ v_star)


SHARES = (0.0, 0.3, 0.5)


@functools.cache
def ends(surrogate, normalised=False):
    """Run from 0.01 radians of the spurious minimum for each share, eta = 0.02."""
    v_star, w_star = map(np.stack, zip(*[teacher_with(s) for s in SHARES]))
    v = np.stack([spurious_layer(x) for x in v_star])
    w = np.stack([at_angle(math.pi - 0.01, 1.0, x) for x in w_star])
    eta = np.full(len(SHARES), 0.02)
    return vmap_of(surrogate, normalised)(v_star, w_star, v, w, eta)


def test_gradient_at_the_spurious_minimum():
    """Lemma 7's length for the identity; the window alike; 0 for the one-sided."""
    for share in SHARES:
        v_star, w_star = teacher_with(share)
        teacher = TwoLayerTeacher(jnp.asarray(v_star), jnp.asarray(w_star))
        v = spurious_layer(v_star)
        assert np.allclose(teacher.spurious(), v, atol=1e-14)
        assert np.allclose(teacher.gradient_v(v, -w_star), 0, atol=1e-14)
        height = v_star.sum() ** 2 / (2 * (K + 1))
        assert np.isclose(teacher.loss(v, -w_star), height, atol=1e-15)
        scale = 2 * (K - 1) / (math.sqrt(2 * math.pi) * (K + 1) ** 2)
        length = scale * v_star.sum() ** 2
        cut = -math.expm1(-1 / (2 * 0.7**2))
        for name, exact in [
            ("relu", 0.0),
            ("clipped", 0.0),
            ("identity", length),
            ("window", length * cut),
        ]:
            got = gradient(teacher, v, -0.7 * w_star, name)
            assert np.allclose(got, -exact * w_star, atol=1e-14)


@pytest.mark.parametrize("surrogate", ["relu", "clipped"])
def test_one_sided_surrogates_settle_at_the_spurious_minimum(surrogate):
    out, end = ends(surrogate)
    assert list(end) == [1, 1, 1]
    assert np.all(np.diff(out.curves.loss) < 1e-12)  # Theorem 1: the loss never rises


@pytest.mark.parametrize("surrogate", ["identity", "window"])
def test_two_sided_surrogates_are_repelled_from_the_spurious_minimum(surrogate):
    """Their w shrinks to 0 where ``1'v* != 0``; then trapped, or on to the global."""
    out, end = ends(surrogate)
    assert list(end) == [1, 2, 0]
    start, highest = out.curves.loss[:, 0], out.curves.loss.max(axis=1)
    assert np.all(highest[1:] > 1.5 * start[1:])
    assert highest[0] == start[0]
    length = out.curves.length
    assert length[0].min() > 0.9
    assert np.all(length[1:].min(axis=1) < 0.05)
    # trapped: theta jumps between 0 and pi so that w stays at 0 on average, which is
    # mean(1 - 2 theta/pi) = kappa = v'v*/|v|^2, the lower root of (1-2s+sc) x^2 +
    # (1-sc) x + s with s = (1'v*)^2/((k+1)|v*|^2), c = k/(k+1)
    s, c = 0.15, K / (K + 1)
    kappa = min(np.roots([1 - 2 * s + s * c, 1 - s * c, s]))
    assert length[1, -100:].max() < 0.05
    v, v_star = np.asarray(out.v[1]), teacher_with(0.3)[0]
    assert abs(v @ v_star / (v @ v) - kappa) < 0.01
    assert out.curves.loss[1, -100:].mean() > 1.3 * start[1]


@pytest.mark.parametrize("surrogate", ["identity", "window"])
def test_normalised_weights_hide_the_difference(surrogate):
    """With ``|w| = 1`` the identity stays at the spurious minimum as ReLU does."""
    out, end = ends(surrogate, True)
    assert list(end) == [1, 1, 1]
    assert np.allclose(out.curves.length, 1, atol=1e-14)


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_no_surrogate_is_repelled_from_the_global_minimum(surrogate):
    """The gradient is 0 there, and starts near it come back (the identity's too)."""
    rng = np.random.default_rng(0)
    v_star, w_star = map(np.stack, zip(*[teacher_with(s) for s in SHARES]))
    for a, b in zip(v_star, w_star):
        teacher = TwoLayerTeacher(jnp.asarray(a), jnp.asarray(b))
        assert np.allclose(gradient(teacher, a, 0.7 * b, surrogate), 0, atol=1e-15)
        assert np.allclose(teacher.gradient_v(a, b), 0, atol=1e-15)
    v = v_star + 0.1 * rng.normal(size=v_star.shape)
    w = w_star + 0.1 * rng.normal(size=w_star.shape)
    out, end = vmap_of(surrogate)(v_star, w_star, v, w, np.full(len(SHARES), 0.02))
    assert list(end) == [0, 0, 0]
    assert np.all(out.curves.loss[:, -1] < 1e-9)
    assert np.all(np.diff(out.curves.loss) < 1e-12)

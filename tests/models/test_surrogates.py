"""Expected gradients of each surrogate: Monte Carlo, quadrature and mpmath agree.

Each is computed thrice more: with samples in NumPy, as an integral over the plane of w
and w_star in polar coordinates, and from its formula in 40 digits where an angle is
hard. False-alarm rate of the Monte Carlo: 24 numbers at 6.5 standard errors, 8e-11
each: under 1e-8 for the file. The seeds are fixed besides.
"""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy.special import erf

from rvsjax.models.no_overlap import Teacher
from rvsjax.models.surrogates import SURROGATES, expected_gradient

SIGMAS = 6.5
DERIVATIVES = {
    "relu": lambda x: x > 0,
    "clipped": lambda x: (x > 0) & (x < 1),
    "identity": lambda x: np.ones_like(x, bool),
    "window": lambda x: abs(x) <= 1,
}
every = pytest.mark.parametrize("name", SURROGATES)


def pair(theta, length, d=3):
    """Return w and w_star in a plane at random."""
    across, w_star = np.linalg.qr(np.random.default_rng(5).normal(size=(d, 2)))[0].T
    return length * (math.cos(theta) * w_star + math.sin(theta) * across), w_star


def test_every_surrogate_has_its_derivative():
    x = np.array([-2, -1, -0.5, 0, 1e-9, 0.5, 1, 1.5])
    assert set(SURROGATES) == set(DERIVATIVES)
    for name, surrogate in SURROGATES.items():
        for dtype in ("float32", "float64"):
            found = surrogate.derivative(jnp.asarray(x, dtype))
            assert found.dtype == dtype
            assert np.array_equal(found, DERIVATIVES[name](x)), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("theta", "length", "readout"), [(1.0, 0.6, "sum"), (2.4, 1.5, "mean")]
)
def test_expected_gradients_by_monte_carlo(theta, length, readout):
    k, rounds = 2, 12
    w, w_star = pair(theta, length)
    teacher = Teacher(jnp.asarray(w_star), k, readout)
    scale = math.sqrt(2 / math.pi) * (k**-2 if readout == "mean" else 1)
    rng = np.random.default_rng(round(theta))
    sums = {name: np.zeros((2, 3)) for name in SURROGATES}
    for _ in range(rounds):
        z = rng.normal(size=(100_000, k, 3))
        gap = (z @ w > 0).sum(1) - (z @ w_star > 0).sum(1)
        for name, derivative in DERIVATIVES.items():
            g = scale * gap[:, None] * (derivative(z @ w)[..., None] * z).sum(1)
            sums[name] += g.sum(0), (g**2).sum(0)
    count = rounds * 100_000
    for name, (first, second) in sums.items():
        mean, error = first / count, np.sqrt(second) / count
        found = expected_gradient(name, teacher, w)
        assert np.all(abs(mean - found) < SIGMAS * error), name
        # the noise is small enough for the test to mean something
        assert np.linalg.norm(mean - found) < 0.01 * np.linalg.norm(found), name


def by_quadrature(name, theta, length):
    """Return E g of one patch along w^ and across it, by Gauss-Legendre rules.

    The outputs differ on two wedges of the plane alone, theta wide, at +-pi/2.
    """
    nodes, weights = np.polynomial.legendre.leggauss(120)
    halves = [-1, 1] if name in ("identity", "window") else [1]
    reach = 1 / length if name in ("clipped", "window") else math.inf
    total = np.zeros(2)
    for half in halves:
        # turned by pi, both the difference of the outputs and Z change sign
        middle = -math.pi / 2 + (0 if half == 1 else math.pi)
        # geometric panels, since the cut |x| < reach moves fast near the edge
        edges = theta * np.concatenate([[0], 0.5 ** np.arange(40, -1, -1)])
        for low, high in zip(edges[:-1], edges[1:]):
            phi = middle + low + (high - low) * (nodes + 1) / 2
            rays = np.minimum(reach / np.maximum(abs(np.cos(phi)), 1e-300), 12)
            rho = rays[:, None] * (nodes + 1) / 2
            inner = (rho**2 * np.exp(-(rho**2) / 2)) @ weights * rays / 2
            for axis, f in enumerate((np.cos, np.sin)):
                part = weights @ (f(phi) * inner) * (high - low) / 2
                total[axis] += half * part / (2 * math.pi)
    return math.sqrt(2 / math.pi) * total


@pytest.mark.slow
@every
@pytest.mark.parametrize("theta", [0.02, 0.7, math.pi / 2, 2.0, 3.1])
@pytest.mark.parametrize("length", [0.3, 1.0, 4.0])
def test_expected_gradients_by_quadrature(name, theta, length):
    w_star = jnp.array([math.cos(theta), math.sin(theta)])
    w = jnp.array([length, 0.0])
    found = expected_gradient(name, Teacher(w_star, 1), w)
    assert np.allclose(found, by_quadrature(name, theta, length), rtol=0, atol=1e-11)


def in_forty_digits(name, w, w_star, k):
    """Return the formula at the very numbers given, K f (...), as floats."""
    with mpmath.workdps(60):
        w, star = (mpmath.matrix([float(x) for x in v]) for v in (w, w_star))
        length = mpmath.norm(w)
        w, star = w / length, star / mpmath.norm(star)
        theta = 2 * mpmath.atan2(mpmath.norm(w - star), mpmath.norm(w + star))
        one = two = mpmath.mpf(1)
        if name in ("clipped", "window"):
            r = 1 / length
            near = theta < 1e-40
            two = 1 if near else mpmath.erf(r / mpmath.sin(theta) / mpmath.sqrt(2))
            tail = 0 if near else mpmath.erfc(r * mpmath.cot(theta) / mpmath.sqrt(2))
            one = 1 - mpmath.exp(-(r**2) / 2) * tail
        sides = 2 if name in ("identity", "window") else 1
        found = sides * k / (2 * mpmath.pi) * (one * w - two * star)
        return np.array([float(x) for x in found])


EPS = {"float32": 2.0**-23, "float64": 2.0**-52}
OFFSETS = [0.0, 1e-300, 1e-12, 1e-9, 1e-6, 1e-3, 0.3]


@every
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_angle_is_safe_and_right_to_rounding(name, dtype):
    """0, pi and all that is near them, mapped and compiled; K f is the scale."""
    pairs = [pair(base, 1.0) for base in OFFSETS]
    pairs += [(-w, w_star) for w, w_star in pairs]
    pairs += [(length * w, w_star) for w, w_star in pairs for length in (0.3, 3.0)]
    ws, stars = (np.array(x, dtype) for x in zip(*pairs))
    found = jax.jit(
        jax.vmap(lambda w, star: expected_gradient(name, Teacher(star, 20), w))
    )(ws, stars)
    assert found.dtype == dtype
    right = np.array([in_forty_digits(name, *each, 20) for each in zip(ws, stars)])
    scale = SURROGATES[name].sides * 20 / (2 * math.pi)
    assert np.abs(found - right).max() < 8 * EPS[dtype] * scale
    plain = expected_gradient(name, Teacher(jnp.asarray(stars[3]), 20), ws[3])
    assert np.abs(found[3] - plain).max() < 8 * EPS[dtype] * scale


@every
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_small_angle_keeps_its_digits_in_the_plane(name, dtype):
    """In two dimensions with w along an axis, where no rounding hides the sine."""
    for small in (1e-30, 1e-12, 1e-6):
        w, star = np.array([1, 0], dtype), np.array([1, small], dtype)
        found = expected_gradient(name, Teacher(jnp.asarray(star), 20), w)
        right = in_forty_digits(name, w, star, 20)
        assert math.isclose(found[1], right[1], rel_tol=1e-5), small
    assert np.all(expected_gradient(name, Teacher(jnp.asarray(w), 20), w) == 0)
    opposite = expected_gradient(name, Teacher(jnp.asarray(-w), 20), w)
    assert np.all(np.isfinite(opposite)) and opposite[0] > 0.1 and opposite[1] == 0


@every
def test_only_a_weight_of_zero_has_no_gradient(name):
    teacher = Teacher(jnp.array([0.6, 0.8]), 2)
    assert np.isnan(expected_gradient(name, teacher, jnp.zeros(2))).all()
    for length in (1e-100, 1e-9, 1e9, 1e100):
        found = expected_gradient(name, teacher, jnp.array([0.0, length]))
        assert np.isfinite(found).all()


def test_the_relu_is_the_coarse_gradient_of_the_teacher():
    w, w_star = pair(1.0, 0.7)
    teacher = Teacher(jnp.asarray(w_star), 20, "mean")
    found = expected_gradient("relu", teacher, jnp.asarray(w))
    assert np.array_equal(found, teacher.coarse_gradient(jnp.asarray(w)))


@pytest.mark.parametrize("theta", [0.1, 1.5, 3.0])
def test_tangential_parts_relative_to_the_relu(theta):
    """Identity 2, clipped ``erf(1/(sqrt 2 |w| sin theta))``, window twice that."""
    length = 0.8
    w, w_star = pair(theta, length)
    teacher = Teacher(jnp.asarray(w_star), 20)
    hat = w / length
    across = {
        name: float(
            (w_star - (w_star @ hat) * hat) @ expected_gradient(name, teacher, w)
        )
        for name in SURROGATES
    }
    share = erf(1 / (math.sqrt(2) * length * math.sin(theta)))
    wanted = {"relu": 1, "identity": 2, "clipped": share, "window": 2 * share}
    for name, ratio in wanted.items():
        assert math.isclose(across[name] / across["relu"], ratio, rel_tol=1e-12)
    assert across["relu"] < 0

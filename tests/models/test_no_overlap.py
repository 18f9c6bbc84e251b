"""Population quantities against Monte Carlo in plain NumPy and against mpmath.

False-alarm rate of the Monte Carlo tests: 36 numbers in all are compared, at 6 standard
errors, 2e-9 each: under 1e-7 for the file. The seeds are fixed besides.
"""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from rvsjax.models.no_overlap import (
    Teacher,
    angle,
    direction_at,
    sparse_direction,
    unit,
)

SIGMAS = 6


def unit_vectors(seed, d):
    rng = np.random.default_rng(seed)
    w, w_star = rng.normal(size=(2, d))
    return w * 0.7, w_star / np.linalg.norm(w_star)


def outputs(rng, w, w_star, k, readout, samples):
    """Return patches, activations of the student, and the difference of the outputs."""
    z = rng.normal(size=(samples, k, w.size))
    student, teacher = z @ w > 0, z @ w_star > 0
    scale = 1 / k if readout == "mean" else 1
    return z, student, scale, scale * (student.sum(1) - teacher.sum(1))


@pytest.mark.slow
@pytest.mark.parametrize("readout", ["sum", "mean"])
@pytest.mark.parametrize(("k", "d"), [(1, 2), (3, 5), (20, 8)])
def test_population_quantities_by_monte_carlo(k, d, readout):
    w, w_star = unit_vectors(10 * k + d, d)
    teacher = Teacher(jnp.asarray(w_star), k, readout)
    rng = np.random.default_rng(k)
    losses, gradients = [], []
    for _ in range(10):
        z, student, scale, gap = outputs(rng, w, w_star, k, readout, 40_000)
        losses.append(gap**2 / 2)
        weighted = (student[:, :, None] * z).sum(1) * scale
        gradients.append(math.sqrt(2 / math.pi) * gap[:, None] * weighted)
    loss, gradient = np.concatenate(losses), np.concatenate(gradients)
    size = math.sqrt(len(loss))
    assert abs(loss.mean() - teacher.loss(w)) < SIGMAS * loss.std() / size
    error = np.abs(gradient.mean(0) - teacher.coarse_gradient(w))
    assert np.all(error < SIGMAS * gradient.std(0) / size)
    # the noise is small enough for the test to mean something: 3 % of the gradient
    assert np.linalg.norm(gradient.std(0)) / size < 0.03 * np.linalg.norm(
        gradient.mean(0)
    )


def test_expected_coarse_gradient_in_the_textbook_form():
    """``k/pi (w^ - cos(theta/2) (w^ + w*)/|w^ + w*|)`` is the same vector (Lemma 2)."""
    for seed in range(20):
        w, w_star = unit_vectors(seed, 7)
        teacher = Teacher(jnp.asarray(w_star), 4)
        hat = w / np.linalg.norm(w)
        half = math.cos(teacher.theta(w) / 2)
        middle = (hat + w_star) / np.linalg.norm(hat + w_star)
        textbook = 4 / math.pi * (hat - half * middle)
        assert np.allclose(teacher.coarse_gradient(w), textbook, atol=1e-14)


def test_true_gradient_is_the_derivative_of_the_loss():
    for seed in range(10):
        w, w_star = unit_vectors(seed, 6)
        teacher = Teacher(jnp.asarray(w_star), 20)
        assert np.allclose(teacher.gradient(w), jax.grad(teacher.loss)(w), rtol=1e-11)


def test_lemma_1_links_the_two_gradients():
    for seed in range(10):
        w, w_star = unit_vectors(seed, 6)
        teacher = Teacher(jnp.asarray(w_star), 20)
        inner = teacher.coarse_gradient(w) @ teacher.gradient(w)
        expected = teacher.K**2 * math.sin(teacher.theta(w)) / np.linalg.norm(w)
        assert np.isclose(inner, expected, rtol=1e-12)


def test_mean_readout_reads_one_over_k_for_k():
    w, w_star = unit_vectors(0, 5)
    mean, single = (
        Teacher(jnp.asarray(w_star), 4, "mean"),
        Teacher(jnp.asarray(w_star), 1),
    )
    assert np.isclose(4 * mean.loss(w), single.loss(w), rtol=1e-15)
    assert np.isclose(
        Teacher(jnp.asarray(w_star), 20).K, 20 / (2 * math.pi), rtol=1e-15
    )


@pytest.mark.parametrize("small", [0.0, 1e-300, 1e-12, 1e-8, 1e-3, 1.0])
def test_angle_is_accurate_near_0_and_pi(small):
    """arccos would lose everything below 1e-8."""
    mpmath.mp.dps = 40
    a = np.array([1.0, 0.0])
    b = np.array([math.cos(small), math.sin(small)])
    exact = float(mpmath.atan2(mpmath.mpf(b[1]), mpmath.mpf(b[0])))
    assert math.isclose(angle(a, b), exact, rel_tol=4e-16, abs_tol=1e-300)
    from_pi = float(mpmath.pi - mpmath.atan2(mpmath.mpf(b[1]), mpmath.mpf(b[0])))
    assert math.isclose(angle(a, -b), from_pi, rel_tol=3e-16)
    assert angle(a, -a) == math.pi


def test_a_weight_of_zero_has_no_angle():
    teacher = Teacher(jnp.array([1.0, 0.0]), 1)
    assert np.isnan(teacher.theta(jnp.zeros(2)))
    assert np.isnan(teacher.coarse_gradient(jnp.zeros(2))).all()


def test_sparse_directions_have_nested_supports():
    ranks, values = np.random.default_rng(0).normal(size=(2, 30))
    before = set()
    for nnz in (1, 5, 30):
        w = np.asarray(sparse_direction(jnp.asarray(ranks), jnp.asarray(values), nnz))
        support = set(np.flatnonzero(w))
        assert len(support) == nnz
        assert before <= support
        assert math.isclose(np.linalg.norm(w), 1, rel_tol=1e-15)
        assert np.allclose(
            w / w[list(support)[0]] * values[list(support)[0]], np.where(w, values, 0)
        )
        before = support


@pytest.mark.parametrize("theta", [0.0, 1e-6, 1.0, 2.5, math.pi])
def test_directions_at_an_exact_angle(theta):
    values = jnp.asarray(np.random.default_rng(0).normal(size=10))
    w_star = unit(jnp.asarray(np.random.default_rng(1).normal(size=10)))
    w = direction_at(jnp.float64(theta), w_star, values)
    assert math.isclose(angle(w, w_star), theta, abs_tol=1e-15, rel_tol=1e-15)
    across = w - (w @ w_star) * w_star
    if 0 < theta < math.pi:
        expected = unit(values - (values @ w_star) * w_star)
        assert np.allclose(unit(across), expected, atol=1e-9)


WRONG = {
    "another length": (([3.0, 4.0, 0.0], 20), "w_star has the length 5; it must be 1"),
    "zero": ((np.zeros(3), 20), "w_star has the length 0"),
    "one of several": (([[1.0, 0], [1, 1]], 20), "w_star has the length 1.41"),
    "three digits": ((np.array([0.707, 0.707]), 20), "w_star has the length 0.9998"),
    "a number": ((1.0, 20), "w_star is 1.0; it must be a vector of numbers"),
    "a word": (("w", 20), "w_star is 'w'; it must be a vector"),
    "half a patch": (([1.0], 2.5), "k is 2.5; it must be a whole number, at least 1"),
    "no patch": (([1.0], 0), "k is 0; it must be a whole number"),
    "patches without end": (([1.0], 10**400), "k is 10+; it must .*, at most 9007"),
    "a truth value": (([1.0], True), "k is True; it must be a whole number"),
    "a readout": (([1.0], 2, "avg"), "readout is 'avg'; it must be 'sum' or 'mean'"),
}


@pytest.mark.parametrize(("given", "what"), WRONG.values(), ids=WRONG)
def test_what_is_no_teacher_is_told_where_it_is_made(given, what):
    with pytest.raises(ValueError, match=f"Teacher: {what}"):
        Teacher(*given)


def test_lists_and_numbers_of_numpy_make_a_teacher():
    right = Teacher(jnp.array([0.6, 0.8]), 20)
    w = jnp.array([0.0, 2.0])
    for w_star in ([0.6, 0.8], (0.6, 0.8), np.array([0.6, 0.8])):
        assert Teacher(w_star, np.int64(20)).theta(w) == right.theta(w)
    assert Teacher([1, 0], 20).w_star.dtype == np.float64


def test_what_is_traced_or_mapped_is_no_mistake():
    stars = jnp.array([[0.6, 0.8], [1.0, 0.0]])
    angles = jax.jit(jax.vmap(lambda x: Teacher(x, 20).theta(jnp.array([1.0, 0]))))
    whole = jax.vmap(lambda t: t.theta(jnp.array([1.0, 0])))(Teacher(stars, 20))
    assert np.allclose(angles(stars), whole, rtol=1e-15)
    axes = jax.tree.map(lambda x: 0, Teacher(stars, 20))  # trees hold anything
    assert axes.w_star == 0

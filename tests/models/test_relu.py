"""The ReLU network against Monte Carlo in plain NumPy, and against 60 digits.

False-alarm rate of the Monte Carlo test: 30 numbers in all are compared, at 6 standard
errors, 2e-9 each: under 1e-7 for the file. The seeds are fixed besides.
"""

import math

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from rvsjax.models import relu
from rvsjax.models.no_overlap import Teacher
from tests.models.test_no_overlap import SIGMAS, unit_vectors

STAR = np.array([0.5, -0.5, 0.5, 0.5])  # of length 1 exactly
ACROSS = np.array([0.5, 0.5, -0.5, 0.5])


@pytest.mark.parametrize("readout", ["sum", "mean"])
@pytest.mark.parametrize(("k", "d"), [(1, 2), (3, 5), (8, 5)])
def test_loss_and_gradient_by_monte_carlo(k, d, readout):
    w, w_star = unit_vectors(10 * k + d, d)
    teacher = Teacher(jnp.asarray(w_star), k, readout)
    rng, scale = np.random.default_rng(k), 1 / k if readout == "mean" else 1
    losses, gradients = [], []
    for _ in range(10):
        z = rng.normal(size=(20_000, k, d))
        student, target = np.maximum(z @ w, 0), np.maximum(z @ w_star, 0)
        gap = scale * (student.sum(1) - target.sum(1))
        slope = scale * ((z @ w > 0)[:, :, None] * z).sum(1)
        losses.append(gap**2 / 2)
        gradients.append(gap[:, None] * slope)
    loss, gradient = np.concatenate(losses), np.concatenate(gradients)
    size = math.sqrt(len(loss))
    assert abs(loss.mean() - relu.loss(teacher, w)) < SIGMAS * loss.std() / size
    error = np.abs(gradient.mean(0) - relu.gradient(teacher, w))
    assert np.all(error < SIGMAS * gradient.std(0) / size)
    # the noise is small enough for the test to mean something: 1 % of the loss
    assert loss.std() / size < 0.01 * loss.mean()
    assert np.linalg.norm(gradient.std(0)) / size < 0.02 * np.linalg.norm(
        gradient.mean(0)
    )


def exact_loss(k, w):
    """Return the loss of a sum in the form of the paper, in mpmath's digits."""
    pi, norm = mpmath.pi, mpmath.sqrt(sum(x**2 for x in w))
    along = sum(x * mpmath.mpf(s) for x, s in zip(w, STAR))
    rest = [x - along * mpmath.mpf(s) for x, s in zip(w, STAR)]
    theta = mpmath.atan2(mpmath.sqrt(sum(x**2 for x in rest)), along)
    h = norm * (mpmath.sin(theta) + (pi - theta) * mpmath.cos(theta)) / (2 * pi)
    own = mpmath.mpf(k) / 4 + k * (k - 1) / (4 * pi)
    return own * (norm**2 + 1) - k * h - k * (k - 1) / (2 * pi) * norm


def exact_gradient(k, w):
    """Return central differences of `exact_loss`, with 60 digits.

    Their error is the square of the step times third derivatives, which grow towards
    theta = 0 and pi as 1/theta^2 at most: 1e-26 at 1e-9.
    """
    gradient, step = [], mpmath.mpf("1e-22")
    for j in range(len(w)):
        up, down = list(w), list(w)
        up[j], down[j] = up[j] + step, down[j] - step
        gradient.append((exact_loss(k, up) - exact_loss(k, down)) / (2 * step))
    return gradient


@pytest.mark.parametrize("k", [1, 20])
@pytest.mark.parametrize("length", [0.2, 1 + 1e-9, 3.0])
def test_every_digit_is_there_near_0_and_pi_as_well(k, length):
    mpmath.mp.dps = 60
    teacher = Teacher(jnp.asarray(STAR), k)
    small = [1e-9, 1e-6, 1e-3, 0.1, 0.2499, 0.2501]
    for theta in [*small, 1.0, 2.0, *(math.pi - x for x in small)]:
        w = length * (math.cos(theta) * STAR + math.sin(theta) * ACROSS)
        exact = [mpmath.mpf(x) for x in w.tolist()]
        loss, gradient = exact_loss(k, exact), exact_gradient(k, exact)
        error = abs(mpmath.mpf(float(relu.loss(teacher, w))) - loss)
        assert error < 3e-15 * loss
        got = [mpmath.mpf(x) for x in np.asarray(relu.gradient(teacher, w)).tolist()]
        error = mpmath.norm([a - b for a, b in zip(got, gradient)])
        assert error < 3e-15 * mpmath.norm(gradient)


def test_critical_points_are_those_of_the_paper():
    """w* itself, exactly; and the saddle, to the rounding of numbers of size k^2."""
    for k in (1, 2, 20):
        teacher = Teacher(jnp.asarray(STAR), k)
        assert relu.loss(teacher, STAR) == 0
        assert np.array_equal(relu.gradient(teacher, STAR), np.zeros(4))
        if k > 1:
            saddle = -(k - 1) / (k - 1 + math.pi) * STAR
            assert np.allclose(relu.gradient(teacher, saddle), 0, atol=1e-15 * k**2)


def test_along_the_teacher_the_loss_is_a_parabola():
    curvature = 20 / 2 + 20 * 19 / (2 * math.pi)
    teacher = Teacher(jnp.asarray(STAR), 20)
    expected = curvature * 0.25 * STAR
    assert np.allclose(relu.gradient(teacher, 1.25 * STAR), expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_dtypes_are_kept_and_a_weight_of_zero_is_no_number(dtype):
    teacher = Teacher(jnp.asarray(STAR, dtype), 20, "mean")
    w = jnp.asarray(ACROSS, dtype)
    assert relu.loss(teacher, w).dtype == relu.gradient(teacher, w).dtype == dtype
    assert np.isnan(relu.loss(teacher, 0 * w))
    assert np.isnan(relu.gradient(teacher, 0 * w)).all()

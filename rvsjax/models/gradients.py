"""Gradients that a method can step along: the population's, and estimates of it.

Each is a pytree with ``at(teacher, step) -> Gradient``, so that a scan can ask for the
gradient of its step. What is drawn follows from seed and step alone, never from
hyperparameters: runs with one seed meet the same noise. The coarse gradient of one
sample Z (k, d) is, with s = 1 for a sum over patches and 1/k for a mean,

    g(w, Z) = c s^2 sum_i (1[Z_i.w > 0] - 1[Z_i.w_star > 0]) sum_i mu'(Z_i.w) Z_i,

c = sqrt(2/pi) (equation 8); its mean over Z is `surrogates.expected_gradient`.
"""

import math
from typing import Any, Protocol

import jax
import jax.numpy as jnp

from rvsjax.environment.jax_settings import pinned, random_key
from rvsjax.models import relu
from rvsjax.models.no_overlap import Teacher
from rvsjax.models.surrogates import SLOPE, SURROGATES, expected_gradient
from rvsjax.types import Array, Gradient, pytree, static

__all__ = [
    "Empirical",
    "Minibatch",
    "Population",
    "Projected",
    "Smooth",
    "GradientEstimator",
    "TrainingSet",
    "mean_gradient",
    "plane_gradient",
]

STEPS, DATA = 0x67726164, 0x64617461
"""Folded into a seed, so that noise, data, teacher and start are independent."""


def _key(seed: Array, *path: int | Array) -> Array:
    """Return the key at ``path`` below a uint32 seed."""
    key = random_key(seed)
    for number in path:
        key = jax.random.fold_in(key, number)
    return key


def _scale(teacher: Teacher, n: int) -> float:
    """Return ``c s^2 / n``."""
    return SLOPE * teacher.K * 2 * math.pi / teacher.k / n


def _gap(student: Array, teacher: Array) -> Array:
    """Return the difference of the outputs ``(n, 1)`` from projections ``(n, k)``."""
    fired = (student > 0).astype(student.dtype) - (teacher > 0).astype(student.dtype)
    return jnp.sum(fired, axis=1, keepdims=True)


def mean_gradient(samples: Array, teacher: Teacher, surrogate: str) -> Gradient:
    """Return ``w -> mean of g(w, Z)`` over samples Z ``(n, k, d)``."""
    n, k, d = samples.shape
    rows = samples.reshape(n * k, d)

    def gradient(w: Array) -> Array:
        columns = jnp.stack([w, teacher.w_star], axis=1)
        seen = jnp.matmul(rows, columns, precision="highest").reshape(n, k, 2)
        student = seen[..., 0]
        weights = _gap(student, seen[..., 1]) * SURROGATES[surrogate].derivative(
            student
        )
        total = jnp.matmul(weights.reshape(n * k), rows, precision="highest")
        return _scale(teacher, n) * total

    return gradient


class GradientEstimator(Protocol):
    """Origin of the gradient of each step: a population, or samples of it."""

    def at(self, teacher: Teacher, step: Array) -> Gradient:
        """Return the gradient of a step, counted from 0."""
        ...


@pytree
class Smooth:
    """The true gradient of the network with ReLU, of `rvsjax.models.relu`."""

    def at(self, teacher: Teacher, step: Array) -> Gradient:
        """Return ``w -> grad f(w)`` of that network, the same at every step."""
        del step
        return lambda w: relu.gradient(teacher, w)


@pytree
class Population:
    """The expected coarse gradient, in closed form."""

    surrogate: str = static(default="relu")

    def at(self, teacher: Teacher, step: Array) -> Gradient:
        """Return ``w -> E g(w)``, the same at every step."""
        del step
        return lambda w: expected_gradient(self.surrogate, teacher, w)


@pytree
class Minibatch:
    """The mean of g over n fresh Gaussian samples a step."""

    seed: Array  # uint32
    n: int = static()
    surrogate: str = static(default="relu")

    def at(self, teacher: Teacher, step: Array) -> Gradient:
        """Return ``w -> mean of g(w, Z)``, n k d random numbers."""
        key = _key(self.seed, STEPS, step)

        @pinned(None)
        def gradient(w: Array) -> Array:
            shape = (self.n, teacher.k, w.size)
            samples = jax.random.normal(key, shape, w.dtype)
            return mean_gradient(samples, teacher, self.surrogate)(w)

        return gradient


@pytree
class Empirical:
    """The mean of g over a fixed training set, or over n of its samples a step.

    n of N are drawn without replacement, anew at each step; n = N is the whole set,
    without noise.
    """

    data: Array  # (N, k, d)
    seed: Array  # uint32
    n: int = static()
    surrogate: str = static(default="relu")

    @pinned(None)
    def at(self, teacher: Teacher, step: Array) -> Gradient:
        """Return ``w -> mean of g(w, Z)`` over the samples of the step."""
        size = len(self.data)
        if not 0 < self.n <= size:
            raise ValueError(f"n = {self.n}: a minibatch has 1 to N = {size} samples")
        data = self.data
        if self.n < size:
            key = _key(self.seed, STEPS, step)
            data = data[jax.random.choice(key, size, (self.n,), replace=False)]
        return lambda w: mean_gradient(data.astype(w.dtype), teacher, self.surrogate)(w)


@pytree
class TrainingSet:
    """A Gaussian training set not drawn yet: a seed in place of N k d numbers."""

    seed: Array  # uint32
    size: int = static()
    n: int = static()
    surrogate: str = static(default="relu")

    @pinned(None)
    def draw(self, k: int, d: int, dtype: Any) -> Empirical:
        """Return the gradients over the set, ``size`` samples ``(k, d)``."""
        shape = (self.size, k, d)
        data = jax.random.normal(_key(self.seed, DATA), shape, dtype)
        return Empirical(data, self.seed, self.n, self.surrogate)


def _second_axis(direction: Array, w_star: Array) -> tuple[Array, Array, Array]:
    """Return cos theta, sin theta and the unit vector of w_star across ``direction``.

    Where w_star is along ``direction``, to rounding, there is none: sine and axis are
    0. The part across is taken from the shorter of ``w_star -+ direction``, which is
    nearly all across: it keeps its digits however small it is.
    """
    cosine = jnp.dot(w_star, direction)
    near = w_star - jnp.where(cosine < 0, -1, 1).astype(w_star.dtype) * direction
    across = near - jnp.dot(near, direction) * direction
    sine = jnp.linalg.norm(across)
    found = sine > jnp.linalg.norm(near) / 2
    axis = jnp.where(found, across / jnp.where(found, sine, 1), 0)
    return cosine, jnp.where(found, sine, 0), axis


def plane_gradient(
    plane: Array, noise: Array, teacher: Teacher, surrogate: str
) -> Gradient:
    """Return ``w -> mean of g`` from what the samples are in the plane of w and w_star.

    ``plane (2, n, k)`` holds the coordinates of the Z_i along w and across it, and
    ``noise (d,)`` is a Gaussian for all that is not in the plane.
    """
    a, q = plane

    def gradient(w: Array) -> Array:
        length = jnp.linalg.norm(w)
        direction = w / length
        cosine, sine, axis = _second_axis(direction, teacher.w_star)
        derivative = SURROGATES[surrogate].derivative(length * a)
        weights = _gap(a, cosine * a + sine * q) * derivative
        size = jnp.sqrt(jnp.sum(weights**2))
        along = jnp.sum(weights * a) - size * jnp.dot(noise, direction)
        across = jnp.sum(weights * q) - size * jnp.dot(noise, axis)
        total = along * direction + across * axis + size * noise
        return _scale(teacher, len(a)) * total

    return gradient


@pytree
class Projected:
    """A number of the same law as `Minibatch`'s, from 2 n k + d random numbers a step.

    g depends on Z_i through ``a = Z_i.w^`` and ``b = Z_i.w_star`` but for its part
    across their plane, which is Gaussian and independent of them: n k of these, with
    weights h, sum to one Gaussian of size ``sqrt(sum h^2)``. Not for a fixed training
    set, whose samples return.
    """

    seed: Array  # uint32
    n: int = static()
    surrogate: str = static(default="relu")

    def at(self, teacher: Teacher, step: Array) -> Gradient:
        """Return ``w -> mean of g`` of n samples, exact in law; NaN at ``w = 0``."""
        key = _key(self.seed, STEPS, step)

        @pinned(None)
        def gradient(w: Array) -> Array:
            cells = 2 * self.n * teacher.k
            drawn = jax.random.normal(key, (cells + w.size,), w.dtype)
            plane = drawn[:cells].reshape(2, self.n, teacher.k)
            found = plane_gradient(plane, drawn[cells:], teacher, self.surrogate)
            return found(w)

        return gradient

"""A run as a pytree, and its Lagrangian."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from rvsjax.algorithms import ALGORITHMS, COMPENSATED
from rvsjax.environment.numbers import flat, refuse, vector, whole
from rvsjax.models.gradients import GradientEstimator, Population
from rvsjax.models.no_overlap import Teacher
from rvsjax.types import (
    Algorithm,
    Array,
    Hyper,
    Penalty,
    State,
    need_penalty,
    pytree,
    static,
)

__all__ = ["Run", "lagrangian"]

_ALGORITHM_1 = (ALGORITHMS["rvscgd"], COMPENSATED["rvscgd"], ALGORITHMS["cgd"])


@pytree
class Run:
    """One run: a teacher, a start, and a method with its gradient and its numbers.

    Leaves are traced; the algorithm, the kind of penalty, ``steps`` and ``points``
    (rows of the thinned curves, at least 2) are static, and so are the shapes and the
    dtype, which is one for all: that of the start. Numbers in `hyper` take it; arrays
    of another dtype are a ValueError where the run is made, as is what fits no run.
    """

    teacher: Teacher
    start: Array  # w^0 (d,), unit length
    penalty: Penalty
    hyper: Hyper
    algorithm: Algorithm = static()
    steps: int = static()
    points: int = static(default=200)
    gradient: GradientEstimator = Population()

    def __post_init__(self) -> None:
        """Refuse what fits no run, but not axes of `jax.vmap` in place of leaves."""
        if not isinstance(self.teacher, int | None):
            start = vector("Run: start", self.start)
            given = {"start": start, "hyper": _numbers(self.hyper, start.dtype)}
            for name, least in (("steps", 0), ("points", 2)):
                given[name] = whole(f"Run: {name}", getattr(self, name), least)
            for name, value in given.items():
                object.__setattr__(self, name, value)
            _check(self)

    @property
    def is_algorithm_1(self) -> bool:
        """Say whether the steps are those of Algorithm 1, by any gradient.

        `cgd` is Algorithm 1 without a penalty.
        """
        return self.algorithm in _ALGORITHM_1

    @property
    def is_stated(self) -> bool:
        """Say whether it is Algorithm 1 with the expected gradient, as claims ask."""
        return self.is_algorithm_1 and self.gradient == Population()


def _numbers(hyper: Hyper, dtype: Any) -> Hyper:
    """Return the hyperparameters with numbers as arrays of this dtype.

    NaN and infinity are let be: what is beyond float32 is a run that diverges.
    """
    if not isinstance(hyper, Hyper):
        raise ValueError("Run: hyper must be rvsjax.Hyper(lam, beta, eta)")
    for name, value in hyper._asdict().items():
        for number in flat(value):
            if number == number and number != float("inf"):
                refuse(f"Run: {name}", number, least=0)
    leaves = (x if _is_array(x) else jnp.asarray(x, dtype) for x in hyper)
    return Hyper(*leaves)


def _is_array(x: Any) -> bool:
    """Say whether it has a dtype of its own: numbers of NumPy are numbers."""
    return hasattr(x, "dtype") and not isinstance(x, np.generic)


def _check(run: Run) -> None:
    """Raise ValueError where the parts of a run do not fit each other."""
    need_penalty("Run", run.penalty)
    if not isinstance(run.algorithm, Algorithm):
        what = "must be one of rvsjax.algorithms.ALGORITHMS, such as rvsjax.rvscgd"
        raise ValueError(f"Run: algorithm is {run.algorithm!r}; it {what}")
    if not isinstance(run.teacher, Teacher):
        what = "it must be a rvsjax.Teacher"
        raise ValueError(f"Run: the teacher is {run.teacher!r}; {what}")
    w_star, dtype = run.teacher.w_star, run.start.dtype
    if w_star.shape[-1] != run.start.shape[-1]:
        sizes = f"{run.start.shape[-1]} weights, w_star {w_star.shape[-1]}"
        raise ValueError(f"Run: start has {sizes}; both must have d")
    for name, x in {"w_star": w_star, **run.hyper._asdict()}.items():
        if x.dtype != dtype:
            what = f"{name} is of {x.dtype}, start of {dtype}; one dtype is needed"
            raise ValueError(f"Run: {what}")


def lagrangian(run: Run, state: State) -> Array:
    """Return ``L_beta(u, w) = f(w) + lam P(u) + (beta/2) |w - u|^2``, equation (9)."""
    return (
        run.teacher.loss(state.w)
        + run.hyper.lam * run.penalty.value(state.u)
        + run.hyper.beta / 2 * jnp.sum((state.w - state.u) ** 2)
    )

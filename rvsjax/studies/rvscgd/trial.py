"""A run of `rvscgd` as a sweep names it: parameters and a seed become a run."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.algorithms import ALGORITHMS, COMPENSATED
from rvsjax.environment.jax_settings import random_key
from rvsjax.models.gradients import (
    GradientEstimator,
    Minibatch,
    Population,
    Projected,
    Smooth,
    TrainingSet,
)
from rvsjax.models.no_overlap import Teacher, direction_at, sparse_direction, unit
from rvsjax.penalties import Largest, make_penalty
from rvsjax.simulation.run import Run
from rvsjax.studies.rvscgd.parameters import direction
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.study import leaf
from rvsjax.types import Algorithm, Array, Hyper, Penalty, pytree, static

__all__ = ["RvscgdTrial", "inverse_erf", "make_trial"]


@pytree
class RvscgdTrial:
    """A run as a sweep names it: numbers and a seed. `draw` gives the run itself."""

    seed: Array  # uint32
    identity: Array  # (2,) uint32, of the run's id: what its pairs are drawn from
    nnz: Array  # int32
    start_angle: Array  # radians; used where start = "angle"
    w_star: Array  # (d,) any length, or (0,): drawn
    w_start: Array  # (d,) any length, or (0,): by `start`
    penalty: Penalty
    hyper: Hyper
    gradient: GradientEstimator | TrainingSet
    algorithm: str = static()
    k: int = static()
    d: int = static()
    readout: str = static()
    start: str = static()
    precision: str = static()
    steps: int = static()
    points: int = static()
    kernel: str = static(default="plain")

    @property
    def method(self) -> Algorithm:
        """The algorithm that goes by the trial's names."""
        methods = COMPENSATED if self.precision == "compensated" else ALGORITHMS
        return methods[self.algorithm]

    @property
    def key(self) -> Array:
        """The key that everything drawn for this trial follows from."""
        return random_key(self.seed)

    def draw(self) -> Run:
        """Draw the teacher and the start from the seed alone.

        One seed gives one teacher and one start under every configuration of one d, in
        float64 whatever the dtype of the run.
        """
        ranks, values, around = _gaussians(self.key, (3, self.d))
        w_star = sparse_direction(ranks, values, self.nnz)
        if self.w_star.size:
            w_star = unit(self.w_star)
        start = {
            "uniform": lambda: unit(around),
            "teacher": lambda: w_star,
            "angle": lambda: direction_at(self.start_angle, w_star, around),
            "given": lambda: unit(self.w_start),
        }[self.start]()
        dtype = self.hyper.eta.dtype
        gradient = self.gradient
        if isinstance(gradient, TrainingSet):
            gradient = gradient.draw(self.k, self.d, dtype)
        return Run(
            teacher=Teacher(unit(w_star.astype(dtype)), self.k, self.readout),
            start=unit(start.astype(dtype)),
            penalty=self.penalty,
            hyper=self.hyper,
            algorithm=self.method,
            steps=self.steps,
            points=self.points,
            gradient=gradient,
        )


def _direction(text: str | None) -> Any:
    return np.array(direction(text) if text else (), np.float64)


@np.errstate(over="ignore")  # beyond float32: a run that diverges
def make_trial(item: RunConfig, points: int, kernel: str = "plain") -> RvscgdTrial:
    """Turn the names and numbers of an item into a trial with `points` a curve.

    `kernel` is one of `rvsjax.simulation.kernels.KERNELS`.
    """
    given = item.parameters
    dtype = given["dtype"]
    if given["s"]:
        penalty = Largest(leaf("int32", given["s"]))
    else:
        penalty = make_penalty(given["penalty"], lambda name: leaf(dtype, given[name]))
    return RvscgdTrial(
        seed=leaf("uint32", item.seed),
        identity=_identity(item),
        nnz=leaf("int32", given["nnz"]),
        start_angle=leaf("float64", given["start_angle"]),
        w_star=_direction(given["w_star"]),
        w_start=_direction(given["w_start"]),
        penalty=penalty,
        hyper=Hyper(*(leaf(dtype, given[name]) for name in Hyper._fields)),
        algorithm=given["algorithm"],
        k=given["k"],
        d=given["d"],
        readout=given["readout"],
        start=given["start"],
        precision=given["precision"],
        gradient=_gradient(given, leaf("uint32", item.seed)),
        steps=given["steps"],
        points=points,
        kernel=kernel,
    )


def _identity(item: RunConfig) -> Any:
    return np.array([int(item.run_id[i : i + 8], 16) for i in (0, 8)], np.uint32)


def _gradient(given: dict[str, Any], seed: Any) -> GradientEstimator | TrainingSet:
    """Return where gradients come from; what is sampled follows from the seed."""
    size, n, mu = given["train_size"], given["batch"], given["surrogate"]
    return {
        None: Smooth,
        "population": lambda: Population(mu),
        "minibatch": lambda: Minibatch(seed, n, mu),
        "projected": lambda: Projected(seed, n, mu),
        "empirical": lambda: TrainingSet(seed, size, n, mu),
    }[given["gradient"]]()


def _gaussians(key: Array, shape: tuple[int, int]) -> Array:
    """Return ``jax.random.normal(key, shape)`` in float64, row by row."""
    low = np.nextafter(-1.0, 0.0)
    uniform = jax.random.uniform(key, shape, jnp.float64, minval=low, maxval=1.0)
    return math.sqrt(2) * inverse_erf(uniform)


def inverse_erf(rows: Array) -> Array:
    """Return ``erf_inv`` of each row, in a loop over them.

    XLA would otherwise compute it again at each place of use, 14 of them in a program.
    """
    return jax.lax.map(jax.lax.erf_inv, rows)

"""A run of `two_layer` as a sweep names it: parameters and a seed become a run."""

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.environment.jax_settings import random_key
from rvsjax.models.no_overlap import unit
from rvsjax.models.two_layer import TwoLayerTeacher
from rvsjax.simulation.two_layer import TwoLayerRun
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.study import leaf
from rvsjax.types import Array, pytree, static

__all__ = ["TwoLayerTrial", "make_trial"]


@pytree
class TwoLayerTrial:
    """A run as a sweep names it; `draw` gives the run itself."""

    seed: Array  # uint32
    spread: Array
    eta: Array
    k: int = static()
    d: int = static()
    surrogate: str = static()
    start: str = static()
    normalised: bool = static()
    steps: int = static()
    points: int = static()

    def draw(self) -> TwoLayerRun:
        """Draw ``v* ~ N(0, I_k)``, ``w*`` on the sphere, and a start.

        One seed gives one teacher, and one direction of the start away from each
        minimum, under every configuration of one k and d, in float64.
        """
        key = random_key(self.seed)
        of_v, of_w = jax.random.split(key)
        v_star, v_around = jax.random.normal(of_v, (2, self.k), jnp.float64)
        w_star, w_around = jax.random.normal(of_w, (2, self.d), jnp.float64)
        w_star = unit(w_star)
        teacher = TwoLayerTeacher(v_star, w_star)
        v, w = {
            "uniform": lambda: (v_around, unit(w_around)),
            "teacher": lambda: self._beside(v_star, w_star, v_around, w_around),
            "spurious": lambda: self._beside(
                teacher.spurious(), -w_star, v_around, w_around
            ),
        }[self.start]()
        dtype = self.eta.dtype
        cast = TwoLayerTeacher(v_star.astype(dtype), unit(w_star.astype(dtype)))
        return TwoLayerRun(
            teacher=cast,
            v=v.astype(dtype),
            w=w.astype(dtype),
            eta=self.eta,
            surrogate=self.surrogate,
            steps=self.steps,
            points=self.points,
            normalised=self.normalised,
        )

    def _beside(
        self, v: Array, w: Array, v_around: Array, w_around: Array
    ) -> tuple[Array, Array]:
        """Return weights at the distance `spread` in each layer; w of unit length."""
        return v + self.spread * unit(v_around), unit(w + self.spread * unit(w_around))


@np.errstate(over="ignore")  # beyond float32: a run that diverges
def make_trial(item: RunConfig, points: int, kernel: str = "plain") -> TwoLayerTrial:
    """Turn the names and numbers of an item into a trial; there is the plain kernel."""
    given = item.parameters
    return TwoLayerTrial(
        seed=leaf("uint32", item.seed),
        spread=leaf("float64", given["spread"]),
        eta=leaf(given["dtype"], given["eta"]),
        k=given["k"],
        d=given["d"],
        surrogate=given["surrogate"],
        start=given["start"],
        normalised=given["normalisation"] == "sphere",
        steps=given["steps"],
        points=points,
    )

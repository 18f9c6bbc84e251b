"""What every peer is given and what it returns. Symbols are those of the paper."""

import math
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Problem", "Result", "Setting", "draw"]


class Setting(NamedTuple):
    """What all runs of a problem share: hashable, so that programs can be kept."""

    penalty: str  # l0, l1 or transformed-l1
    dtype: str
    eta: float
    lam: float = 1e-4
    beta: float = 4e-3
    k: int = 20
    a: float = 1.0  # of transformed-l1

    @property
    def K(self) -> float:  # noqa: N802 (the paper's constant)
        """``k / (2 pi)``."""
        return self.k / (2 * math.pi)

    @property
    def m(self) -> float:
        """``lam / beta``, the scale of the prox."""
        return self.lam / self.beta

    @property
    def threshold(self) -> float:
        """The largest ``|x|`` that the prox sends to 0."""
        if self.penalty == "l1":
            return self.m
        if self.penalty == "l0":
            return math.sqrt(2 * self.m)
        if self.m <= self.a**2 / (2 * (self.a + 1)):
            return self.m * (self.a + 1) / self.a
        return math.sqrt(2 * self.m * (self.a + 1)) - self.a / 2


class Problem(NamedTuple):
    """Runs that differ in teacher and start alone."""

    setting: Setting
    w0: np.ndarray  # (R, d), unit rows
    w_star: np.ndarray  # (R, d), unit rows


class Result(NamedTuple):
    """The end of every run, and its largest changes over one step."""

    w: Any  # (R, d)
    u: Any  # (R, d)
    theta: Any  # (R,) radians
    lagrangian: Any  # (R,)
    theta_increase: Any  # (R,) largest over the steps, negative if it always fell
    lagrangian_increase: Any  # (R,)


def draw(setting: Setting, runs: int, d: int) -> Problem:
    """Return random runs: teachers with 5 nonzero entries, uniform starts."""
    rng = np.random.default_rng(0)
    shape, dtype = (runs, d), np.dtype(setting.dtype)
    start = _unit(rng.standard_normal(shape, dtype))
    teacher = rng.standard_normal(shape, dtype)
    teacher[:, rng.permutation(d) >= 5] = 0
    return Problem(setting, start, _unit(teacher))


def _unit(x: np.ndarray) -> np.ndarray:
    x /= np.sqrt(np.einsum("rj,rj->r", x, x))[:, None]
    return x

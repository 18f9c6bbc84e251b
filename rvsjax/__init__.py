"""Sweeps of RVSCGD, the relaxed variable splitting coarse gradient descent method.

>>> results = rvsjax.run("sweeps/figure4.toml")  # doctest: +SKIP
>>> results.runs, results.curves, results.claims  # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rvsjax.algorithms import ALGORITHMS
    from rvsjax.api import grid, limit_point, load, run
    from rvsjax.penalties import L0, L1, TransformedL1
    from rvsjax.teacher import Teacher
    from rvsjax.types import Hyper

    rvscgd = ALGORITHMS["rvscgd"]

__all__ = [
    "Hyper",
    "L0",
    "L1",
    "Teacher",
    "TransformedL1",
    "__version__",
    "grid",
    "limit_point",
    "load",
    "run",
    "rvscgd",
]

__version__ = "0.1.0"

_ROOMS = {
    "Hyper": "types",
    "L0": "penalties",
    "L1": "penalties",
    "Teacher": "teacher",
    "TransformedL1": "penalties",
    "grid": "spec.grid",  # without jax
    "limit_point": "api",
    "load": "results",  # without jax, and without anything that could unpickle
    "run": "api",
}


def __getattr__(name: str) -> Any:
    """Import jax and pandas only when they are needed: `--help` is to be instant."""
    if name == "rvscgd":
        return importlib.import_module("rvsjax.algorithms").ALGORITHMS[name]
    if name in _ROOMS:
        return getattr(importlib.import_module(f"rvsjax.{_ROOMS[name]}"), name)
    raise AttributeError(f"module 'rvsjax' has no attribute {name!r}")

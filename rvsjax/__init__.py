"""Sweeps of RVSCGD, the relaxed variable splitting coarse gradient descent method.

>>> results = rvsjax.run("sweeps/figure4.toml")  # doctest: +SKIP
>>> results.runs, results.curves, results.claims  # doctest: +SKIP
"""

import os
import sys


def _leave_the_folder() -> None:
    """Take the current folder off the path, where ``python -m rvsjax`` puts it first.

    A stranger's may hold a ``json.py``. First of all; Python has `os` already.
    """
    if sys.argv[:1] != ["-m"] or sys.flags.safe_path:
        return
    module = sys.orig_argv[-len(sys.argv)].partition(".")[0]  # -m and all else may be
    if module == "rvsjax" or (module[0] == "-" and module.endswith("mrvsjax")):  # one
        try:
            here = [os.getcwd()]
        except OSError:  # it has gone, and Python did not put it there
            here = []
        if sys.path[:1] == here:
            del sys.path[0]


_leave_the_folder()

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rvsjax.algorithms import ALGORITHMS
    from rvsjax.api import grid, limit_point, load, run
    from rvsjax.models.no_overlap import Teacher
    from rvsjax.penalties import L0, L1, PENALTIES, TransformedL1
    from rvsjax.simulation.run import Run
    from rvsjax.simulation.simulate import simulate
    from rvsjax.types import Hyper

    rvscgd = ALGORITHMS["rvscgd"]

__all__ = [
    "ALGORITHMS",
    "Hyper",
    "L0",
    "L1",
    "PENALTIES",
    "Run",
    "Teacher",
    "TransformedL1",
    "__version__",
    "grid",
    "limit_point",
    "load",
    "run",
    "rvscgd",
    "simulate",
]

__version__ = "0.1.0"

STUDIES = {name: f"rvsjax.studies.{name}" for name in ("rvscgd", "two_layer", "lenet")}
"""The package of each study, by its name in a sweep file."""

USUAL_STUDY = "rvscgd"

_HOMES = {
    "ALGORITHMS": "algorithms",
    "Hyper": "types",
    "L0": "penalties",
    "L1": "penalties",
    "PENALTIES": "penalties",
    "Run": "simulation.run",
    "Teacher": "models.no_overlap",
    "TransformedL1": "penalties",
    "grid": "sweep.plan.builder",  # without jax
    "limit_point": "api",
    "load": "results.results",  # without jax, and without anything that could unpickle
    "run": "api",
    "simulate": "simulation.simulate",
}


def __getattr__(name: str) -> Any:
    """Import jax and pandas only when they are needed: `--help` is to be instant."""
    if name == "rvscgd":
        return importlib.import_module("rvsjax.algorithms").ALGORITHMS[name]
    if name in _HOMES:
        return getattr(importlib.import_module(f"rvsjax.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'rvsjax' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, imported or not, for completion."""
    return [*__all__]

"""Sweeps of RVSCGD, the relaxed variable splitting coarse gradient descent method.

>>> results = rvsjax.run("sweeps/figure4.toml")  # doctest: +SKIP
>>> results.runs, results.curves, results.claims  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rvsjax.api import grid, limit_point, load, run

__all__ = ["__version__", "grid", "limit_point", "load", "run"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import jax and pandas only when they are needed: `--help` is to be instant."""
    if name == "load":  # without jax, and without anything that could unpickle
        from rvsjax.results import load

        return load
    if name == "grid":
        from rvsjax.spec.grid import grid

        return grid
    if name in ("limit_point", "run"):
        from rvsjax import api

        return getattr(api, name)
    raise AttributeError(f"module 'rvsjax' has no attribute {name!r}")

"""Studies by name, found when they are asked for, a module at a time.

A study is a package (`rvsjax.STUDIES`) with four modules: ``parameters`` has
`PARAMETERS`, ``schema`` has `SCHEMA` (and `statements`, where claims are judged),
``figures`` has `main_figure`, all without JAX;
``study`` has `STUDY`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from rvsjax import STUDIES

if TYPE_CHECKING:
    from rvsjax.sweep.plan.parameters import ParameterSpace
    from rvsjax.sweep.study import Study

__all__ = [
    "find_figure",
    "find_parameters",
    "find_schema",
    "find_statements",
    "find_study",
]


def find_parameters(name: str) -> "ParameterSpace":
    """Return the parameters of a study, without JAX."""
    return _find(name, "parameters").PARAMETERS


def find_study(name: str) -> "Study":
    """Return what computes a study."""
    return _find(name, "study").STUDY


def find_figure(name: str) -> Any:
    """Return the function that chooses the main figure of a study for its results."""
    return _find(name, "figures").main_figure


def find_schema(name: str) -> Any:
    """Return the columns of a study's tables, and what they hold."""
    return _find(name, "schema").SCHEMA


def find_statements(name: str) -> dict[str, str]:
    """Return the statement of each claim of a study, "" of none, without JAX."""
    return getattr(_find(name, "schema"), "statements", dict)()


def _find(name: str, module: str) -> Any:
    return importlib.import_module(f"{STUDIES[name]}.{module}")

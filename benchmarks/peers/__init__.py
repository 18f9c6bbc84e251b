"""Other programs for the same work, each `prepare(problem, steps) -> call`.

The work is `steps` steps of every run of a `Problem`, with every monitor evaluated at
every step. `prepare` compiles; the call that it returns does the work from the start
weights, as often as it is called, and returns a `Result`.
"""

import importlib
from collections.abc import Callable

from .problem import Problem, Result

__all__ = ["MODULES", "load"]

MODULES = {
    "numpy": "numpy_batched",
    "naive": "jax_naive",
    "numba": "numba_blocked",
    "numba-libm": "numba_libm",
    "torch": "torch_compiled",
}

Prepare = Callable[[Problem, int], Callable[[], Result]]


def load(name: str) -> Prepare:
    """Return `prepare` of a peer; ImportError where its package is not installed."""
    return importlib.import_module(f".{MODULES[name]}", __package__).prepare

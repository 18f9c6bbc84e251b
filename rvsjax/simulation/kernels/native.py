"""C++ for the CPU: one run a lane, many steps a call, no trip to memory in between.

Two ways, in ``native/``. `direct` takes every step in d numbers, in one pass over the
weights (``direct.h``). `span` takes the steps of l0 and l1 in the four or five
coordinates in which they stay as long as u keeps its support (``span.h``). Both watch
every step. Sources of both: Algorithm 1 and `rvsjax.simulate`.
"""

import jax

from rvsjax.algorithms import ALGORITHMS
from rvsjax.penalties import L0, L1, TransformedL1
from rvsjax.simulation import simulate as reference
from rvsjax.simulation.kernels.abi import Raw, flatten, shapes, unflatten
from rvsjax.simulation.kernels.native_build import (
    TARGET,
    BuildError,
    kernel_build,
    load,
)
from rvsjax.simulation.run import Run
from rvsjax.simulation.simulate import Outcome

__all__ = ["DIRECT", "SPAN", "covers", "kernel_build", "problem", "simulate", "way_of"]

DIRECT = frozenset({L0, L1, TransformedL1})
"""The penalties that the kernel covers: the classes themselves, no subclasses."""

SPAN = frozenset({L0, L1})
"""Those whose prox is piecewise linear, as the way of that name takes it."""


def problem() -> str | None:
    """Say why there are no such kernels here, None if there are. Compiles them."""
    try:
        load()
    except BuildError as error:
        return str(error)


def covers(run: Run) -> bool:
    """Say whether there is a kernel for a run; `simulate` is plain for the others."""
    plain = run.is_stated and run.algorithm == ALGORITHMS["rvscgd"]
    return plain and type(run.penalty) in DIRECT


def way_of(run: Run) -> str:
    """Return the faster way for a run: `span` where the prox is piecewise linear."""
    return "span" if type(run.penalty) in SPAN else "direct"


def simulate(run: Run, way: str | None = None) -> Outcome:
    """Run the algorithm as `rvsjax.simulate` does, to rounding.

    Can be compiled and mapped. Raises BuildError where there is no compiler.
    """
    if not covers(run):
        return reference.simulate(run)
    load()
    operands = flatten(run)
    kernel = jax.ffi.ffi_call(TARGET, shapes(operands), vmap_method="broadcast_all")
    penalty = type(run.penalty).__name__
    raw = kernel(*operands, way=way or way_of(run), penalty=penalty)
    return unflatten(run, Raw(*raw))

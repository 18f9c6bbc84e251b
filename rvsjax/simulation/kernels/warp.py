"""`rvsjax.simulate` as one kernel on a GPU that keeps a run in registers.

Optional: it needs NVIDIA Warp (``pip install 'rvsjax[warp]'``). XLA goes through the
memory of the device several times a step; here a run is read once, and written once
after its last step. `simulate` remains the reference that the kernel is tested against,
on a CPU, with the same text and another compiler. No GPU has run it yet.
"""

import importlib.util
import warnings

import jax

from rvsjax.algorithms import ALGORITHMS
from rvsjax.penalties import L0, L1, TransformedL1
from rvsjax.simulation.kernels.abi import flatten, unflatten
from rvsjax.simulation.kernels.warp_binding import call
from rvsjax.simulation.run import Run
from rvsjax.simulation.simulate import Outcome, simulate

__all__ = ["choose_lanes", "run_kernel", "simulate_gpu", "why_not"]

COVERED = frozenset({L0, L1, TransformedL1})
"""The penalties that the kernel covers: the classes themselves, no subclasses."""

MOST_LANES = 32  # threads that can add up without memory

ENOUGH_THREADS = 1 << 15
"""Threads from which more lanes a run are of no use: about two warps for each of the
528 schedulers of an H200. By count, not measured."""


def most_slots(penalty: str, dtype: str) -> int:
    """Return how many weights a thread can keep in its 255 registers.

    The assembler of CUDA 13.0 for sm_90 moves nothing to memory up to 64 weights in
    float32 and 25 in float64 for l0 and l1. Transformed l1 keeps u as well, and its
    prox, written out for every weight, takes long to compile.
    """
    most = 64 if dtype == "float32" else 25
    return (most + 1) // 2 if penalty == "TransformedL1" else most


def choose_lanes(run: Run, runs: int = ENOUGH_THREADS) -> int:
    """Return the threads to give each of ``runs`` runs: a power of two.

    As few as the registers allow, since every one of them computes the angle and the
    monitors; more where there are too few runs to fill a GPU otherwise.
    """
    penalty, dtype, d = _kind(run)
    lanes = 1
    while lanes * most_slots(penalty, dtype) < d:
        lanes *= 2
    while lanes < min(MOST_LANES, d / 4) and lanes * runs < ENOUGH_THREADS:
        lanes *= 2
    return lanes


def why_not(run: Run) -> str | None:
    """Say in a sentence why the kernel cannot take a run, None if it can."""
    penalty, dtype, d = _kind(run)
    if run.algorithm != ALGORITHMS["rvscgd"]:
        return "the GPU kernel knows the method rvscgd only, without compensation"
    if not run.is_stated:
        return "the GPU kernel knows the expected coarse gradient of the paper only"
    if type(run.penalty) not in COVERED or dtype not in ("float32", "float64"):
        return f"the GPU kernel does not know {penalty} in {dtype}"
    if d > MOST_LANES * most_slots(penalty, dtype):
        most = MOST_LANES * most_slots(penalty, dtype)
        return f"the GPU kernel takes up to {most} weights of {dtype}, here are {d}"
    if importlib.util.find_spec("warp") is None:
        return "the GPU kernel needs NVIDIA Warp: pip install 'rvsjax[warp]'"
    if not _has_cuda():
        return "the GPU kernel needs an NVIDIA GPU, and JAX sees none"
    return None


def run_kernel(run: Run, lanes: int | None = None) -> Outcome:
    """Return the outcome of a run by the kernel, on whatever device the program is for.

    Pure, to be jit-compiled and vmapped like `simulate`, of which it computes the same
    numbers to rounding; ``lanes`` is a power of two up to 32. On a CPU, one run after
    another: for tests. Raises ModuleNotFoundError where Warp is not installed.
    """
    penalty, dtype, d = _kind(run)
    lanes = lanes or choose_lanes(run)
    slots = -(-d // lanes)
    return unflatten(run, call(penalty, dtype, slots, lanes, flatten(run)))


def simulate_gpu(run: Run, lanes: int | None = None) -> Outcome:
    """Return `simulate` of a run, by the kernel in programs for an NVIDIA GPU.

    Pure, to be jit-compiled and vmapped; for fewer than `ENOUGH_THREADS` runs give the
    lanes of `choose_lanes`. Where the kernel cannot take the run, a warning says why
    and `simulate` does it. A program for a CPU is that of `simulate`, without a word.
    """
    if problem := why_not(run):
        warnings.warn(f"{problem}; XLA's path runs instead", stacklevel=2)
        return simulate(run)
    return jax.lax.platform_dependent(
        run, cuda=lambda run: run_kernel(run, lanes), default=simulate
    )


def _kind(run: Run) -> tuple[str, str, int]:
    return type(run.penalty).__name__, str(run.start.dtype), run.start.size


def _has_cuda() -> bool:
    try:
        return bool(jax.devices("cuda"))
    except RuntimeError:
        return False

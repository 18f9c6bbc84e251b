"""Kernel, device and size of blocks, as the command line and Python ask for them.

Needs neither JAX nor pandas before a device is asked for.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from rvsjax.environment.numbers import whole
from rvsjax.errors import Problem, SweepFileError, UserError, shown

if TYPE_CHECKING:
    from rvsjax.sweep.engine import Device

__all__ = [
    "DEVICES",
    "KERNELS",
    "LARGEST_BLOCK",
    "Resources",
    "check_resources",
    "find_devices",
    "unless_auto",
]

KERNELS = ("auto", "plain", "native", "warp")
DEVICES = ("auto", "cpu", "gpu", "tpu")
LARGEST_BLOCK = 2**20  # runs


class Resources(NamedTuple):
    """Resources of a sweep; None is what the program chooses, or the folder has."""

    kernel: str | None
    device: str
    block: int | None


def unless_auto(value: Any) -> Any:
    """Return what was asked for; None for ``auto``."""
    return None if value == "auto" else value


def check_resources(kernel: Any, device: Any, block: Any) -> Resources:
    """Return what was asked for in Python; SweepFileError with every mistake."""
    problems = [
        Problem(name, f"must be one of {', '.join(known)}, got {shown(value)}")
        for name, value, known in (
            ("kernel", kernel, KERNELS),
            ("device", device, DEVICES),
        )
        if not isinstance(value, str) or value not in known
    ]
    size = None
    if not (block is None or (isinstance(block, str) and block == "auto")):
        try:
            size = whole("block", block, 1, LARGEST_BLOCK)
        except ValueError:
            what = f"must be a whole number from 1 to {LARGEST_BLOCK:,}, or auto"
            problems.append(Problem("block", f"{what}, got {shown(block)}"))
    if problems:
        raise SweepFileError(problems)
    return Resources(unless_auto(kernel), device, size)


def find_devices(kind: str) -> tuple["Device", ...]:
    """Return a worker for each device of a kind, or of what JAX prefers (``auto``).

    Starts JAX. Raises UserError where there is none, or JAX could not compute with it.
    """
    from rvsjax.sweep.engine import default_workers, devices, known_bad_version

    if problem := known_bad_version():
        raise UserError(problem)
    try:
        return default_workers(devices(unless_auto(kind)))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"--device {kind}: JAX finds none here ({reason})") from None

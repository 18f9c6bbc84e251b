"""Fast paths: programs of their own with the meaning of `rvsjax.simulate`.

`simulate` stays the reference; every kernel is tested against it. A kernel is a
function ``run -> Outcome`` that goes where `simulate` goes, in ``jit`` and ``vmap``.
"""

import importlib.util

from rvsjax.environment.cache import warn_once
from rvsjax.simulation.kernels import native, warp
from rvsjax.simulation.simulate import simulate

__all__ = ["KERNELS", "choose", "problem", "works"]

KERNELS = {
    "plain": simulate,
    "native": native.simulate,
    "warp": warp.simulate_gpu,
}
"""By name: the reference, compiled by XLA; C++ for the CPU; NVIDIA Warp for a GPU."""

_PLATFORMS = {"native": "cpu", "warp": "gpu"}


def choose(platform: str) -> str:
    """Return the fastest kernel that works on a platform, here.

    Warp's is not among them until a GPU has run it.
    """
    return "native" if platform == "cpu" and works("native", platform) else "plain"


def works(kernel: str, platform: str) -> bool:
    """Say whether a kernel works on a platform, here; if not, why is told once."""
    if reason := problem(kernel, platform):
        without = "the plain kernel takes its place, which may be over ten times slower"
        warn_once(f"the kernel {kernel} does not work here: {reason}; {without}")
    return reason is None


def problem(kernel: str, platform: str) -> str | None:
    """Say why a kernel does not work on a platform, here; None if it does."""
    if kernel == "plain":
        return None
    if platform != _PLATFORMS[kernel]:
        return f"it is for a {_PLATFORMS[kernel].upper()}, not for a {platform.upper()}"
    if kernel == "native":
        return native.problem()
    missing = importlib.util.find_spec("warp") is None
    return "it needs NVIDIA Warp: pip install 'rvsjax[warp]'" if missing else None

"""Fast paths: programs of their own with the meaning of `rvsjax.simulate.simulate`.

`simulate` stays the reference; every kernel is tested against it. A kernel is a
function ``run -> Outcome`` that goes where `simulate` goes, in ``jit`` and ``vmap``.
"""

from rvsjax.kernels import native
from rvsjax.simulate import simulate

__all__ = ["KERNELS", "choose", "problem"]

KERNELS = {"plain": simulate, "native": native.simulate}
"""By name: the reference, compiled by XLA, and C++ for the CPU."""


def choose(platform: str) -> str:
    """Return the fastest kernel that works on a platform, here."""
    return "native" if problem("native", platform) is None else "plain"


def problem(kernel: str, platform: str) -> str | None:
    """Say why a kernel does not work on a platform, here; None if it does."""
    if kernel == "plain":
        return None
    if platform != "cpu":
        return f"the kernel {kernel!r} is for the CPU, not for a {platform.upper()}"
    return native.problem()

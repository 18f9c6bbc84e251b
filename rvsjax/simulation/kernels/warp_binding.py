"""The kernel's text as a JAX function, by NVIDIA Warp: the only file that knows Warp.

Warp compiles the text when a program first needs it, with the compilers that it brings
along (NVRTC for a GPU, Clang for a CPU), and keeps what it has compiled in its cache.
"""

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any

from rvsjax.simulation.kernels.abi import INTEGERS, REALS, Operands, Raw
from rvsjax.simulation.kernels.warp_source import source

__all__ = ["BLOCK", "call", "kernel"]

BLOCK = 64
"""Threads that go to a processor together: few, since they take up to 255 registers
each and what is left of a processor's 65,536 lies idle."""


@functools.cache
def kernel(penalty: str, dtype: str, slots: int, lanes: int) -> Any:
    """Return the Warp kernel of one penalty and precision, ready to be launched.

    A run has ``lanes`` threads with ``slots`` weights each, any d up to their product.
    Raises ModuleNotFoundError where Warp is not installed.
    """
    wp = _warp()
    real = {"float32": "float", "float64": "double"}[dtype]

    def rvscgd_run(
        start, w_star, numbers, grid, w_end, u_end, reals, integers,
        theta_curve, value_curve, count_curve, theta_u_curve, tid,
    ): ...  # fmt: skip

    rvscgd_run.__annotations__ = _types(wp, dtype) | {"tid": int}
    native = wp.func_native(source(penalty, real, slots, lanes, BLOCK))(rvscgd_run)

    def rvscgd_runs(
        start, w_star, numbers, grid, w_end, u_end, reals, integers,
        theta_curve, value_curve, count_curve, theta_u_curve,
    ):  # fmt: skip
        native(
            start, w_star, numbers, grid, w_end, u_end, reals, integers,
            theta_curve, value_curve, count_curve, theta_u_curve, wp.tid(),
        )  # fmt: skip

    rvscgd_runs.__annotations__ = _types(wp, dtype)
    return wp.kernel(rvscgd_runs, module="unique", enable_backward=False)


def call(penalty: str, dtype: str, slots: int, lanes: int, operands: Operands) -> Raw:
    """Return what the kernel makes of one run, or under `jax.vmap` of many in one go.

    On the device that the program is compiled for; a CPU takes one run after another.
    """
    d, points = operands.start.size, operands.grid.size
    lengths = (d, d, len(REALS), len(INTEGERS), *[points] * 4)
    names = ("w_end", "u_end", "reals", "integers")
    names += ("theta_curve", "value_curve", "count_curve", "theta_u_curve")
    rows = _jax_kernel(penalty, dtype, slots, lanes)(
        *(x[None] for x in operands),
        launch_dims=lanes,
        output_dims={name: (1, length) for name, length in zip(names, lengths)},
    )
    return Raw(*(x[0] for x in rows))


@functools.cache
def _jax_kernel(penalty: str, dtype: str, slots: int, lanes: int) -> Callable:
    made = kernel(penalty, dtype, slots, lanes)
    return _warp().jax_kernel(made, num_outputs=len(Raw._fields), block_dim=BLOCK)


def _types(wp: Any, dtype: str) -> dict[str, Any]:
    """Return the types of the fields of `Operands`, then of `Raw`: rows of runs."""
    real, whole = wp.array2d(dtype=getattr(wp, dtype)), wp.array2d(dtype=wp.int32)
    return {
        **dict.fromkeys(("start", "w_star", "numbers"), real),
        "grid": whole,
        **dict.fromkeys(("w_end", "u_end", "reals"), real),
        "integers": whole,
        **dict.fromkeys(("theta_curve", "value_curve"), real),
        "count_curve": whole,
        "theta_u_curve": real,
    }


def _warp() -> Any:
    """Import Warp, which greets on the screen unless it is told not to."""
    known = "warp" in sys.modules
    wp = importlib.import_module("warp")
    if not known:
        wp.config.log_level = wp.LOG_ERROR
    return wp

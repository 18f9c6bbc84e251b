"""The kernel's text as a JAX function, by NVIDIA Warp: the only file that knows Warp.

Warp compiles the text when a program first needs it, with the compilers that it brings
along (NVRTC for a GPU, Clang for a CPU), and keeps what it has compiled in its cache.
"""

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any

from rvsjax.simulation.kernels.abi import Operands, Raw, fields, shapes
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
        start, w_star, numbers, grid, w_out, u_out, reals_out, integers_out,
        theta_out, lagrangian_out, nnz_u_out, theta_u_out, tid,
    ): ...  # fmt: skip

    rvscgd_run.__annotations__ = _types(wp, dtype) | {"tid": int}
    native = wp.func_native(source(penalty, real, slots, lanes, BLOCK))(rvscgd_run)

    def rvscgd_runs(
        start, w_star, numbers, grid, w_out, u_out, reals_out, integers_out,
        theta_out, lagrangian_out, nnz_u_out, theta_u_out,
    ):  # fmt: skip
        native(
            start, w_star, numbers, grid, w_out, u_out, reals_out, integers_out,
            theta_out, lagrangian_out, nnz_u_out, theta_u_out, wp.tid(),
        )  # fmt: skip

    rvscgd_runs.__annotations__ = _types(wp, dtype)
    return wp.kernel(rvscgd_runs, module="unique", enable_backward=False)


def call(penalty: str, dtype: str, slots: int, lanes: int, operands: Operands) -> Raw:
    """Return what the kernel makes of one run, or under `jax.vmap` of many in one go.

    On the device that the program is compiled for; a CPU takes one run after another.
    """
    outputs = zip(Raw._fields, shapes(operands))
    rows = _jax_kernel(penalty, dtype, slots, lanes)(
        *(x[None] for x in operands),
        launch_dims=lanes,
        output_dims={f"{name}_out": (1, *x.shape) for name, x in outputs},
    )
    return Raw(*(x[0] for x in rows))


@functools.cache
def _jax_kernel(penalty: str, dtype: str, slots: int, lanes: int) -> Callable:
    made = kernel(penalty, dtype, slots, lanes)
    return _warp().jax_kernel(made, num_outputs=len(Raw._fields), block_dim=BLOCK)


def _types(wp: Any, dtype: str) -> dict[str, Any]:
    """Return the type of every argument: `Operands`, then `Raw` as ``_out``.

    Rows are runs.
    """
    types = {"real": getattr(wp, dtype), "int": wp.int32}
    kinds = {field.name: field.kind for field in fields(Operands)}
    kinds |= {f"{field.name}_out": field.kind for field in fields(Raw)}
    return {name: wp.array2d(dtype=types[kind]) for name, kind in kinds.items()}


def _warp() -> Any:
    """Import Warp, which greets on the screen unless it is told not to."""
    known = "warp" in sys.modules
    wp = importlib.import_module("warp")
    if not known:
        wp.config.log_level = wp.LOG_ERROR
    return wp

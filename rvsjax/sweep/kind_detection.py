"""Kind of device of this machine, found out."""

import platform
from importlib.metadata import version
from pathlib import Path

from rvsjax.environment.jax_settings import largest_instruction_set
from rvsjax.errors import one_line
from rvsjax.simulation.kernels import native
from rvsjax.sweep.device_kind import DeviceKind
from rvsjax.sweep.engine import Device
from rvsjax.sweep.execution import ExecutionConfig

__all__ = ["kind_of"]

# Instruction sets that compilers make other floating point arithmetic of. A processor
# tells over a hundred flags, more of them with each version of Linux.
_SETS = frozenset(
    "sse sse2 pni ssse3 sse4_1 sse4_2 avx avx2 fma fma4 f16c avx512f avx512cd avx512bw "
    "avx512dq avx512vl avx512_bf16 avx512_fp16 amx_tile "
    "asimd fphp asimdhp asimdfhm fcma bf16 sve sve2".split()
)
_V2 = {"sse", "sse2", "pni", "ssse3", "sse4_1", "sse4_2"}
_LIMITS = {"SSE4_2": _V2, "AVX2": _V2 | {"avx", "avx2", "fma", "f16c"}}  # XLA's words
_HEADS = ("flags", "Features")  # of x86 and of Arm, in /proc/cpuinfo


def kind_of(device: Device, config: ExecutionConfig) -> DeviceKind:
    """Return the kind of a device of this machine, for blocks of a config."""
    on_cpu = device.platform == "cpu"
    return DeviceKind(
        platform=device.platform,
        device=device.device_kind,
        machine=platform.machine(),
        processor=_instruction_sets() if on_cpu else "",
        driver="" if on_cpu else one_line(device.client.platform_version),
        libc=" ".join(platform.libc_ver()).strip() if on_cpu else "",
        jax=version("jax"),
        jaxlib=version("jaxlib"),
        kernel=native.kernel_build() if config.kernel == "native" else "",
        flags=config.unpinned,
    )


def _instruction_sets() -> str:
    """Return the instruction sets of the first processor, in a fixed order.

    Without those that XLA was told to leave alone.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    told = (line.partition(":")[2] for line in lines if line.startswith(_HEADS))
    limit = _LIMITS.get(largest_instruction_set(), _SETS)
    return " ".join(sorted(_SETS & limit & {*next(told, "").split()}))

"""Devices and cores that run blocks, and the options of their compiler."""

import importlib.metadata
import logging
import platform
from collections.abc import Sequence
from typing import Any

import jax

from rvsjax.environment.cores import cores

__all__ = [
    "Device",
    "compiler_options",
    "default_workers",
    "devices",
    "known_bad_version",
    "processor",
]

KNOWN_BAD = {
    "0.10.2": "computes wrong rows on CPU (jax issue 39103)",
    "0.11.0": "crashes on CPU (jax issue 39257)",
}

_VERSION = importlib.metadata.version("jaxlib")

# Compiler options on CPU, measured on 2 cores, blocks of 16, d = 50, float64.
_COMPILER: dict[str, Any] = {
    "cpu": {
        # LLVM's third level costs 30 % more time to compile these loops. They ran no
        # faster with it under jaxlib 0.10.1, up to a half slower under 0.12.0.
        "xla_backend_optimization_level": 2,
        # In a tree of sums each sum is two kernels; in one, a step takes 13 instead of
        # 16 microseconds under 0.10.1, and 4.2 instead of 6.6 under 0.12.0.
        "xla_disable_hlo_passes": "tree_reduction_rewriter",
        # Without these 0.10.1 compiles in 4.0 instead of 6.0 s, to the same speed.
        # Later versions compile faster and do not know the option.
        **({"xla_cpu_use_fusion_emitters": False} if _VERSION == "0.10.1" else {}),
    }
}

Device = Any  # jax.Device, which is no type to type checkers

_log = logging.getLogger(__name__)


def known_bad_version() -> str | None:
    """Say what is wrong with the installed jaxlib, None if nothing is known."""
    version = importlib.metadata.version("jaxlib")
    if version in KNOWN_BAD:
        advice = "install another version, such as 0.10.1"
        return f"jaxlib {version} {KNOWN_BAD[version]}; {advice}"
    return None


def processor() -> str:
    """Return the name of this machine's processor: programs are compiled for it."""
    try:
        with open("/proc/cpuinfo") as file:
            names = [line for line in file if line.startswith("model name")]
        return names[0].partition(":")[2].strip()
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def compiler_options(platform: str, quick: bool = False) -> dict[str, Any]:
    """Return the options that a program is compiled with.

    `quick` is for programs without a long loop of their own, run a few thousand times:
    on CPU the compiler takes half of the time, and what it makes runs 5 times slower.
    """
    options = _COMPILER.get(platform, {})
    quickly = {
        "xla_backend_optimization_level": 0,
        # In 32 parts LLVM has two cores to compile on, and more to do: 0.1 s more.
        "xla_cpu_parallel_codegen_split_count": 1,
    }
    return options | quickly if quick and platform == "cpu" else options


def devices(kind: str | None = None) -> list[Device]:
    """Return the devices of a kind, such as "gpu"; by default those that JAX prefers.

    The CPU, which is always here, where the settings of JAX prefer what is not: that is
    logged. Raises RuntimeError for a kind that is not here.
    """
    try:
        return jax.devices(kind)
    except (RuntimeError, AssertionError) as error:  # the latter where none is left
        chosen = jax.config.values
        wanted = chosen.get("jax_platforms") or chosen.get("jax_platform_name")
        if kind not in (None, "cpu") or not wanted:
            raise RuntimeError(str(error) or f"no device of {wanted}") from None
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_platform_name", "")
    if kind is None:
        told = f"JAX finds no device of {wanted} (JAX_PLATFORMS); the CPU computes"
        _log.warning(told)
    return jax.devices("cpu")


def default_workers(devices: Sequence[Device]) -> tuple[Device, ...]:
    """Return the device of each worker: a block runs in each worker at a time.

    One worker a device; on CPU one for each core that is ours, all of the first device,
    which runs them side by side with one program.
    """
    if devices[0].platform != "cpu":
        return tuple(devices)
    return tuple(devices[:1]) * cores()

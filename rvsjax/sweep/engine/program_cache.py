"""Serialised programs for a cache on disk, under a key that needs no tracing.

JAX's own cache (`jax_compilation_cache_dir`) traces and lowers a program to find its
key: 4.6 s of CPU more in a process of 7.1 s (``benchmarks/caches.py``). So ours stays.
"""

import importlib.metadata
import os
import pickle
import platform
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import jax
from jax.experimental import serialize_executable

from rvsjax.sweep.engine.platforms import Device

__all__ = ["Keeper", "dump", "load", "name"]


class Keeper(Protocol):
    """On-disk cache: bytes by key, from a place to be trusted."""

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None if there is nothing."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keep data under a key."""
        ...


def dump(program: Any) -> bytes | None:
    """Return a program as bytes; None if it cannot be had so."""
    try:
        return pickle.dumps(serialize_executable.serialize(program))
    except Exception:  # a program need not be kept
        return None


def load(data: bytes, device: Device) -> Any:
    """Return a program as it was kept; None if this process cannot take it."""
    try:
        kept = pickle.loads(data)
        return serialize_executable.deserialize_and_load(
            *kept, backend=device.client, execution_devices=[device]
        )
    except Exception:  # whatever a file of another make may cause: compile anew
        return None


def name(function: Callable[..., Any], asked: Any) -> str:
    """Return all that decides a program, as text; "" if text cannot tell.

    It can for a function at the top of a module, asked with classes of its package.
    """
    module, called = (getattr(function, n, "") for n in ("__module__", "__name__"))
    if getattr(sys.modules.get(module), called, None) is not function:
        return ""
    told, package = repr(asked), module.partition(".")[0]
    classes = re.findall(r"<class '(\w+)", told)
    if " at 0x" in told or any(other != package for other in classes):
        return ""
    return "\n".join([module, called, told, _place()])


@cache
def _processor() -> str:
    """Return what this machine's processor can do: programs are compiled for it."""
    told = [platform.machine(), platform.processor(), platform.platform()]
    kernel = Path("/proc/cpuinfo")
    if kernel.exists():
        lines = kernel.read_text().splitlines()
        wanted = ("flags", "Features", "model name", "cpu family", "model", "stepping")
        told += sorted({x for x in lines if x.partition("\t")[0] in wanted})
    return "\n".join(told)


def _place() -> str:
    """Return the versions, settings and processor that a program is compiled under."""
    versions = {n: importlib.metadata.version(n) for n in ("jax", "jaxlib", "numpy")}
    chosen = {n: x for n, x in os.environ.items() if n.startswith(("XLA_", "JAX_"))}
    settings = sorted((name, repr(x)) for name, x in jax.config.values.items())
    return repr([sys.version, versions, sorted(chosen.items()), settings, _processor()])

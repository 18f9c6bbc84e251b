"""Memory that a program needs and a machine has, before it runs and after."""

from typing import Any

import psutil

from rvsjax.errors import OutOfMemory

__all__ = ["OutOfMemory", "is_out_of_memory", "lacking"]

_SPARE = 0.9  # of what is free: the rest is for tables, and for other programs


def lacking(program: Any, workers: int) -> str:
    """Say what a program needs and a CPU lacks; "" if it fits, or if nobody knows.

    The system would kill the process; a GPU answers, and is asked by running.
    """
    try:
        told = program.memory_analysis()
        needs = workers * (
            told.temp_size_in_bytes
            + told.argument_size_in_bytes
            + told.output_size_in_bytes
        )
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):
        return ""
    there = free()
    if needs <= _SPARE * there:
        return ""
    return f"needs {_size(needs)} in {workers} workers, {_size(there)} are free"


def free() -> int:
    """Return the bytes that this process may still take: the machine's, the group's."""
    return min([psutil.virtual_memory().available, *_groups()])


def _groups() -> list[int]:
    """Return what control groups leave (Linux): a container, a batch job."""
    root = "/sys/fs/cgroup"
    found = []
    try:
        with open("/proc/self/cgroup") as file:
            own = [line.strip().split(":")[2] for line in file if line[:3] == "0::"]
        for place in {"", *own}:
            with open(f"{root}{place}/memory.max") as most:
                limit = most.read().strip()
            with open(f"{root}{place}/memory.current") as now:
                used = int(now.read())
            if limit != "max":
                found.append(max(0, int(limit) - used))
    except (OSError, ValueError, IndexError):
        pass
    return found


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error of a program means that its block was too large."""
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def _size(number: float) -> str:
    return f"{number / 2**30:,.1f} GiB"

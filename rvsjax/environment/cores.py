"""Cores that this process may use: its affinity, and the CPU quota of its container."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["cores", "quota"]


def cores() -> int:
    """Return the number of cores that are ours: a quota of 1.5 cores is 2."""
    has_affinity = hasattr(os, "sched_getaffinity")
    there = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return max(1, math.ceil(min(there, quota())))


def quota(root: Path = Path("/")) -> float:
    """Return the seconds of CPU a second that control groups allow, infinity for all.

    That of the narrowest group, up to the top. Source: cgroups(7), version 1 and 2.
    """
    return min(_quotas(root), default=math.inf)


def _quotas(root: Path) -> Iterator[float]:
    for top, path in _groups(root):
        for group in (path, *path.parents):
            yield _quota(top / group.relative_to("/"))


def _groups(root: Path) -> Iterator[tuple[Path, Path]]:
    """Yield where control groups of CPUs are mounted, and ours below."""
    mounted = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield mounted, Path(path)
        elif "cpu" in controllers.split(","):
            yield mounted / "cpu", Path(path)


def _quota(group: Path) -> float:
    quota, _, period = _read(group / "cpu.max").partition(" ")
    if not quota:
        quota = _read(group / "cpu.cfs_quota_us")
        period = _read(group / "cpu.cfs_period_us")
    try:
        share = int(quota) / int(period)
    except (ValueError, ArithmeticError):  # "max", or not there
        return math.inf
    return share if share > 0 else math.inf  # -1 stands for no quota


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeError):
        return ""

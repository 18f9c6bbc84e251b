"""Provenance of results: versions, devices and the commit, for the manifest."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rvsjax import __version__
from rvsjax.sweep.engine import Device, processor

__all__ = ["git_commit", "session"]

_PACKAGES = ("jax", "jaxlib", "numpy", "pandas", "pyarrow", "scipy")


def session(
    begin: datetime,
    blocks: int,
    seconds: dict[str, float],
    flags: Sequence[str],
    workers: Sequence[Device],
    data: str = "",
) -> dict[str, Any]:
    """Return the entry of one call in a manifest: its time, devices and versions.

    And what all runs share, in a sentence, if they do.
    """
    return {
        **({"data": data} if data else {}),
        "begin": begin.isoformat(timespec="seconds"),
        "blocks": blocks,
        "seconds": seconds,
        "flags": list(flags),
        "device": workers[0].device_kind,
        "platform": workers[0].platform,
        "processor": processor(),
        "lanes": len(workers),
        "python": platform.python_version(),
        "versions": {"rvsjax": __version__, **{n: version(n) for n in _PACKAGES}},
        "commit": git_commit(),
    }


def git_commit(file: Path = Path(__file__)) -> str | None:
    """Return the commit of the repository that keeps this file, None without one.

    A repository around it that does not is another's, such as that of a project whose
    ``.venv`` holds us; so is one that the environment names, as within a hook of git.
    """
    command = ["git", "-C", str(file.parent), "rev-parse", "HEAD"]
    environment = {n: x for n, x in os.environ.items() if not n.startswith("GIT_")}
    try:
        done = subprocess.run(
            [*command, f"HEAD:./{file.name}"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return done.stdout.split()[0]

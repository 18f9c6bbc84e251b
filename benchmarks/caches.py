"""Compiled programs on disk: none, ours, JAX's own cache; fresh processes in turn.

    python benchmarks/caches.py [--rounds 5]

For each way the medians of CPU seconds of a whole process, and of the seconds by the
clock in which its programs are made: on a busy machine only the former say anything.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SWEEP = Path(__file__).parents[1] / "sweeps" / "figure4.toml"
COMMAND = [sys.executable, "-m", "rvsjax.sweep", str(SWEEP), "--smoke", "--no-report"]
COMMAND += ["--only", "penalty=l0", "--limit", "16", "--kernel", "plain", "-q"]
OURS = ("JAX_", "XLA_", "RVSJAX_")


def ways(folder: Path) -> dict[str, dict[str, str]]:
    """Return the environment of each way."""
    off = {"RVSJAX_CACHE": "off"}
    jax = {
        "JAX_COMPILATION_CACHE_DIR": str(folder / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    return {
        "none": off,
        "rvsjax": {"RVSJAX_CACHE": str(folder / "ours")},
        "JAX": off | jax,
    }


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(settings: dict[str, str]) -> tuple[float, float]:
    """Return CPU seconds of a process, and its seconds of making programs."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    with tempfile.TemporaryDirectory() as out:
        before = cpu_seconds()
        subprocess.run([*COMMAND, "--out", f"{out}/x"], env=bare | settings, check=True)
        used = cpu_seconds() - before
        manifest = json.loads(Path(out, "x", "manifest.json").read_text())
    return used, manifest["sessions"][-1]["seconds"]["compile"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        every = ways(Path(folder))
        for settings in every.values():
            measured(settings)  # fills the cache
        seen = [{name: measured(x) for name, x in every.items()} for _ in range(rounds)]
    for name in every:
        cpu, compiling = (statistics.median(x[name][i] for x in seen) for i in (0, 1))
        print(
            f"{name:<8}{cpu:6.1f} s of CPU, {compiling:6.1f} s by the clock to compile"
        )


if __name__ == "__main__":
    main()

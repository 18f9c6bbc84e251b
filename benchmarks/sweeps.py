"""Time the sweeps of this repository, each in a process and a folder of its own.

python benchmarks/sweeps.py [sweeps/NAME.toml ...]

By default all but those of networks, which take hours. `whole` is by the clock,
compilation and writing included, start of Python excluded; `compile` is summed over
programs and `run` over lanes, which work side by side.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pandas as pd

SWEEPS = [
    file
    for file in sorted((Path(__file__).parent.parent / "sweeps").glob("*.toml"))
    if tomllib.loads(file.read_text())["study"] != "lenet"
]


def measure(file: Path) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "rvsjax.sweep", file, "--out", folder]
        subprocess.run([*command, "-q", "--no-report"], check=True, stdout=sys.stderr)
        manifest = json.loads((Path(folder) / "manifest.json").read_text())
        steps = pd.read_parquet(Path(folder) / "runs.parquet")["m_steps"]
    [session] = manifest["sessions"]
    seconds = session["seconds"]
    return {
        "sweep": file.stem,
        "runs": len(steps),
        **{f"{name} s": seconds[name] for name in seconds},
        "M run-steps/s": round(int(steps.sum()) / seconds["whole"] / 1e6, 2),
        "lanes": f"{session['lanes']} x {session['device']}",
        "jax": session["versions"]["jax"],
    }


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]] or SWEEPS
    print(pd.DataFrame([measure(file) for file in files]).to_string(index=False))

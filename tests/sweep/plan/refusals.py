"""What the command says to every mistake, in one process that nothing else has used.

It prints, mistake by mistake, the exit code, both outputs and what is imported by then.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from rvsjax.cli.main import main
from tests.sweep.plan.mistakes import MISTAKES

HEAVY = ("jax", "jaxlib", "pandas", "pyarrow", "numpy")


def refusal(mistake):
    """Give the command a file, and options, in a folder that holds nothing else."""
    Path("file.toml").write_bytes(mistake.data)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["file.toml", *mistake.options], "sweep")
    imported = [name for name in HEAVY if name in sys.modules]
    return code, out.getvalue(), err.getvalue(), imported, os.listdir()


if __name__ == "__main__":
    print(json.dumps([refusal(mistake) for mistake in MISTAKES]))

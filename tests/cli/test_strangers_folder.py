"""No command runs a file of the folder that it is begun in.

Python puts that folder first on its path for every ``python -m``; a stranger's results
may lie beside a ``jinja2.py``, or any other name that is imported.
"""

import os
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests import ROOT

PYTHON = sys.executable
PACKAGE = ROOT / "rvsjax"
TRAP = 'open("SPRUNG", "a").write(__name__ + " "); raise SystemExit("sprung")\n'
MODULES = ["", ".sweep", ".report", ".compare", ".theory", ".rerun", ".verify"]
MODULES += [".rerun", ".verify"]
STARTS = {f"-m rvsjax{name}": [PYTHON, "-m", f"rvsjax{name}"] for name in MODULES}
STARTS |= {"-Bm": [PYTHON, "-Bm", "rvsjax.report"], "-mX": [PYTHON, "-mrvsjax.report"]}
STARTS |= {"script": [str(Path(PYTHON).with_name("rvsjax"))]}


def run(command, folder, **environment):
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The results of a stranger, among traps by the name of all that can be imported.

    Without what Python itself imports for ``-m``, before anything of ours is there.
    """
    folder = tmp_path_factory.mktemp("strange") / "out"
    shutil.copytree(ROOT / "tests" / "sweep" / "earlier", folder)
    told = [PYTHON, "-c", "import sys, runpy; print(*sys.modules)"]
    there = run(told, folder.parent).stdout.split()
    names = {*sys.stdlib_module_names, *packages_distributions(), "jinja2", "warp"}
    for name in names - {"rvsjax", *there}:
        if name.isidentifier():
            (folder / f"{name}.py").write_text(TRAP)
    assert {"jinja2.py", "json.py", "jax.py"} <= set(os.listdir(folder))
    return folder


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_no_command_runs_a_file_of_its_folder(folder, start):
    done = run([*start, "--version"], folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (folder / "SPRUNG").exists()


def test_a_page_made_within_a_strangers_folder_is_ours(folder):
    """With jinja2, pandas and all else that the figures need."""
    done = run([PYTHON, "-m", "rvsjax.compare", ".", ".", "--out", "made"], folder)
    assert not (folder / "SPRUNG").exists()
    assert done.returncode == 0, done.stderr
    assert (folder / "made" / "compare.html").exists()


def test_flags_of_xla_are_tried_in_a_process_that_leaves_the_folder_too(folder):
    command = [PYTHON, "-m", "rvsjax.sweep", "sweep.toml", "--dry-run"]
    done = run(command, folder, XLA_FLAGS="--xla_nonsense=1")
    assert not (folder / "SPRUNG").exists()
    assert done.returncode == 2 and "XLA cannot start: Unknown flag" in done.stderr


def test_a_checkout_that_is_not_installed_runs_from_its_folder(tmp_path):
    (tmp_path / "rvsjax").symlink_to(PACKAGE)
    done = run([PYTHON, "-m", "rvsjax.sweep", "none.toml"], tmp_path, PYTHONPATH="")
    assert done.returncode == 2 and "none.toml" in done.stderr


def test_the_program_of_a_user_keeps_its_folder(tmp_path):
    """Also where its package imports ours while Python looks for its main file."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "__init__.py").write_text("import rvsjax")
    (tmp_path / "theirs" / "__main__.py").write_text("import beside")
    (tmp_path / "beside.py").write_text("print('found')")
    done = run([PYTHON, "-m", "theirs"], tmp_path)
    assert (done.stdout, done.stderr) == ("found\n", "")

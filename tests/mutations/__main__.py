"""Make every fault in a copy of the tree, and see the tests go red."""

import argparse
import atexit
import os
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

import jax  # noqa: F401
import mpmath  # noqa: F401
import pandas  # noqa: F401
import pyarrow.parquet  # noqa: F401
import pydantic  # noqa: F401
import pytest
import scipy.stats  # noqa: F401

from tests import ROOT
from tests.mutations import Mutation, mathematics, plan, store

ALL = [*mathematics.MUTATIONS, *store.MUTATIONS, *plan.MUTATIONS]
FAILED = 1  # pytest's exit code where tests ran and one failed
UNTRACKED = shutil.ignore_patterns(".git", "__pycache__", "out", ".*_cache")


def test(tree: Path, tests: set[str]) -> int:
    """Run tests in a copy, to the first that fails; return pytest's exit code.

    In a process forked from this one, which has imported all but what is tested.
    """
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1 + FAILED
    try:
        code = run(tree, tests)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def run(tree: Path, tests: set[str]) -> int:
    atexit._clear()  # the copy is removed by who made it
    os.chdir(tree)
    paths = [str(tree), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(tree))
    for name in [*sys.modules]:
        if name.partition(".")[0] in ("tests", "rvsjax"):
            del sys.modules[name]
    output = tree / "output"
    with output.open("w") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    code = int(pytest.main(["-x", "-m", "", "-p", "no:cacheprovider", *sorted(tests)]))
    atexit._run_exitfuncs()  # conftest's, of its folder
    return code


def is_found(tree: Path, mutation: Mutation) -> bool:
    """Whether the tests named with a fault fail where it is made."""
    path = tree / mutation.file
    source = path.read_text()
    if source.count(mutation.old) != 1:
        sys.exit(f"{mutation.file}: not there once: {mutation.old!r}")
    path.write_text(source.replace(mutation.old, mutation.new))
    try:
        code = test(tree, set(mutation.tests.split()))
    finally:
        path.write_text(source)
    if code not in (0, FAILED):
        sys.exit((tree / "output").read_text())
    return code == FAILED


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations")
    parser.add_argument("--only", default="", help="those whose words contain this")
    parser.add_argument("--list", action="store_true", help="name them and stop")
    asked = parser.parse_args()
    chosen = [one for one in ALL if asked.only in " ".join(one)]
    if asked.list:
        print(*(f"{one.file}: {one.old!r} -> {one.new!r}" for one in chosen), sep="\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="rvsjax-mutations-") as home:
        tree = Path(home, "tree")
        shutil.copytree(ROOT, tree, ignore=UNTRACKED)
        if test(tree, {name for one in chosen for name in one.tests.split()}):
            sys.exit((tree / "output").read_text())  # without a fault
        green = 0
        for one in chosen:
            begun = time.monotonic()
            found = is_found(tree, one)
            green += not found
            colour, took = "red" if found else "GREEN", time.monotonic() - begun
            print(f"{colour:5} {took:4.0f} s  {one.file}: {one.new!r}", flush=True)
    print(f"{len(chosen) - green} of {len(chosen)} red")
    return green > 0


if __name__ == "__main__":
    sys.exit(main())

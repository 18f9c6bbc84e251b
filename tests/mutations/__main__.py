"""Make every fault in a copy of the tree, and see the tests go red."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import ROOT
from tests.mutations import Mutation, mathematics, plan, store

ALL = [*mathematics.MUTATIONS, *store.MUTATIONS, *plan.MUTATIONS]
FAILED = 1  # pytest's exit code where tests ran and one failed
UNTRACKED = shutil.ignore_patterns(".git", "__pycache__", "out", ".*_cache")


def test(tree: Path, tests: set[str]) -> int:
    """Run tests in a copy, to the first that fails; return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider"]
    paths = [str(tree), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, *sorted(tests)],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode not in (0, FAILED):
        print(done.stdout)
    return done.returncode


def is_found(tree: Path, mutation: Mutation) -> bool:
    """Whether the tests named with a fault fail where it is made."""
    path = tree / mutation.file
    source = path.read_text()
    if source.count(mutation.old) != 1:
        sys.exit(f"{mutation.file}: not there once: {mutation.old!r}")
    path.write_text(source.replace(mutation.old, mutation.new))
    try:
        return test(tree, set(mutation.tests.split())) == FAILED
    finally:
        path.write_text(source)


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
            sys.exit("the tests fail without a fault")
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

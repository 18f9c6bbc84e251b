"""Flip every byte of the footers of a small folder once, in each command.

python -m tests.sweep.footers [--command NAME ...] [--begin I] [--every K]

A flip is seen by a child of its own: Arrow may end a process that reads it. What the
program notes of its files is made to fit, as by a stranger who knows how, so that the
bytes reach Arrow. A finding is an exit code that is none of ours, a signal, a
traceback, or a minute without an end.
"""

import argparse
import hashlib
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rvsjax.cli.main import main
from rvsjax.results.results import Results
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.store.parts import parse_name

SWEEP = """
version = 1
name = "small"
study = "rvscgd"
[constants]
d = 3
nnz = 2
steps = 30
eta = 0.1
beta = 0.3
start = "teacher"
penalty = "l1"
lam = 0.02
[seeds]
count = 2
[record]
curves = 4
weights = true
"""
MASKS = (0xFF, 0x01, 0x06)
CODES = {0, 2, 3, 4}
SECONDS = 60


class Flip(NamedTuple):
    """One byte of a file of a folder, and what it is changed by."""

    file: Path
    place: int
    mask: int


def footer(data: bytes) -> range:
    """Return the places of a Parquet file's metadata, its length and its last word."""
    length = int.from_bytes(data[-8:-4], "little")
    return range(len(data) - 8 - length, len(data))


def flips(folder: Path) -> Iterator[Flip]:
    """Yield every byte of every footer, each with one of the masks in turn."""
    for file in sorted(folder.rglob("*.parquet")):
        for place in footer(file.read_bytes()):
            yield Flip(file.relative_to(folder), place, MASKS[place % len(MASKS)])


def flipped(folder: Path, flip: Flip) -> Path:
    """Change the byte in a folder that nobody sealed; return the file, renamed to fit.

    The name of a part is the digest of its bytes.
    """
    path = folder / flip.file
    data = bytearray(path.read_bytes())
    data[flip.place] ^= flip.mask
    path.unlink()
    if part := parse_name(path):
        digest = hashlib.sha256(data).hexdigest()
        path = path.with_name(path.name.replace(part.digest, digest))
    path.write_bytes(data)
    return path


def make(folder: Path) -> Path:
    """Compute a small sweep in a process of its own, and forget its digests."""
    file = folder.with_suffix(".toml")
    file.write_text(SWEEP)
    command = [sys.executable, "-m", "rvsjax.sweep", file, "--out", folder]
    subprocess.run([*command, "--no-report", "--quiet"], check=True)
    Store(folder).update({"whole": {}})
    return folder


def seen(act: Callable[[], int], log: Path) -> str:
    """Return what is wrong with an act in a child of its own, "" if nothing."""
    sys.stdout.flush()
    with warnings.catch_warnings():  # of JAX, which no child of ours goes on with
        warnings.simplefilter("ignore", RuntimeWarning)
        child = os.fork()
    if not child:
        _act(act, log)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = log.read_text(errors="replace")
    if ended in CODES and "Traceback" not in said and "Error:" not in said:
        return ""
    return f"{ended}: {said[-2000:]}"


def _act(act: Callable[[], int], log: Path) -> None:
    """Act, with what is said in a file, and end the process."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    for stream in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    sys.stdout, sys.stderr = (open(x, "w", closefd=False) for x in (1, 2))
    code = 70
    try:
        code = act()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


# -- commands --------------------------------------------------------------------------


def load(folder: Path, honest: Path) -> int:
    """Read all tables as Python does."""
    results = Results(folder)
    try:
        for name in ("runs", "curves", "weights", "claims", "precisions"):
            getattr(results, name)
        repr(results), results._repr_html_()
    except FolderError:
        return 2
    return 0


def load_parts(folder: Path, honest: Path) -> int:
    """Read a sweep that is not done."""
    for file in folder.glob("*.parquet"):
        file.unlink()
    return load(folder, honest)


def command(*words: str) -> Callable[[Path, Path], int]:
    """Return what runs a command on a folder."""

    def act(folder: Path, honest: Path) -> int:
        places = {"FOLDER": folder, "HONEST": honest, "SWEEP": honest / "sweep.toml"}
        return main([str(places.get(word, word)) for word in words])

    return act


RUN = "--quiet --progress none --no-report"
COMMANDS = {
    "load": load,
    "load parts": load_parts,
    "compare": command("compare", "HONEST", "FOLDER"),
    "report": command("report", "FOLDER"),
    "certify": command("certify", "FOLDER"),
    "verify": command("verify", "FOLDER", "--seed", "1", "--sample", "1"),
    "rerun": command("rerun", "FOLDER", ""),
    "sweep": command("sweep", "SWEEP", "--out", "FOLDER", *RUN.split()),
}
PARTS = {"load parts", "verify", "rerun", "sweep"}
"""Commands that read parts."""


def findings(
    honest: Path, work: Path, name: str, begin: int = 0, every: int = 1
) -> Iterator[tuple[Flip, str]]:
    """Yield flips with what goes wrong in a command, "" where nothing does."""
    chosen = [x for x in flips(honest) if name in PARTS or len(x.file.parts) == 1]
    log, folder = work / "log", work / "folder"
    for flip in chosen[begin::every]:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(honest, folder)
        log.unlink(missing_ok=True)
        flipped(folder, flip)
        yield flip, seen(lambda: COMMANDS[name](folder, honest), log)


def warm() -> None:
    """Import what commands need, and start nothing: a child has no threads of ours."""
    for name in IMPORTED:
        importlib.import_module(name)


IMPORTED = (
    *("rvsjax.cli.commands.certify", "rvsjax.report.figures", "rvsjax.report.page"),
    *("rvsjax.studies.rvscgd.certify", "rvsjax.studies.rvscgd.study"),
    *("rvsjax.results.compare.comparison", "rvsjax.sweep.verify", "rvsjax.sweep.rerun"),
)


def hunt() -> None:
    """Print what is found, and how many flips there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", choices=COMMANDS, nargs="*", default=[*COMMANDS])
    parser.add_argument("--begin", type=int, default=0)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    warm()
    with tempfile.TemporaryDirectory() as work:
        honest = make(Path(work) / "honest")
        for name in options.command:
            found = findings(honest, Path(work), name, options.begin, options.every)
            number = wrong = 0
            for flip, said in found:
                number += 1
                if said:
                    wrong += 1
                    print(name, *flip, said, flush=True)
            print(f"{name}: {number} flips, {wrong} findings", flush=True)


if __name__ == "__main__":
    hunt()

"""The command line, killed at its N-th failpoint.

    python -m tests.sweep.faults.real N LOG ...

The numbers of the blocks that are computed go to LOG, a line each.
"""

import os
import signal
import sys
from pathlib import Path

from rvsjax.cli.main import main
from rvsjax.sweep.store import Store, atomic


def run(kill: int, log: Path, argv: list[str]) -> int:
    number, keep = 0, Store.keep

    def step(name: str, path: Path) -> None:
        nonlocal number
        number += 1
        if number == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    def logged(store: Store, block: int, made: dict[str, bytes]) -> None:
        with log.open("a") as file:
            file.write(f"{block}\n")
        keep(store, block, made)

    atomic.failpoint = step
    Store.keep = logged
    return main(argv)


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))

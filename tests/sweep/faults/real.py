"""The command line, killed at its N-th failpoint.

    python -m tests.sweep.faults.real N LOG ...

The numbers of the blocks that are computed go to LOG, a line each.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from rvsjax.cli.main import main
from rvsjax.sweep.store import Store, atomic


def run(kill: int, log: Path, argv: list[str]) -> int:
    number, append = 0, Store.append

    def step(name: str, path: Path) -> None:
        nonlocal number
        number += 1
        if number == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    def logged(store: Store, block: int, whole: dict[str, Any]) -> None:
        with log.open("a") as file:
            file.write(f"{block}\n")
        append(store, block, whole)

    atomic.failpoint = step
    Store.append = logged
    return main(argv)


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))

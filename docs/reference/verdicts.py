"""Count the verdicts of folders for the page of claims.

``python -m docs.reference.verdicts DIR...`` writes ``docs/verdicts.json``.
"""

import json
import sys
from pathlib import Path

import rvsjax

__all__ = ["FILE", "COUNTED", "count", "read"]

FILE = Path(__file__).parent.parent / "verdicts.json"

COUNTED = ("holds", "violated", "undecided")


def count(folders: list[str]) -> dict[str, dict[str, list[int]]]:
    """Return by sweep and claim how often it holds, is violated and is undecided."""
    found = {}
    for folder in folders:
        claims = rvsjax.load(folder).claims.set_index("claim")
        rows = {str(n): [int(row[x]) for x in COUNTED] for n, row in claims.iterrows()}
        found[Path(folder).name] = {n: row for n, row in rows.items() if any(row)}
    return found


def read() -> dict[str, dict[str, list[int]]]:
    """Return what was counted last."""
    return json.loads(FILE.read_text())


if __name__ == "__main__":
    lines = (
        f"{json.dumps(sweep)}: {json.dumps(rows)}"
        for sweep, rows in count(sys.argv[1:]).items()
    )
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")

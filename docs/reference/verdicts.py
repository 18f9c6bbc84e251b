"""Verdicts of folders, counted for the page of claims in ``verdicts.json``."""

import json
from pathlib import Path

import rvsjax

__all__ = ["FILE", "COUNTED", "count", "read", "write"]

FILE = Path(__file__).with_name("verdicts.json")

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


def write(folders: list[str]) -> None:
    """Count anew."""
    lines = (
        f"{json.dumps(sweep)}: {json.dumps(rows)}"
        for sweep, rows in count(folders).items()
    )
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")

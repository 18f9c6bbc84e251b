"""A sweep without JAX: it uses the store as the runner and the schedule do."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pyarrow as pa

from rvsjax.sweep.store import Store

TABLES = ("curves", "runs")
WHOLE = (*TABLES, "claims")
WIDTH = 2  # runs in a block
OUT = "deep/out"  # where a child works, below a folder that is there


def asked(count: int) -> dict[str, Any]:
    return {"name": "fake", "seeds": {"count": count}}


def source(count: int) -> str:
    return f"count = {count}\n"


def tables(runs: list[int], version: int = 0) -> dict[str, pa.Table]:
    """Return the tables of a block; each tells its version."""
    points = [run for run in runs for _ in range(3)]
    return {
        "curves": pa.table({"run": points, "angle": [p / 7 + version for p in points]}),
        "runs": pa.table(
            {
                "run": runs,
                "status": ["ok"] * len(runs),
                "angle": [run / 3 + version for run in runs],
            }
        ),
    }


def grow(there: dict[str, Any], count: int, done: set[int]) -> dict[str, Any] | None:
    """Make a folder of fewer runs one of these, as `schedule.extend` does."""
    if there["asked"]["seeds"]["count"] > count:
        return None
    first = there.get("first", 0)
    stage = {
        "asked": there["asked"],
        "mark": there.get("mark", there["plan"]),
        "first": first,
        "blocks": sorted(number for number in done if number >= first),
    }
    start = max([first - 1, *done]) + 1
    grown = [*there.get("earlier", []), stage]
    return {"earlier": grown, "first": start, "mark": f"{count} from {start}"}


def blocks(there: dict[str, Any], count: int) -> dict[int, list[int]]:
    """Return the runs of every block, as `rvsjax.sweep.schedule.Schedule` does."""
    found: dict[int, list[int]] = {}
    for stage in there.get("earlier", []):
        own = _numbered(stage["asked"]["seeds"]["count"], stage["first"], found)
        found |= {number: own[number] for number in stage["blocks"]}
    return found | _numbered(count, there.get("first", 0), found)


def _numbered(
    count: int, first: int, known: dict[int, list[int]]
) -> dict[int, list[int]]:
    taken = {run for runs in known.values() for run in runs}
    left = [run for run in range(count) if run not in taken]
    starts = range(0, len(left), WIDTH)
    return {first + i // WIDTH: left[i : i + WIDTH] for i in starts}


def sweep(
    folder: Path,
    count: int,
    tell: Callable[..., None],
    again: Collection[int] = (),
    version: int = 0,
    shard: tuple[int, int] = (1, 1),
) -> None:
    """Run what is missing, and blocks `again`; tell what is computed and kept."""
    store, (index, shards) = Store(folder), shard
    with store.hold(index, shards):
        with store.alone():
            store.open(
                f"plan of {count}",
                asked(count),
                source(count),
                TABLES,
                lambda there: grow(there, count, store.done()),
            )
            store.configure({"width": WIDTH, "kernel": "plain"})
        known = blocks(store.manifest, count)
        with store.alone():
            wanted = [n for n in known if n in again or n not in store.done()]
            wanted = [n for n in wanted if n % shards == index - 1]
            if wanted:
                store.unseal(WHOLE)
        for number in wanted:
            tell("computed", number)
            store.append(number, tables(known[number], version))
            tell("kept", number)
        if wanted:
            store.add("sessions", {"blocks": len(wanted)})
        with store.alone():
            if known.keys() <= store.done() and not store.is_sealed():
                store.compact()
                store.write("claims.parquet", b"claims of %d runs" % count)
                store.seal([name for name in WHOLE if store.has(name)])

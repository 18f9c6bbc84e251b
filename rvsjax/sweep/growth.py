"""Growth of a folder: its sweep is continued by a larger one, not by a smaller."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rvsjax.errors import FolderError, SweepFileError, shell_word
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.plan.text import toml_value
from rvsjax.sweep.plan.union import read_plan
from rvsjax.sweep.schedule import contains, extend
from rvsjax.sweep.store.manifest import difference

__all__ = ["extended"]

Entries = dict[str, Any]


def extended(
    folder: Path, manifest: Entries, plan: Plan, done: set[int]
) -> Entries | None:
    """Return what `schedule.extend` does, where the plan is not a part of the folder's.

    FolderError where it is, with the options that make it the same again.
    """
    entries = extend(manifest, plan, done)
    if entries is None and _is_part(plan, manifest["asked"]):
        raise FolderError(_larger(folder, manifest["asked"], plan.as_json()))
    return entries


def _is_part(plan: Plan, asked: Entries) -> bool:
    """Say whether another sweep has every run of a plan, and the same tables."""
    alike = all(asked.get(name) == plan.as_json()[name] for name in ("name", "record"))
    try:
        return alike and contains(read_plan(asked), plan)
    except SweepFileError:
        return False


def _larger(folder: Path, there: Entries, now: Entries) -> str:
    """Say that a folder has more runs, and how to go on with them."""
    told = "; ".join(difference(there, now))
    if "union" in there:
        told = "of several sweeps that were merged"
    mends = [f"name the folder in place of the file: rvsjax sweep {shell_word(folder)}"]
    options = [*_of_tables(there, now), *_of_selection(there, now)]
    if options and None not in options:
        mends.insert(0, " and ".join(map(str, options)))
    return f"{folder} holds more runs of this sweep ({told}); {', or '.join(mends)}"


def _of_tables(there: Entries, now: Entries) -> Iterator[str | None]:
    """Yield options that ask for what is there; None where there is no such option."""
    for key in ("version", "study", "zip", "case", "sample", "exclude"):
        if there.get(key) != now.get(key):
            yield None
    for option, key in (("--seeds ", "count"), ("--set seeds.base=", "base")):
        value = there.get("seeds", {}).get(key)
        if value != now["seeds"][key]:
            yield f"add {option}{value}"
    old, new = _parameters(there), _parameters(now)
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield None
        elif old[name] != new.get(name):
            yield f"add --set {shell_word(f'{name}={toml_value(old[name], name)}')}"


def _parameters(asked: Entries) -> Entries:
    return asked.get("constants", {}) | asked.get("grid", {})


def _of_selection(there: Entries, now: Entries) -> Iterator[str | None]:
    """Yield options to leave out; None where others would be needed."""
    before, after = there.get("narrowed", {}), now["narrowed"]
    for name in ("only", "limit"):
        if after[name] and not before.get(name):
            yield f"leave out --{name}"
        elif after[name] != before.get(name):
            yield None

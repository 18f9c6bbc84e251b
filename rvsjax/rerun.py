"""A run computed again in its own place of its own block, and compared to the bit."""

if __name__ == "__main__":  # before the imports below, so that --help stays fast
    from rvsjax.cli import run_command

    run_command("rerun")

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow.compute as pc

from rvsjax.again import again, elsewhere, find_run, folder_plan
from rvsjax.agreement import Difference, Tables, differences, same_bits
from rvsjax.engine import Device
from rvsjax.settle import nearest_setting
from rvsjax.store import Store, StoreError
from rvsjax.studies import study_of

__all__ = ["Rerun", "held", "rerun"]


class Rerun(NamedTuple):
    """A run as the folder has it, beside the same run computed again."""

    run_id: str
    block: int  # its number
    kernel: str
    values: int  # that were compared
    elsewhere: list[str]  # what differs here from where the folder was computed
    differences: list[Difference]  # columns with other bits
    beyond: list[Difference]  # those of them that differ by more than rounding

    @property
    def same(self) -> bool:
        """Whether every value has the same bits."""
        return not self.differences

    @property
    def agrees(self) -> bool:
        """Whether the run is what it is to be: elsewhere, up to rounding."""
        return self.same or bool(self.elsewhere and not self.beyond)


def rerun(folder: str | Path, run_id: str, lane: Device) -> Rerun:
    """Compute a run of a folder again on a device, and compare all that it has left.

    The beginning of a run's id will do. Raises StoreError where there is no such run.
    """
    store = Store(folder)
    run_id = find_run(store, run_id)
    plan = folder_plan(store)
    study, record = study_of(plan), plan.document.record
    told = elsewhere(store.manifest, lane)
    found = next(again(store, [run_id], lane), None)
    if found is None:
        raise StoreError(f"{folder}: the sweep that it holds has no run {run_id}")
    here = {
        name: table.filter(pc.field("run_id") == run_id)
        for name, table in study.tables(found.items, found.record).items()
    }
    there = held(store, run_id, study.kept(record))
    if there["runs"]["status"].to_pylist() == ["failed"]:
        what = f"run {run_id} failed there ({there['runs']['reason'][0]})"
        raise StoreError(f"{what}; the sweep with --retry failed computes it")
    [item] = (item for item in found.items if item.run_id == run_id)
    trial = study.trial(item, record.curves, "plain")
    allowed = study.allowed(trial, here)
    here = {name: here[name] for name in there}
    return Rerun(
        run_id=run_id,
        block=found.block,
        kernel=nearest_setting(store.manifest, lane.platform).kernel,
        values=sum(table.num_rows * table.num_columns for table in here.values()),
        elsewhere=told,
        differences=differences(there, here, same_bits),
        beyond=allowed.differences(there, here),
    )


def held(store: Store, run_id: str, names: Iterable[str]) -> Tables:
    """Return what a folder has of a run in these tables."""
    return {name: store.rows(name, "run_id", [run_id]) for name in names}

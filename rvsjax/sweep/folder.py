"""Results folder as a command reads it: manifest, plan, config and schedule, once."""

from functools import cached_property
from pathlib import Path
from typing import Any

from rvsjax.errors import SweepFileError
from rvsjax.sweep.execution import ExecutionConfig, nearest_config, read_config
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.plan.sweep_file import Record
from rvsjax.sweep.plan.union import read_plan
from rvsjax.sweep.schedule import Schedule, plan_revisions
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.study import Study, study_of

__all__ = ["Folder"]


class Folder:
    """A results folder; each of its parts is read when it is first asked for."""

    def __init__(self, path: str | Path) -> None:
        """Name the folder; FolderError comes with what is first read, if at all."""
        self.store = Store(path)

    @classmethod
    def open(cls, folder: "Folder | str | Path") -> "Folder":
        """Return the folder at a path; one that is open as it is."""
        return folder if isinstance(folder, Folder) else cls(folder)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The question and what computed its answer."""
        return self.store.manifest

    @cached_property
    def plan(self) -> Plan:
        """The plan; FolderError if this version has another for the same question."""
        path = self.store.folder
        try:
            plan = read_plan(self.manifest["asked"])
        except SweepFileError:
            what = f"{path / 'manifest.json'} does not say what was asked"
            raise FolderError(f"{what}; run the same sweep again to mend it") from None
        if plan.fingerprint != self.manifest["plan"]:
            what = "was computed by another version of the study"
            raise FolderError(f"{path} {what}; run the sweep again")
        return plan

    @cached_property
    def study(self) -> Study:
        """The study of the plan."""
        return study_of(self.plan)

    @property
    def record(self) -> Record:
        """The tables that the sweep keeps."""
        return self.plan.sweep_file.record

    @cached_property
    def config(self) -> ExecutionConfig:
        """The config of its blocks; FolderError before there is one."""
        return read_config(self.manifest)

    def config_on(self, platform: str, block: int | None = None) -> ExecutionConfig:
        """Return its config, with the plain kernel if its own does not work here.

        Of a `block` that came from another folder, the one that it was computed with.
        """
        config = self.config
        if block is not None and (told := self.schedule.revision(block).setting):
            config = read_config(told)
        return nearest_config(config, platform)

    @property
    def settings(self) -> list[dict[str, Any]]:
        """The settings that its blocks were computed with, its own the first."""
        stages = self.manifest.get("earlier", [])
        return [self.manifest, *(x["setting"] for x in stages if "setting" in x)]

    @cached_property
    def schedule(self) -> Schedule:
        """Its blocks, done or not, each with its runs in their places."""
        return Schedule(
            plan_revisions(self.manifest, self.plan), self.config.block_size
        )

    def shared(self, data: str | None = None) -> tuple[Any, ...]:
        """Return what its runs share, from the folder `data` if it is named.

        FolderError if it is not to be had.
        """
        material = self.study.material(data, ())
        if material.digest != self.config.data:
            path = self.store.folder
            what = f"{path} was computed with other data than {material.source}"
            raise FolderError(f"{what}; name the folder of those with --data")
        return material.arrays

"""A run of a folder as Python has it: its row, and the same run to be simulated."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from rvsjax.errors import FolderError, shown

if TYPE_CHECKING:
    from rvsjax.sweep.plan.plan import RunConfig
    from rvsjax.sweep.study import Study, Trial

__all__ = ["RecordedRun", "find_recorded"]


@dataclass(frozen=True, repr=False, eq=False)
class RecordedRun:
    """A run that a folder has a row of.

    `trial` is what the study computes: numbers and a seed, a pytree.
    """

    config: "RunConfig"
    row: pd.Series  # of the table `runs`
    trial: "Trial"
    study: "Study"

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.config.run_id

    @property
    def seed(self) -> int:
        """The seed, which all that is drawn follows from."""
        return self.config.seed

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters by name; None where one has no meaning."""
        return self.config.parameters

    @cached_property
    def run(self) -> Any:
        """The run as its method takes it, drawn from the seed; arrays are of NumPy.

        Of `rvscgd` a `rvsjax.Run`, for `rvsjax.simulate`; of another study what its
        method takes. As by the plain kernel: the numbers of the row to rounding.
        """
        from rvsjax.sweep.execution import ExecutionConfig
        from rvsjax.sweep.resources import find_devices
        from rvsjax.sweep.study_engine import make_engine

        config = ExecutionConfig(block_size=1, kernel="plain", quick=True)
        drawing = self.study._replace(evaluate=self.study.draw)
        engine = make_engine(drawing, config, find_devices("auto")[:1])
        return engine.single(self.trial)

    def __repr__(self) -> str:
        """Name the run, its seed, and the parameters that have a meaning."""
        known = {name: x for name, x in self.parameters.items() if x is not None}
        told = {"seed": self.seed} | known
        words = ", ".join(f"{name}={value!r}" for name, value in told.items())
        return f"RecordedRun({self.run_id}: {words})"


def find_recorded(path: Path, runs: pd.DataFrame, beginning: str) -> RecordedRun:
    """Return the run of a folder whose id begins so.

    Raises FolderError where there is none or several, and where this version has
    another plan for the sweep.
    """
    from rvsjax.sweep.folder import Folder
    from rvsjax.sweep.recompute import find_item, find_run

    if not isinstance(beginning, str):
        what = f"a run is named by its id, or how that begins, not {shown(beginning)}"
        raise FolderError(what)
    folder = Folder(path)
    run_id = find_run(folder.store, beginning)
    [place] = runs.index[runs["run_id"] == run_id]
    config, study = find_item(folder, run_id), folder.study
    trial = study.trial(config, study.points(folder.record), "plain")
    return RecordedRun(config, runs.loc[place], trial, study)

"""A row of the table as a problem in exact numbers: what was asked, and its start."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from rvsjax.penalties import PENALTIES
from rvsjax.results.results import Results
from rvsjax.studies.rvscgd import parameters
from rvsjax.studies.rvscgd.evaluate import Weights
from rvsjax.sweep.engine import default_workers, devices
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.recompute import recompute
from rvsjax.sweep.store import FolderError
from rvsjax.theory.exact import ExactCase

__all__ = ["Start", "floats", "problem_of", "starts_of"]


class Start(NamedTuple):
    """Teacher and start of a run, to the last bit, and where they come from."""

    w_star: tuple[float, ...]
    w_start: tuple[float, ...]
    source: str


def problem_of(row: pd.Series, start: Start) -> ExactCase:
    """Return the run of a row of the table as a problem in exact numbers.

    A float32 run had its hyperparameters in float32. Raises FolderError where no sweep
    could have asked for such a run.
    """
    asked = _asked(row)
    if len(start.w_star) != len(start.w_start):
        raise FolderError(f"run {row['run_id']}: teacher and start differ in length")

    def given(name: str) -> Any:
        with np.errstate(over="ignore"):  # infinity, which is not replayed
            number = np.array(asked[name] or 0.0, asked["dtype"])
        return None if asked[name] is None else float(number)

    spec = PENALTIES[asked["penalty"]] if asked["penalty"] else None
    return ExactCase(
        algorithm=asked["algorithm"],
        penalty=asked["penalty"],
        own=tuple((name, given(name)) for name in spec.parameters) if spec else (),
        kind=spec and spec.cls,
        k=asked["k"],
        readout=asked["readout"],
        lam=given("lam"),
        beta=given("beta"),
        eta=given("eta"),
        steps=asked["steps"],
        w_star=start.w_star,
        w_start=start.w_start,
    )


def _asked(row: pd.Series) -> dict[str, Any]:
    """Return the parameters of a row, checked as those of a sweep file are."""
    names = ("algorithm", "penalty", "k", "readout", "lam", "beta", "eta", "steps")
    own = (name for spec in PENALTIES.values() for name in spec.parameters)
    told = {name: row.get(f"p_{name}") for name in (*names, *own, "dtype")}
    told = {name: getattr(x, "item", lambda x=x: x)() for name, x in told.items()}
    told = {name: None if pd.isna(x) else x for name, x in told.items()}
    space = parameters.PARAMETERS
    idle = space.without_meaning(space.complete({}) | told)
    for name in told.keys() - idle:
        told[name], problems = space.check(name, told[name], name)
        if problems:
            raise FolderError(f"run {row['run_id']}: {name} {problems[0].what}")
    return told | dict.fromkeys(told.keys() & idle)


def starts_of(results: Results, run_ids: Iterable[str]) -> dict[str, Start]:
    """Return where runs started: as recorded, or computed again in their own blocks.

    A run in its own place of a block of the same size has the same bits.
    """
    wanted, folder = set(run_ids), Folder(results.folder)
    if folder.record.weights:
        weights = results.weights[results.weights["run_id"].isin(wanted)]
        found = {
            run_id: Start(floats(w_star), floats(w_start), "weights.parquet")
            for run_id, w_star, w_start in zip(
                weights["run_id"], weights["w_star"], weights["w_start"]
            )
        }
    else:
        found = dict(_recomputed(results, folder, wanted))
    for run_id in wanted:
        if run_id not in found or not all(map(_is_direction, found[run_id][:2])):
            raise FolderError(f"{results.folder} does not tell where {run_id} started")
    return found


def _is_direction(x: tuple[float, ...]) -> bool:
    return any(x) and all(map(math.isfinite, x))


def _recomputed(
    results: Results, folder: Folder, wanted: set[str]
) -> Iterator[tuple[str, Start]]:
    known = results.runs.set_index("run_id")["m_theta"]
    device = default_workers(devices())[0]
    for block in recompute(folder, wanted, device):
        weights: Weights = block.record.weights
        for i, item in enumerate(block.items):
            if item.run_id in wanted:
                theta = float(block.record.measurements.theta[i])
                same = theta == known[item.run_id]
                source = "computed again" if same else "computed again, with other bits"
                star, start = (floats(x[i]) for x in weights[:2])
                yield item.run_id, Start(star, start, source)


def floats(x: Any) -> tuple[float, ...]:
    """Return numbers of any precision as Python's."""
    return tuple(np.atleast_1d(np.asarray(x, np.float64)).tolist())

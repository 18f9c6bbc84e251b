"""The Python use: run a sweep file, load what one has left, solve for a limit."""

from os import PathLike
from pathlib import Path
from typing import Any

from rvsjax.environment.jax_settings import pinned
from rvsjax.environment.numbers import plain, vector
from rvsjax.environment.paths import user_path
from rvsjax.errors import Problem, SweepFileError, shown
from rvsjax.results.results import Results, load
from rvsjax.simulation import limit
from rvsjax.simulation.limit import Limit
from rvsjax.simulation.run import Run
from rvsjax.sweep.continuation import continued
from rvsjax.sweep.executors.needs import need_executor
from rvsjax.sweep.plan.builder import Sweep, grid
from rvsjax.sweep.plan.overrides import override
from rvsjax.sweep.plan.plan import Plan, make_plan
from rvsjax.sweep.plan.sweep_file import parse, read
from rvsjax.sweep.progress_bar import showing_progress
from rvsjax.sweep.resources import check_resources, find_devices
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.types import Array

__all__ = ["grid", "limit_point", "load", "run"]


def run(
    file: str | Path | Sweep,
    out: str | Path | None = None,
    *,
    smoke: bool = False,
    progress: bool | None = None,
    kernel: str = "auto",
    device: str = "auto",
    block: int | str | None = None,
    executor: str = "local",
    address: str | None = None,
    mixed: bool = False,
    **settings,
) -> Results:
    """Run a sweep file, or what is missing of it, and return its results.

    `file` is its path, or what `rvsjax.grid` returns; the path of a results folder goes
    on with its sweep. `out` is the results folder, by default ``out/NAME``. Settings
    replace parameters wherever they stand in the file, as ``--set`` does: ``run(file,
    steps=1000)``; their values are those that `rvsjax.grid` takes. `smoke` runs about
    64 of its runs for 1000 steps, into ``out/NAME-smoke``. `progress` shows a bar, by
    default on a terminal and in a notebook. `kernel`, `device` and `block` are the
    options of the command line: where and how runs are computed, on all devices that
    JAX shows, or all cores, by default; so are `executor` and `address`: "ray" computes
    them on a Ray cluster. `mixed` lets kinds of device or versions differ within the
    folder.
    Raises `rvsjax.errors.SweepFileError` with every mistake in the file, and
    `FolderError` where the folder holds something else.
    """
    asked = check_resources(kernel, device, block)
    need_executor(executor, address)
    if not isinstance(progress, bool | None):
        what = f"must be True, False or None, got {shown(progress)}"
        raise SweepFileError([Problem("progress", what)])
    source, plan, usual = _asked(file, smoke, settings)
    folder = usual if out is None else _path("out", out)
    with showing_progress(progress) as watch:
        options = Options(
            width=asked.block,
            kernel=asked.kernel,
            workers=find_devices(asked.device),
            executor=executor,
            address=address,
            mixed=mixed,
            watch=watch,
        )
        run_plan(plan, source, folder, options)
    return Results(folder)


def _asked(
    file: str | Path | Sweep, smoke: bool, settings: dict[str, Any]
) -> tuple[str, Plan, Path]:
    """Return the text and the plan of a sweep file, or of a folder, and its folder."""

    def changed(raw: dict[str, Any]) -> dict[str, Any]:
        for name, value in plain(settings).items():
            raw = override(raw, name, value)
        return raw

    if isinstance(file, Sweep):
        source = file.source
    elif (path := _path("file", file)).is_dir():
        source, plan = continued(path, changed)
        if smoke:
            plan = plan.select([], None, smoke)
        return source, plan, Path(plan.default_folder) if smoke else path
    else:
        source = read(path)
    plan = make_plan(changed(parse(source)), smoke=smoke)
    return source, plan, user_path(plan.default_folder)


def _path(name: str, value: str | Path) -> Path:
    """Return a path; a `SweepFileError` where it is none."""
    if isinstance(value, str | PathLike):
        return user_path(value)
    what = "a path, or what rvsjax.grid returns" if name == "file" else "a path"
    raise SweepFileError([Problem(name, f"must be {what}, got {shown(value)}")])


def limit_point(run: Run, near: Array | None = None) -> Limit:
    """Return where a run ends, solved from equation (12) in float64, without running.

    It is the limit to which the iterate `near` belongs, without it that of the teacher.
    `free` and `unique` are of a search that tries all choices for up to 5 open
    coordinates (3 with transformed l1), and some beyond; `limit_points`
    tries all. Only the teacher, the penalty and the hyperparameters of the run matter.
    """
    if not isinstance(run, Run):
        raise ValueError(f"limit_point: the run is {run!r}; it must be a rvsjax.Run")
    if near is not None:
        given: Any = vector("limit_point: near", near)
        if given.shape != run.start.shape:
            what = f"has the shape {given.shape}, the start {run.start.shape}"
            raise ValueError(f"limit_point: near {what}")
        near = given
    with pinned():
        return limit.limit_point(run, near)

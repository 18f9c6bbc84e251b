"""The Python use: run a sweep file, load what one has left, solve for a limit."""

from pathlib import Path

from rvsjax.limit import limit_point
from rvsjax.results import Results
from rvsjax.spec.file import override, parse, read
from rvsjax.spec.plan import make_plan
from rvsjax.store import Store, StoreError
from rvsjax.sweep import Options, run_plan

__all__ = ["limit_point", "load", "run"]


def run(
    file: str | Path, out: str | Path | None = None, *, smoke: bool = False, **settings
) -> Results:
    """Run a sweep file, or what is missing of it, and return its results.

    `out` is the results folder, by default ``out/NAME``. Settings replace parameters
    wherever they stand in the file, as ``--set`` does: ``run(file, steps=1000)``.
    `smoke` runs about 64 of its runs for 1000 steps, into ``out/NAME-smoke``. Uses all
    devices that JAX shows, or all cores. Raises `rvsjax.spec.errors.SpecError` with
    every mistake in the file, and `rvsjax.store.StoreError` where the folder holds
    something else.
    """
    source = read(Path(file))
    raw = parse(source)
    for name, value in settings.items():
        raw = override(raw, name, value)
    plan = make_plan(raw, smoke=smoke)
    folder = out or plan.default_folder
    run_plan(plan, source, folder, Options())
    return Results(folder)


def load(folder: str | Path) -> Results:
    """Return the results in a folder; `rvsjax.store.StoreError` if it holds none."""
    if not Store(folder).manifest:
        raise StoreError(f"{folder} is not the folder of a sweep: no manifest.json")
    return Results(folder)

"""Sweep of a folder, to go on with: its plan, and the sweep file that it keeps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rvsjax.errors import FolderError, SweepFileError
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.plan.sweep_file import SweepFile, parse, read
from rvsjax.sweep.plan.text import sweep_text
from rvsjax.sweep.plan.union import UnionPlan, read_plan
from rvsjax.sweep.store import Store

__all__ = ["about_of", "continued", "kept_source", "source_of"]

Tables = dict[str, Any]

_NARROWED = "# Narrowed: "
_MERGED = "# Runs of several sweep files; `rvsjax sweep DIR` goes on with all of them."


def continued(
    folder: Path, change: Callable[[Tables], Tables] = lambda raw: raw
) -> tuple[str, Plan]:
    """Return the sweep file of a folder and its plan, with the tables changed.

    FolderError where the folder does not tell what was asked of it.
    """
    asked = Store(folder).manifest.get("asked", {})
    source, about = source_of(folder), {"about": about_of(folder)}
    try:
        read_plan(asked)
    except SweepFileError:
        what = f"{folder}/manifest.json does not say what was asked by this version"
        advice = "name the sweep file, and the folder with --out"
        raise FolderError(f"{what}; {advice}") from None
    plan = read_plan(asked, lambda raw: change(raw | about))
    return source, plan


def kept_source(source: str, plan: Plan) -> str:
    """Return the text that a folder keeps as its sweep file: what goes on with it.

    That is the user's own, `source`, unless options changed its tables. Options that
    narrow it are told in its first line.
    """
    if isinstance(plan, UnionPlan):
        files = [x.sweep_file.model_copy(update={"about": ""}) for x in plan.plans]
        files[0] = files[0].model_copy(update={"about": plan.sweep_file.about})
        first, *others = map(_as_text, files)
        quoted = [f"# {line}".rstrip() for x in others for line in x.splitlines()]
        return "\n".join([_MERGED, first, "# Merged with:", *quoted, ""])
    if source.startswith(_NARROWED):
        source = source.partition("\n")[2]
    if _tables(source) != _as_tables(plan.sweep_file):
        source = _as_text(plan.sweep_file)
    if options := plan.selection.options:
        return f"{_NARROWED}{options}\n{source}"
    return source


def about_of(folder: Path) -> str:
    """Return the question that the sweep file of a folder asks, "" for none."""
    return _tables(source_of(folder)).get("about", "")


def source_of(folder: Path) -> str:
    """Return the sweep file that a folder keeps, "" where it has none."""
    try:
        return read(folder / "sweep.toml")
    except SweepFileError:
        return ""


def _as_text(sweep_file: SweepFile) -> str:
    return sweep_text(sweep_file.model_dump(exclude_defaults=True))


def _as_tables(sweep_file: SweepFile) -> Tables:
    return sweep_file.model_dump()


def _tables(source: str) -> Tables:
    """Return all tables of a sweep file, defaults too; none where it is no such."""
    try:
        return _as_tables(SweepFile.model_validate(parse(source)))
    except (ValueError, SweepFileError):
        return {}

"""The page of the sweep files of this repository: what each asks, and its size."""

from pathlib import Path

from docs.reference.tables import GENERATED, table
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse

__all__ = ["sweeps_page"]

_SWEEPS = Path(__file__).parents[2] / "sweeps"
_HEAD = f"""{GENERATED}
# Sweeps of this repository

Run one with `python -m rvsjax.sweep sweeps/FILE`, or a small part of it with `--smoke`.
Their results are in the [findings](../findings.md), the time that some take in
[benchmarks](../../benchmarks/README.md).

"""


def sweeps_page() -> str:
    """Return the page."""
    rows = [_row(path) for path in sorted(_SWEEPS.glob("*.toml"))]
    return _HEAD + table(("file", "question", "study", "runs"), rows)


def _row(path: Path) -> tuple[str, ...]:
    plan = make_plan(parse(path.read_text()))
    link = f"[`{path.name}`](../../sweeps/{path.name})"
    return link, plan.sweep_file.about, plan.sweep_file.study, f"{plan.size:,}"

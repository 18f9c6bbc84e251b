"""A sweep written in Python: the text of the sweep file that asks the same."""

from dataclasses import dataclass
from typing import Any

from rvsjax import USUAL_STUDY
from rvsjax.environment.numbers import plain
from rvsjax.errors import Problem, SweepFileError
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import LARGEST_FILE, parse
from rvsjax.sweep.plan.text import sweep_text

__all__ = ["Sweep", "grid"]


@dataclass(frozen=True)
class Sweep:
    """A checked sweep file, as text: what `rvsjax.run` takes in place of a path."""

    source: str

    def __str__(self) -> str:
        """Return the text."""
        return self.source


def grid(
    name: str,
    study: str = USUAL_STUDY,
    *,
    seeds: int | dict[str, int] = 1,
    about: str = "",
    record: dict[str, Any] | None = None,
    **parameters: Any,
) -> Sweep:
    """Return the sweep over every combination of the parameters' values, and seeds.

    A parameter is a value, or a list, range or array of them, or a table as in a file:
    ``eta={"geom": [1e-5, 1e-1], "num": 9}``. `seeds` is their number, or ``{"count":
    64, "base": 0}``; `record` is as in a file, ``{"curves": 200, "weights": True}``.
    Raises SweepFileError with every mistake.
    """
    given = plain(parameters)
    axes = {key: x for key, x in given.items() if isinstance(x, list | dict)}
    tables = {
        "constants": {key: x for key, x in given.items() if key not in axes},
        "grid": axes,
        "seeds": plain(seeds if isinstance(seeds, dict) else {"count": seeds}),
    }
    head = {"version": 1, "name": name, "study": study, "about": about}
    if isinstance(record, dict):
        tables["record"] = plain(record)
    elif record is not None:
        head["record"] = record  # refused with all other mistakes
    source = sweep_text(head | tables)
    _need_file(source)
    make_plan(parse(source))
    return Sweep(source)


def _need_file(source: str) -> None:
    """Refuse what no sweep file can hold."""
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        raise SweepFileError(
            [Problem("grid", "has text that is not Unicode")]
        ) from None
    if size > LARGEST_FILE:
        what = f"takes {size} bytes as a file, which has at most {LARGEST_FILE}"
        raise SweepFileError([Problem("grid", f"{what}; give a range as a table")])

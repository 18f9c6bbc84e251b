"""Recipe of a figure that a user asks for, kept beside it so that it can be remade."""

import dataclasses
import json
import re
from dataclasses import dataclass

from rvsjax.errors import DamagedFile, UserError

__all__ = ["FIGURES", "LONGEST", "Recipe", "STATISTICS", "TABLES", "figure_size"]

FIGURES = ("runs", "curves", "map")
TABLES = ("latex", "markdown", "csv")
STATISTICS = ("median", "mean")
LONGEST = 200  # characters of an option
_INCHES = (1.0, 40.0)


def figure_size(text: str) -> tuple[float, float]:
    """Return the inches of ``WxH``; ValueError with a sentence where it is none."""
    found = re.fullmatch(r"([0-9.]{1,6})x([0-9.]{1,6})", text)
    try:
        wide, high = map(float, found.groups()) if found else (0.0, 0.0)
    except ValueError:
        wide = high = 0.0
    if not _INCHES[0] <= min(wide, high) <= max(wide, high) <= _INCHES[1]:
        raise ValueError("must be WxH in inches, each from 1 to 40, such as 6x4")
    return wide, high


@dataclass(frozen=True)
class Recipe:
    """Options of a figure: names of columns, a title, and its inches.

    Raises UserError where an option is missing, or is of another figure.
    """

    figure: str
    x: str
    y: str
    color: str | None = None
    facet: str | None = None
    title: str | None = None
    size: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse a figure that cannot be."""
        if self.figure not in FIGURES:
            raise UserError(f"--figure must be {', '.join(FIGURES)}")
        for option in ("x", "y", "color", "facet", "title"):
            if len(getattr(self, option) or "") > LONGEST:
                raise UserError(f"--{option} must be at most {LONGEST} characters")
        if self.figure == "map" and self.color is None:
            raise UserError(
                "--figure map needs --color NAME, the column of its colours"
            )

    @property
    def stem(self) -> str:
        """The name of its files: of letters, digits and ``_.-``, whatever it shows."""
        named = {"color": self.color, "facet": self.facet}
        more = "".join(f"-{option}-{name}" for option, name in named.items() if name)
        return re.sub(r"[^A-Za-z0-9_.-]", "_", f"{self.figure}-{self.y}-{self.x}{more}")

    def to_json(self) -> bytes:
        """Return its options that are given."""
        told = {n: x for n, x in dataclasses.asdict(self).items() if x is not None}
        return json.dumps(told, indent=1).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> "Recipe":
        """Read what `to_json` writes; a DamagedFile where it is anything else."""
        try:
            told = json.loads(data)
            size = told.pop("size", None)
            if size is not None:
                size = figure_size("x".join(f"{float(x):g}" for x in size))
            if all(isinstance(x, str) for x in told.values()):
                return cls(size=size, **told)
        except (ValueError, TypeError, AttributeError, UserError):
            pass
        except (RecursionError, OverflowError):  # too deep, or a number too large
            pass
        raise DamagedFile("is not the recipe of a figure; delete it")

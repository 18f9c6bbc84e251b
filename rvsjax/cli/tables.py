"""Tables for a reader: by rich on a terminal, plain text in a log or with NO_COLOR."""

import os
import sys
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from rvsjax.cli.console import printable, tell

__all__ = ["Table", "tell_all"]


class Table(NamedTuple):
    """Rows of words under their heads, which may have several lines."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1  # columns that begin at the left; the others hold numbers
    alarming: Sequence[bool] = ()  # by row
    last: str = ""  # a line below

    def lines(self) -> list[str]:
        """Return the table as plain text, each column as wide as need be."""
        heads = [head.split("\n")[::-1] for head in self.heads]
        above = [*zip_longest(*heads, fillvalue="")][::-1]
        every = [*above, *self.rows]
        widths = [max(map(len, column)) for column in zip(*every)]
        told = []
        for row in every:
            cells = [
                f"{x:<{wide}}" if i < self.words else f"{x:>{wide}}"
                for i, (x, wide) in enumerate(zip(row, widths))
            ]
            told.append("  ".join(cells).rstrip())
        return [*told, self.last] if self.last else told


def tell_all(parts: Sequence[str | Table]) -> None:
    """Print lines and tables as talk, which goes to stderr."""
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        _show(parts)
        return
    lines = [x.lines() if isinstance(x, Table) else [x] for x in parts]
    tell("\n".join(line for each in lines for line in each))


def _show(parts: Sequence[str | Table]) -> None:
    from rich import box
    from rich import table as rich
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    for part in parts:
        if isinstance(part, str):
            tell(part)
            continue
        shown = rich.Table(
            box=box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            padding=0,
            header_style="dim",
        )
        for i, head in enumerate(part.heads):
            side = "left" if i < part.words else "right"
            above = Text("\n").join(Text(printable(x)) for x in head.split("\n"))
            shown.add_column(above, justify=side, vertical="bottom", no_wrap=i == 0)
        alarming = [*part.alarming, *[False] * len(part.rows)]
        for row, alarm in zip(part.rows, alarming):
            cells = [Text(printable(x)) for x in row]
            shown.add_row(*cells, style="bold red" if alarm else None)
        console.print(shown)
        if part.last:
            tell(part.last)

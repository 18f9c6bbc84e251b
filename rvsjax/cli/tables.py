"""Tables for a reader, by rich: ruled and coloured on a terminal, else plain text.

In a log, in a pipe or with NO_COLOR a row is a line, however wide.
"""

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from rvsjax.cli.console import printable, put, tell

if TYPE_CHECKING:
    from rich.table import Table as RichTable

__all__ = ["Table", "plain_lines", "put_all", "tell_all"]

_WIDEST = 2**20  # characters of a line of plain text, more than any table has


class Table(NamedTuple):
    """Rows of words under their heads, which may have several lines."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1  # columns that begin at the left; the others hold numbers
    alarming: Sequence[bool] = ()  # by row
    last: str = ""  # a line below

    def lines(self) -> list[str]:
        """Return the table as plain text, each column as wide as need be."""
        from rich.console import Console

        text = io.StringIO()
        wide = Console(file=text, width=_WIDEST, color_system=None)
        wide.print(_shown(self, box=None, padding=(0, 2, 0, 0), header_style=""))
        lines = [line.rstrip() for line in text.getvalue().splitlines()]
        return [*lines, self.last] if self.last else lines


def tell_all(parts: Sequence[str | Table]) -> None:
    """Print lines and tables as a message, which goes to stderr."""
    _print(parts, sys.stderr, tell)


def put_all(parts: Sequence[str | Table]) -> None:
    """Print lines and tables as a result, which goes to stdout."""
    _print(parts, sys.stdout, put)


def plain_lines(parts: Sequence[str | Table]) -> list[str]:
    """Return lines and tables as lines of plain text."""
    lines = [part.lines() if isinstance(part, Table) else [part] for part in parts]
    return [line for each in lines for line in each]


def _print(
    parts: Sequence[str | Table], stream: TextIO, say: Callable[[str], None]
) -> None:
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        say("\n".join(plain_lines(parts)))
        return
    from rich import box
    from rich.console import Console

    console = Console(file=stream)
    for part in parts:
        if isinstance(part, str):
            say(part)
            continue
        console.print(_shown(part, box=box.SIMPLE_HEAD, padding=0, header_style="dim"))
        if part.last:
            say(part.last)


def _shown(table: Table, **look: Any) -> "RichTable":
    from rich.align import Align
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(show_edge=False, pad_edge=False, **look)
    for i, head in enumerate(table.heads):
        side = "left" if i < table.words else "right"
        above = Align(Text(printable(head), justify=side), side, vertical="bottom")
        shown.add_column(above, justify=side, no_wrap=i == 0)
    alarming = [*table.alarming, *[False] * len(table.rows)]
    for row, alarm in zip(table.rows, alarming):
        cells = [Text(printable(x)) for x in row]
        shown.add_row(*cells, style="bold red" if alarm else None)
    return shown

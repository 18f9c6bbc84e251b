"""Tables of Markdown."""

from collections.abc import Iterable, Sequence

__all__ = ["GENERATED", "code", "escaped", "table"]

GENERATED = "<!-- made by python -m docs.reference -->\n"


def code(text: object) -> str:
    """Return a text set as code, or nothing where there is none."""
    return f"`{text}`" if f"{text}" else ""


def escaped(text: str) -> str:
    """Escape what Markdown would take for markup; a table escapes bars itself."""
    for mark in "\\*<[]":
        text = text.replace(mark, f"\\{mark}")
    return text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar inside of a cell is escaped."""
    lines = [head, ["---"] * len(head)]
    lines += [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

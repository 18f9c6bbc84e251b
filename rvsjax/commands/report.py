"""Draw the figures of a results folder."""

import argparse

from rvsjax.console import DONE, need_sweep, put, refusing

__all__ = ["carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Draw the figures; print their paths."""
    need_sweep(arguments.folder)
    with refusing():
        from rvsjax.report.figures import draw

        figures = draw(arguments.folder)
    for path in figures:
        put(str(path))
    if arguments.open:
        import webbrowser

        webbrowser.open(figures[0].resolve().as_uri())
    return DONE

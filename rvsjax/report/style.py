"""A style of our own for figures, whatever the user has set for matplotlib."""

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

__all__ = ["NotDrawn", "start", "style"]

_PRINT: dict[Any, Any] = {
    "font.size": 9,
    "svg.hashsalt": "rvsjax",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


class NotDrawn(Exception):
    """A figure that matplotlib could not draw; the message says which and why."""

    def __init__(self, figure: str, error: BaseException) -> None:
        """Tell of a figure and what went wrong with it."""
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        why = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        super().__init__(f"{figure} could not be drawn ({why})")


def start() -> None:
    """Import matplotlib without the user's settings, which can make that fail.

    Those are a backend in MPLBACKEND and a `matplotlibrc`, of which matplotlib reads
    the one in the working folder first. For a process that is ours alone: in another,
    where it may be there already, later figures want those settings. Raises NotDrawn
    where it cannot be imported.
    """
    try:
        if "matplotlib" not in sys.modules:
            _import_plain()
        importlib.import_module("rvsjax.report.figures")
    except Exception as error:
        raise NotDrawn("the figures", error) from error


def _import_plain() -> None:
    kept = {name: os.environ.pop(name, None) for name in ("MPLBACKEND", "MATPLOTLIBRC")}
    os.environ["MATPLOTLIBRC"] = os.devnull
    try:
        with _away():
            import matplotlib  # noqa: F401
    finally:
        del os.environ["MATPLOTLIBRC"]
        os.environ.update({x: value for x, value in kept.items() if value is not None})


def _away() -> AbstractContextManager[Any]:
    """Leave a working folder that has a `matplotlibrc`."""
    here = os.path.lexists("matplotlibrc")
    return contextlib.chdir(os.sep) if here else contextlib.nullcontext()


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Draw with matplotlib's defaults and our style; leave the user's as they are."""
    import matplotlib as mpl

    plain: dict[Any, Any] = {
        x: y for x, y in mpl.rcParamsDefault.items() if x != "backend"
    }
    with mpl.rc_context({**plain, **_PRINT}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield

"""Bar that shows the progress of a sweep, on a terminal or in a notebook."""

import contextlib
import importlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rvsjax.sweep.progress import Progress

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = ["NotebookBar", "TerminalBar", "showing_progress"]

_PAUSE = 0.2  # seconds between two messages to a notebook


@contextlib.contextmanager
def showing_progress(asked: bool | None) -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows progress: on a terminal and in a notebook by default.

    True shows it in any case, at its end where stderr is no terminal; False never.
    """
    notebook = _in_notebook()
    if asked is None:
        asked = notebook or sys.stderr.isatty()
    if not asked:
        yield lambda progress: None
        return
    bar = NotebookBar() if notebook else TerminalBar()
    try:
        yield bar
    finally:
        bar.close()


def _in_notebook() -> bool:
    """Say whether a kernel of Jupyter runs this, which displays more than text."""
    get = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    return hasattr(get(), "kernel")


class TerminalBar:
    """A bar on stderr; it stays as it was at the end."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self.task: TaskID | None = None
        self.bar = Bar(
            BarColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            redirect_stdout=False,  # which holds results
        )

    def __call__(self, progress: Progress) -> None:
        """Show how far it is."""
        if self.task is None:
            kernel = f", kernel {progress.kernel}" if progress.kernel else ""
            what = f"compiling{kernel}"
            self.task = self.bar.add_task(what, total=progress.blocks)
            self.bar.start()
        elif progress.done:
            told = str(progress)
            self.bar.update(self.task, completed=progress.done, description=told)

    def close(self) -> None:
        """Show the cursor again."""
        if self.bar.live.is_started:
            self.bar.stop()


class NotebookBar:
    """A bar in the output of a cell, which needs no widgets (those of rich do)."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self.latest: Progress | None = None
        self.handle: Any = None
        self.shown = -math.inf

    def __call__(self, progress: Progress) -> None:
        """Show how far it is, now and then."""
        self.latest = progress
        if time.monotonic() - self.shown >= _PAUSE:
            self._show(progress)

    def close(self) -> None:
        """Show the last that was heard."""
        if self.latest:
            self._show(self.latest)

    def _show(self, progress: Progress) -> None:
        told = str(progress) if progress.done else "compiling"
        place = f'value="{progress.done:g}" max="{progress.blocks}"'
        page = f"<progress {place}></progress> {told}"
        data = {"text/plain": told, "text/html": page}
        if self.handle:
            self.handle.update(data, raw=True)
        else:
            display = importlib.import_module("IPython.display").display
            self.handle = display(data, raw=True, display_id=True)
        self.shown = time.monotonic()

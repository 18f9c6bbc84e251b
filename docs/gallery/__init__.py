"""Figures made by the build: a Sphinx directive runs commands and shows what they drew.

::

    ```{made} out/curves/figures/curves.png
    rvsjax sweep docs/gallery/curves.toml
    ```

Its argument is the figure, its text the commands, which are shown above it. They run in
a folder of the build, where `docs` and `tests` are those of the repository. Those with
``:slow:`` compile several programs, and run in a build with ``-t full`` alone.
"""

import contextlib
import io
import os
import shlex
import shutil
from pathlib import Path
from typing import Any
from unittest import mock

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from rvsjax.cli.main import main
from rvsjax.report import page

__all__ = ["Made", "setup"]

_ROOT = Path(__file__).parents[2]
_PAGE = "gallery"


class Made(SphinxDirective):
    """A figure, and the commands that make it."""

    has_content = True
    required_arguments = 1
    option_spec = {"slow": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Run the commands; return them and the figure as nodes."""
        commands = "\n".join(f"$ {line}" for line in self.content)
        block = nodes.literal_block(commands, commands, language="console")
        if "slow" in self.options and not self.env.app.tags.has("full"):
            return [block]
        folder = _folder(self.env.app)
        for line in self.content:
            if problem := _failure(line, folder):
                raise self.error(f"{line}: {problem}")
        figure = folder / self.arguments[0]
        if not figure.exists():
            raise self.error(f"the commands did not make {self.arguments[0]}")
        for sweep in Path(__file__).parent.glob("*.toml"):
            self.env.note_dependency(str(sweep))
        place = "/" + os.path.relpath(figure, self.env.srcdir)
        wide = (
            int.from_bytes(figure.read_bytes()[16:20]) // 2
        )  # PNG of 200 dots an inch
        shown = nodes.image(uri=place, alt=self.content[-1], width=f"{wide}px")
        return [block, shown]


def _failure(line: str, folder: Path) -> str:
    """Run a command there; return what it said if it failed."""
    told = io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(told),
        contextlib.redirect_stderr(told),
        mock.patch.object(page, "is_possible", return_value=False),  # figures alone
    ):
        code = main(shlex.split(line)[1:])
    return told.getvalue() if code else ""


def _folder(app: Any) -> Path:
    """Return the folder that commands run in."""
    folder = Path(app.doctreedir) / _PAGE
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("docs", "tests"):
        with contextlib.suppress(FileExistsError):
            (folder / name).symlink_to(_ROOT / name)
    return folder


def _begin_anew(app: Any, env: Any, page: str) -> None:
    """Forget the results of the last build before the page is read again."""
    if page == _PAGE:
        shutil.rmtree(Path(app.doctreedir) / _PAGE, ignore_errors=True)


def setup(app: Any) -> dict[str, bool]:
    """Add the directive; compile quickly, as the sweeps are small."""
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_backend_optimization_level=0".strip()
    app.add_directive("made", Made)
    app.connect("env-purge-doc", _begin_anew)
    return {"parallel_read_safe": False}

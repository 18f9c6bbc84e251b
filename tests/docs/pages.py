"""What a page of docs/ shows is done: its file, commands, Python, and its output."""

import contextlib
import io
import re
import shlex
import subprocess
from pathlib import Path
from typing import NamedTuple

from rvsjax.cli.main import main
from tests import ROOT

DOCS = ROOT / "docs"


class Block(NamedTuple):
    kind: str
    text: str


def blocks(page):
    """The fenced blocks of a page, from the first to the last."""
    text = (DOCS / page).read_text()
    return [Block(*x) for x in re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)]


def command(line):
    """`$ python -m rvsjax.NAME ...` or `$ rvsjax NAME ...` as arguments of `main`."""
    words = shlex.split(line.removeprefix("$ "))
    if words[:2] == ["python", "-m"]:
        words = ["rvsjax", words[2].removeprefix("rvsjax."), *words[3:]]
    assert words[0] == "rvsjax", line
    return words[1:]


def run(line):
    """Run a command in this process; `> FILE` takes its stdout. It must succeed."""
    line, _, file = line.partition(" > ")
    with contextlib.ExitStack() as stack:
        if file:
            sink = stack.enter_context(open(file, "w"))
            stack.enter_context(contextlib.redirect_stdout(sink))
        assert main(command(line)) == 0, line


def follow(page, toml_name=""):
    """Do what a page shows, in order, in the working folder; the names that it leaves.

    A block `text` must be what the Python before it printed, to the letter.
    """
    names, printed = {}, ""
    for kind, text in blocks(page):
        if kind == "toml":
            Path(toml_name).write_text(text)
        elif kind == "console":
            for line in text.splitlines():
                run(line)
        elif kind == "bash":
            subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        elif kind == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(text, page, "exec"), names)
            printed = out.getvalue()
        else:
            assert kind == "text", kind
            assert printed == text, (
                f"{page} shows\n{text}\nbut its Python printed\n{printed}"
            )
    return names

"""Every mistake of a sweep file is told in a sentence, at once, and where it stands.

`mistakes.py` has the mistakes. A file may be a stranger's: its words do not command a
terminal, and it costs no more than its few kilobytes deserve.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse, read
from tests import ROOT
from tests.sweep.plan.mistakes import MISTAKES

OF_LIBRARY = {"input", "valid", "instance", "pattern", "items", "validation"}


def name(mistake):
    """Return what follows the head of a file, options and places, in few characters."""
    text = mistake.data[-99:].decode("utf-8", "replace").rpartition('"rvscgd"\n')[2]
    words = [text[-40:], *(option[:40] for option in mistake.options), *mistake.told]
    return re.sub(r"\W+", " ", " ".join(words[:3])).strip()


ALL = [pytest.param(i, id=name(one)) for i, one in enumerate(MISTAKES)]
OF_FILES = [one for one in ALL if not MISTAKES[one.values[0]].options]


def check(told, problems):
    """Compare what is to be told with what is: all of it, and nothing else."""
    found = {}
    for where, what in problems:
        found[where] = found.get(where, "") + what
    if [*told] == [""] and len(found) == 1:
        found = {"": what}
    assert found.keys() == told.keys()
    assert [what for where, what in told.items() if what not in found[where]] == []


@pytest.mark.parametrize("number", OF_FILES)
def test_a_mistake_is_told_where_it_stands(number):
    Path("file.toml").write_bytes(MISTAKES[number].data)
    with pytest.raises(SweepFileError) as refused:
        make_plan(parse(read(Path("file.toml"))))
    check(MISTAKES[number].told, refused.value.problems)
    lines = str(refused.value).split("\n")
    for line, (where, what) in zip(lines, refused.value.problems, strict=True):
        assert line.startswith(where) and line.endswith(what) and len(line) <= 300
        assert line.isprintable()
        float64 = what.replace("a valid float64", "")
        assert OF_LIBRARY.isdisjoint(float64.lower().split())


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    said = subprocess.run(
        [sys.executable, "-m", "tests.sweep.plan.refusals"],
        cwd=tmp_path_factory.mktemp("refusals"),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=240,
        check=True,
    )
    return json.loads(said.stdout)


@pytest.mark.parametrize("number", ALL)
def test_the_command_refuses_it(number, refusals):
    """Exit code 2, sentences alone, nothing made; without JAX, pandas, or NumPy.

    The points of a sample are NumPy's.
    """
    mistake, (code, out, err, imported, files) = MISTAKES[number], refusals[number]
    assert (code, out, files) == (2, "", ["file.toml"])
    first, *lines = err.splitlines()
    count = f"{len(lines):,} mistake{'s' if len(lines) > 1 else ''}"
    assert first == f"file.toml: {count}, nothing was run"
    assert all(line.isprintable() and len(line) <= 302 for line in lines)
    check(mistake.told, [re.match("  (.*?)  +(.*)", line).groups() for line in lines])
    assert set(imported) <= ({"numpy"} if b"sample" in mistake.data else set())

"""The page on folders is followed: each command does what the words around it say."""

import re

import pytest

from rvsjax import load
from rvsjax.errors import FolderError
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from tests.docs.pages import DOCS, blocks, follow

PAGE = "how_to/folders.md"


@pytest.mark.slow
def test_the_page_on_folders_is_true(capfd):
    follow(PAGE, "small.toml")
    told = " ".join(capfd.readouterr().out.split())
    text = " ".join((DOCS / PAGE).read_text().split())
    for line in ("16 of 16 done (16 ok)", "nothing is left to do"):
        assert line in told and line in text
    assert "out/small: 4 blocks done, 4 to do (16 runs)" in told
    small = load("out/small")
    assert (
        len(small.runs) == 16
        and "count = 4" in small._store.folder.joinpath("sweep.toml").read_text()
    )
    [(_, source), *_] = blocks(PAGE)
    with pytest.raises(FolderError) as refused:
        run_plan(make_plan(parse(source)), source, "out/small", Options())
    assert str(refused.value) in text


def test_every_kind_of_block_is_there():
    kinds = [block.kind for block in blocks(PAGE)]
    assert kinds.count("console") == 7 and {"toml", "python", "text"} <= set(kinds)
    assert not re.search(r"```\n[^\n]*rvsjax", (DOCS / PAGE).read_text())

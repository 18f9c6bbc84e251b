"""The page of Python and the notebooks: their code runs, and prints what they show."""

import contextlib
import io
import json

import pytest

from tests.docs.pages import DOCS, blocks, follow

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


def test_the_page_is_true():
    assert [kind for kind, _ in blocks("how_to/python.md")].count("text") == 7
    names = follow("how_to/python.md")
    assert len(names["results"].runs) == 1000


def printed(cell):
    streams = [out for out in cell["outputs"] if out.get("name") == "stdout"]
    return "".join(line for out in streams for line in out["text"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_it_shows(path):
    plt = pytest.importorskip("matplotlib.pyplot")
    names, said = {}, []
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile("".join(cell["source"]), path.name, "exec"), names)
            said.append(out.getvalue())
            assert said[-1] == printed(cell), "".join(cell["source"])
    plt.close("all")
    assert len([text for text in said if text]) > 3


def test_notebooks_are_small():
    assert len(NOTEBOOKS) == 2
    for path in NOTEBOOKS:
        assert path.stat().st_size < 10_000, "outputs of a bar or a figure: clear them"

"""The pages of docs/ are run: what they show is what one gets."""

import re

import pytest

from rvsjax import penalties
from tests import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += [ROOT / "CHANGELOG.md", ROOT / "benchmarks" / "README.md"]
TRAINING = (ROOT / "docs" / "how_to" / "training.md").read_text()
(SCRIPT,) = re.findall(r"```python\n(.*?)```", TRAINING, re.DOTALL)


@pytest.mark.slow
def test_the_training_script_runs(monkeypatch, capsys):
    """On the 300 digits of the tests: u is sparse, and as good as w within a tenth."""
    pytest.importorskip("flax")
    monkeypatch.setenv("RVSJAX_DATA", str(ROOT / "tests" / "digits"))
    exec(compile(SCRIPT, "training.md", "exec"), {})
    source, *lines = capsys.readouterr().out.splitlines()
    assert source.startswith("240 images to train and 60 to test")
    told = [re.fullmatch(r"(.): accuracy (.*)%, zeros (.*)%", x) for x in lines]
    (w, w_good, w_zeros), (u, u_good, u_zeros) = [x.groups() for x in told if x]
    assert (w, u) == ("w", "u")
    assert float(u_zeros) > 50 > 10 > float(w_zeros)
    assert min(float(w_good), float(u_good)) > 50
    assert abs(float(w_good) - float(u_good)) < 10


def anchors(path):
    """The headings of a page, as links name them."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_have_ends(page):
    """Files and folders of the repository, and headings of its pages."""
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


def test_there_are_links_to_look_at():
    links = [re.findall(r"\]\([^)\s]+\)", page.read_text()) for page in PAGES]
    assert sum(map(len, links)) > 50


def test_what_the_page_names_is_there():
    names = re.findall(r"`([A-Z]\w+)\(", TRAINING)
    assert len(names) >= 4
    for name in names:
        assert hasattr(penalties, name), name

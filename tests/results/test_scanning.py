"""A table beyond memory, read a piece at a time."""

import shutil

import pandas as pd
import pytest

import rvsjax
from rvsjax.errors import UserError
from rvsjax.sweep.store import Store, united
from tests import ROOT

EARLIER = ROOT / "tests" / "sweep" / "earlier"


@pytest.fixture(params=["parts", "whole"])
def results(request, tmp_path, monkeypatch):
    """The runs of a folder, two rows, one at a time."""
    folder = shutil.copytree(EARLIER, tmp_path / "out")
    monkeypatch.setattr(united, "MOST_ROWS", 2 if request.param == "parts" else 1)
    if request.param == "whole":
        store = Store(folder)
        store.compact()
        store.seal(["runs"])
    return rvsjax.load(folder)


def test_pieces_are_the_table(results):
    pieces = list(results.scan())
    assert len(pieces) == 2 // united.MOST_ROWS
    whole = Store(results.folder).load("runs")
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), whole)


def test_columns_and_conditions_leave_what_is_asked_for(results):
    last = results.runs["run_id"].iloc[1]
    found = results.scan(["m_theta"], [("run_id", "==", last)])
    rows = pd.concat(found)
    assert list(rows) == ["m_theta"]
    assert rows["m_theta"].tolist() == [results.runs["m_theta"].iloc[1]]
    both = results.scan(["run_id"], [("p_seed", "in", [0, 1]), ("status", "==", "ok")])
    assert pd.concat(both)["run_id"].tolist() == results.runs["run_id"].tolist()


@pytest.mark.parametrize(
    "asked, told",
    [
        ({"columns": ["m_thetta"]}, "has no column 'm_thetta'; did you mean .m_theta"),
        ({"where": [("p_lamb", "<", 1)]}, "has no column 'p_lamb'; did you mean"),
        ({"where": [("p_lam", "~", 1)]}, "where must be conditions"),
        ({"where": [("p_lam", "<", "x")]}, "where must be conditions"),
        ({"where": ["p_lam < 1"]}, "where must be conditions"),
        ({"where": [("p_lam", "<")]}, "where must be conditions"),
    ],
)
def test_a_mistake_is_a_sentence(results, asked, told):
    with pytest.raises(UserError, match=told):
        list(results.scan(**asked))

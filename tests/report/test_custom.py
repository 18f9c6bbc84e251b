"""Every pair of columns gives a figure with the right medians, or a sentence.

Columns stand for all kinds that a table has, and those of a stranger; the right medians
are found row by row in plain Python.
"""

import io
import statistics
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

import rvsjax
from rvsjax.report.figures.custom import MOST_WORDS, draw_any
from rvsjax.report.figures.lines import axis
from rvsjax.report.figures.panels import plain_label
from rvsjax.report.figures.values import figure_data
from rvsjax.report.style import style
from rvsjax.results.schema import find_columns
from rvsjax.sweep.store import FolderError
from tests.report.folders import stub

N = 30
_NAN = float("nan")
NUMBERS = {
    "p_seed": [i % 3 for i in range(N)],
    "p_eta": [10.0 ** -(i % 5) for i in range(N)],
    "p_lam": [_NAN if i % 4 == 0 else 0.1 * (i % 3) for i in range(N)],
    "m_nothing": [_NAN] * N,
    "m_huge": [(1.0, 1e300, -2.0, float("inf"), _NAN)[i % 5] for i in range(N)],
    "m_u_empty": [i % 2 == 0 for i in range(N)],
    "m_known": [(True, None, False)[i % 3] for i in range(N)],
}
WORDS = {
    "run_id": [f"{i:020x}" for i in range(N)],
    "reason": [None] * N,
    "p_penalty": [("l1", None, "l0")[i % 3] for i in range(N)],
    "p_normalisation": [("none", None, "sphere")[i % 3] for i in range(N)],
    "why_$x$": [("$a", "a" * 50, "a" * 50 + "b", "b\nc")[i % 4] for i in range(N)],
    "p_list": [[i % 2] for i in range(N)],
}
RUNS = pd.DataFrame(NUMBERS | WORDS)
RESULTS = stub(RUNS, RUNS[["run_id"]].assign(step=1, theta=2.0))


def height(value):
    """What is drawn of a number; None of what an axis cannot show."""
    if value is None or np.isnan(value) or abs(value) >= 1e100:
        return None
    return float(value)


def medians(x, y):
    """The medians of y over the rows of each x, whatever x is called in a figure."""
    is_number = x in NUMBERS and x not in ("m_u_empty", "m_known")
    found = defaultdict(list)
    for across, up in zip(RUNS[x].tolist(), RUNS[y].tolist()):
        place = height(across) if is_number else str(across)
        if place is not None and height(up) is not None:
            found[place].append(height(up))
    return sorted(statistics.median(values) for values in found.values())


def drawn(x, y, **more):
    return figure_data(draw_any(RESULTS, "runs", x, y, **more))


@pytest.mark.slow
@pytest.mark.parametrize("y", list(NUMBERS))
def test_a_pair_of_columns_is_drawn_right_or_refused(y):
    for x in RUNS:
        expected = medians(x, y)
        try:
            data = drawn(x, y)
        except FolderError as error:
            assert x == "run_id" or not expected, (x, y)
            assert y in str(error) if x != "run_id" else f"{N} words" in str(error)
        else:
            assert expected and sorted(data["y"]) == pytest.approx(expected), (x, y)


@pytest.mark.parametrize("y", list(WORDS))
def test_words_have_no_height(y):
    for x in RUNS:
        with pytest.raises(FolderError, match="holds no numbers"):
            drawn(x, y)


@pytest.mark.parametrize("x", [x for x in RUNS if x not in ("run_id", "m_nothing")])
def test_what_is_drawn_can_be_saved(x):
    """A formula in a stranger's word, or two words that are cut to one, do no harm."""
    with style():
        draw_any(RESULTS, "runs", x, "p_seed", "p_lam", x if x != "m_huge" else None)
        draw_any(RESULTS, "runs", x, "p_seed").savefig(io.BytesIO(), dpi=20)


def test_null_is_a_value_and_no_other():
    """Beside a normalisation that is called none, and in colours and panels."""
    names = set(drawn("p_normalisation", "p_seed")["x"])
    assert names == {"none", "null", "sphere"}
    names = {"l0", "l1", "null"}
    assert set(drawn("p_eta", "p_seed", color="p_penalty")["series"]) == names
    panels = drawn("p_eta", "p_seed", facet="p_penalty")["panel"].unique()
    assert [x.split(",")[0] for x in panels] == [
        f"penalty = {x}" for x in sorted(names)
    ]


@pytest.mark.parametrize("study", rvsjax.STUDIES)
def test_the_names_of_our_columns_are_whole(study):
    described = find_columns(study, "runs", "curves").values()
    assert not [x.label for x in described if "…" in axis(x) + plain_label(x)]


def test_words_are_told_as_they_are():
    """Though a dollar is written otherwise where formulas are."""
    names = set(drawn("why_$x$", "p_seed")["x"])
    assert {"$a", "b c"} < names and len(names) == 4


def test_a_figure_says_how_many_rows_it_shows():
    figure = draw_any(RESULTS, "runs", "p_lam", "p_seed")
    assert f"22 of {N} rows" in figure.get_suptitle()


def test_words_beyond_the_room_are_refused():
    assert N > MOST_WORDS
    with pytest.raises(FolderError, match=f"{N} words, at most {MOST_WORDS}"):
        drawn("run_id", "p_seed")

"""Tables for a paper: numbers as plain Python has them, and text that stays text."""

import csv
import io
import math
import statistics

import pandas as pd
import pytest

from rvsjax.report.tables import make_table
from rvsjax.report.tables.rows import make_rows
from rvsjax.sweep.store import FolderError
from tests.report.folders import stub

THETA = [0.1, 0.2, 0.3, None, 2.0, 3.0, 4.0, 5.0]
RUNS = pd.DataFrame(
    {
        "run_id": [f"{i:020x}" for i in range(8)],
        "status": "ok",
        "p_penalty": ["l0"] * 4 + ["100% & $"] * 4,
        "p_lam": [0.1, 0.1, 0.2, 0.2] * 2,
        "p_seed": [0, 1] * 4,
        "m_theta": THETA,
        "m_support_recall": [1.0] * 4 + [0.5] * 4,
        "m_nnz_u": [5.0] * 8,
        "verdict_lemma_5_stated": ["holds", "violated", "undecided", None] * 2,
    }
)
RESULTS = stub(RUNS, None)


def test_a_row_has_the_median_and_how_many_have_a_number():
    table = make_rows(RESULTS, by=["penalty"], of=["theta", "lemma_5_stated"])
    other, l0 = table.rows
    assert (l0.values, l0.runs) == (("l0",), 4)
    assert l0.cells[0].middle == pytest.approx(0.2) and l0.cells[0].n == 3
    assert other.cells[0].middle == statistics.median(THETA[4:])
    assert l0.cells[1].verdicts == (1, 1, 1)
    assert table.pooled == ["lam", "seed"]


def test_a_mean_has_the_deviation_of_the_sample():
    (l0,) = [
        x
        for x in make_rows(RESULTS, ["penalty"], ["theta"], "mean").rows
        if x.values == ("l0",)
    ]
    assert l0.cells[0].middle == pytest.approx(statistics.mean(THETA[:3]))
    assert l0.cells[0].low == pytest.approx(statistics.stdev(THETA[:3]))


def test_the_best_is_the_lowest_or_the_highest_or_none():
    of = ["theta", "support_recall", "nnz_u"]
    rows = {x.values[0]: x for x in make_rows(RESULTS, ["penalty"], of).rows}
    assert [x.is_best for x in rows["l0"].cells] == [True, True, False]
    assert not any(x.is_best for x in rows["100% & $"].cells)


def test_without_names_rows_are_what_varies_but_the_seed():
    table = make_rows(RESULTS)
    assert table.by == ["p_penalty", "p_lam"] and len(table.rows) == 4
    assert table.of[0] == "m_theta"


def test_markdown_says_of_how_many_and_what_differs():
    text = make_table(RESULTS, "markdown", by=["penalty"], of=["theta"])
    head, line, _, l0, _, caption = text.splitlines()
    assert head == "| penalty | runs | last angle θ (rad) |"
    assert line == "| --- | ---: | ---: |"
    assert l0 == "| l0 | 4 | **0.2** [0.12, 0.28] (3) |"
    assert "which differ in lam, seed" in caption


def test_latex_escapes_what_a_stranger_wrote():
    text = make_table(RESULTS, "latex", by=["penalty"], of=["theta"], statistic="mean")
    assert r"100\% \& \$ & 4 & 3.5 $\pm$ 1.29 \\" in text
    assert r"\textbf{\boldmath 0.2} $\pm$ 0.1 (3) \\" in text
    assert text.count("{tabular}") == 2 and r"$\theta(w^T, w^*)$ (rad)" in text


@pytest.mark.parametrize("form", ["latex", "markdown"])
def test_a_row_is_a_line_whatever_a_stranger_wrote(form):
    named = RUNS.rename(columns={"p_lam": "p_l\nam", "p_seed": "p_se\r\x1bed"})
    odd = named.assign(p_penalty=named["p_penalty"].replace("l0", "a\nb | c\n& % \x00"))
    text = make_table(stub(odd, None), form, by=["penalty", "l\nam"], of=["theta"])
    plain = make_table(RESULTS, form, by=["penalty", "lam"], of=["theta"])
    assert text.count("\n") == plain.count("\n")
    assert all(x.isprintable() for x in text.replace("\n", ""))


SIZES = {
    "no number": [math.nan] * 8,
    "huge": [1e308, 1.7e308] * 4,
    "one infinite": [math.inf, 1.0] + [2.0] * 6,
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("statistic", ["median", "mean"])
@pytest.mark.parametrize("theta", SIZES.values(), ids=SIZES)
def test_no_size_of_numbers_ends_in_a_warning(theta, statistic):
    results = stub(RUNS.assign(m_theta=theta), None)
    for form in ("latex", "markdown", "csv"):
        chosen = {"by": ["penalty"], "of": ["theta"], "statistic": statistic}
        assert make_table(results, form, **chosen).count("\n") > 2


def test_csv_has_every_number_in_full():
    text = make_table(RESULTS, "csv", by=["penalty"], of=["theta", "lemma_5_stated"])
    rows = {x["p_penalty"]: x for x in csv.DictReader(io.StringIO(text))}
    assert float(rows["l0"]["m_theta_median"]) == 0.2
    assert rows["l0"]["m_theta_n"] == "3" and rows["l0"]["m_theta_best"] == "1"
    assert rows["l0"]["verdict_lemma_5_stated_violated"] == "1"


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"by": ["lamda"]}, 'did you mean "lam"'),
        ({"of": ["penalty"]}, "no numbers, no verdicts"),
    ],
)
def test_what_cannot_be_is_a_sentence(chosen, said):
    with pytest.raises(FolderError, match=said):
        make_rows(RESULTS, **chosen)


def test_a_table_of_too_many_rows_says_how_to_choose(monkeypatch):
    monkeypatch.setattr("rvsjax.report.tables.rows.MOST_ROWS", 3)
    with pytest.raises(FolderError, match="4 rows, at most 3; .*--by"):
        make_rows(RESULTS)

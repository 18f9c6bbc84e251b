"""Counts, rates and intervals, on tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from rvsjax.results.verdicts import (
    PAIR_COLUMNS,
    claim_columns,
    compare_precisions,
    count_claims,
    count_pairs,
)
from tests.oracle_limits import wilson

Z = 1.959963984540054  # 95 %


def table(verdicts, *, excess=None, empty=(), why=None):
    """A table of runs with one claim."""
    n = len(verdicts)
    excess = np.zeros(n) if excess is None else np.asarray(excess, float)
    return pd.DataFrame(
        {
            "run_id": [f"r{i}" for i in range(n)],
            "m_u_empty": [i in empty for i in range(n)],
            "obs_x": excess + 1.0,
            "bound_x": np.ones(n),
            "verdict_x": verdicts,
            "why_x": why or [None] * n,
        }
    )


def one(*arguments, **options):
    counted = count_claims(table(*arguments, **options))
    assert len(counted) == 1
    return counted.iloc[0]


def test_all_four_verdicts_are_counted():
    row = one(["holds"] * 3 + ["violated"] * 2 + ["undecided"] + ["not-applicable"] * 4)
    assert row[["claim", "holds", "violated"]].to_list() == ["x", 3, 2]
    assert row[["undecided", "not_applicable", "judged"]].to_list() == [1, 4, 6]


@pytest.mark.parametrize(("violated", "n"), [(0, 7), (3, 10), (10, 10), (1, 1)])
def test_rates_have_their_wilson_interval(violated, n):
    row = one(["violated"] * violated + ["holds"] * (n - violated))
    for name, part in (("violated", violated), ("holds", n - violated)):
        low, high = wilson(part, n, Z)
        assert row[f"{name}_rate"] == part / n
        assert np.isclose(row[f"{name}_low"], low, atol=1e-12)
        assert np.isclose(row[f"{name}_high"], high, atol=1e-12)


def test_runs_with_an_empty_u_are_counted_apart():
    """Their success says little: it is in no rate."""
    row = one(["holds", "holds", "violated", "holds"], empty={0, 1})
    assert row["holds"] == 3
    assert row["holds_u_empty"] == 2
    assert row["judged"] == 2
    assert row["violated_rate"] == 0.5


def test_no_rate_of_nothing():
    row = one(["not-applicable", "holds"], empty={1}, why=["beta <= 1", None])
    assert row["judged"] == 0
    assert np.isnan(row["violated_rate"])


def test_the_worst_run_is_one_that_the_claim_speaks_of():
    verdicts = ["holds", "not-applicable", "violated", "violated"]
    row = one(verdicts, excess=[-1, 9, 0.5, 2], why=[None, "eta <= 1", None, None])
    assert row["worst_run"] == "r3"
    assert row["worst_excess"] == 2


def test_reasons_are_counted_one_by_one():
    verdicts = ["not-applicable"] * 3
    row = one(verdicts, why=["a <= 1; b > 0", "b > 0", "b > 0; c"])
    assert row["not_applicable_because"] == "b > 0: 3; a <= 1: 1; c: 1"
    assert one(["holds"])["not_applicable_because"] is None


def test_failed_runs_have_no_verdict():
    row = one(["holds", None])
    assert row[["holds", "judged", "not_applicable"]].to_list() == [1, 1, 0]


def test_pairs_are_summed_over_the_runs():
    pairs = pd.DataFrame(
        {
            "run_id": ["r0", "r0", "r1", "r1"],
            "claim": ["x", "y", "x", "y"],
            "holds": [3, 0, 2, 4],
            "violated": [1, 0, 0, 0],
            "undecided": [0, 0, 2, 0],
            "not_applicable": [0, 4, 0, 0],
            "worst_excess": [0.5, np.nan, -1, -2],
            "hypotheses": ["a", "b", "a", "b"],
        }
    )
    told = count_pairs(pairs).set_index("claim")
    columns = ["holds", "violated", "undecided", "not_applicable", "judged"]
    assert told.loc["x", columns].to_list() == [5, 1, 2, 0, 8]
    assert told.loc["y", columns].to_list() == [4, 0, 0, 4, 4]
    assert told["worst_excess"].to_list() == [0.5, -2]
    assert pd.isna(told.loc["x", "not_applicable_because"])
    assert told.loc["y", "not_applicable_because"] == "b: 4"
    assert np.isclose(told.loc["x", "violated_high"], wilson(1, 8, Z)[1])
    assert count_pairs(pairs[:0]).empty


def test_precisions_are_compared_with_float64_run_by_run():
    verdicts = {
        ("float64", "plain"): ["violated", "violated", "holds", "undecided"],
        ("float32", "plain"): ["undecided", "violated", "violated", "undecided"],
        ("float32", "compensated"): ["violated", "violated", "holds", "holds"],
    }
    rows = [
        {"p_seed": seed, "p_dtype": d, "p_precision": p, "verdict_x": verdict}
        for (d, p), column in verdicts.items()
        for seed, verdict in enumerate(column)
    ]
    runs = pd.DataFrame(rows).sample(frac=1, random_state=3)  # order does not matter
    told = compare_precisions(runs).set_index("precision")
    names = ["pairs", "agree", "violated", "violated_float64", "missed", "invented"]
    assert told.loc["plain", names].to_list() == [4, 2, 2, 2, 1, 1]
    assert told.loc["compensated", names].to_list() == [4, 3, 2, 2, 0, 0]


def test_nothing_to_compare_in_one_precision():
    runs = pd.DataFrame(
        {"p_seed": [1], "p_dtype": "float64", "p_precision": "plain", "verdict_x": "x"}
    )
    assert compare_precisions(runs).empty


def test_claim_by_claim_the_counts_are_those_of_the_whole_table():
    one = table(["holds", "violated"], excess=[-1, 2], why=["a; b", None])
    other = table(["undecided", "not-applicable"], excess=[3, 4], empty={1})
    runs = one.join(other.filter(regex="_x$").rename(columns=lambda n: n[:-1] + "y"))
    runs["p_d"] = 3
    [both] = claim_columns(runs.columns, 2)
    assert count_claims(runs[both]).equals(count_claims(runs))
    few = claim_columns(runs.columns, 10**6)
    assert len(few) == 2
    assert all("p_d" not in columns for columns in few)
    counted = [count_claims(runs[columns]).to_dict("records") for columns in few]
    apart = pd.DataFrame([row for rows in counted for row in rows])
    whole = count_claims(runs)
    assert whole["claim"].tolist() == ["x", "y"]
    assert apart.equals(whole)


def test_pairs_are_counted_from_their_columns_alone():
    pairs = pd.DataFrame(
        {
            "run_id": ["a", "b"],
            "claim": ["x", "x"],
            "holds": [3, 0],
            "violated": [0, 1],
            "undecided": [0, 1],
            "not_applicable": [0, 1],
            "worst_excess": [-1.0, 2.0],
            "hypotheses": ["w is not 0"] * 2,
        }
    )
    assert count_pairs(pairs[list(PAIR_COLUMNS)]).equals(count_pairs(pairs))


def pieces_of(table, *ends):
    """Cut a table at these rows, its index as it would be in pieces of a file."""
    bounds = zip((0, *ends), (*ends, len(table)))
    return [table.iloc[a:b].reset_index(drop=True) for a, b in bounds]


@pytest.mark.parametrize("ends", [(1,), (2, 3), (1, 2, 3, 4)])
def test_a_table_in_pieces_has_the_counts_of_the_whole(ends):
    verdicts = ["holds", "violated", "not-applicable", "violated", "holds"]
    runs = pd.DataFrame(
        {
            "run_id": list("abcde"),
            "m_u_empty": [False, False, True, None, True],
            "verdict_x": verdicts,
            "obs_x": [1.0, 5.0, 9.0, 5.0, None],
            "bound_x": [2.0, 1.0, 0.0, 1.0, 0.0],
            "why_x": [None, None, "p; q", None, "q"],
            "verdict_y": [None, "holds", None, None, None],
            "obs_y": [None, -1.0, None, None, None],
            "bound_y": [None, 0.0, None, None, None],
            "why_y": [None] * 5,
        }
    )
    whole = count_claims(runs)
    assert whole["worst_run"].tolist() == ["b", "b"]
    assert count_claims(*pieces_of(runs, *ends)).equals(whole)


@pytest.mark.parametrize("ends", [(1,), (1, 2, 3)])
def test_pairs_in_pieces_have_the_counts_of_the_whole(ends):
    pairs = pd.DataFrame({"claim": list("xyxy"), "hypotheses": list("hghg")})
    for number, name in enumerate(("holds", "violated", "undecided")):
        pairs[name] = [number, 1, 2, 0]
    pairs["not_applicable"] = [0, 1, 2, 3]
    pairs["worst_excess"] = [None, -1.0, 3.0, None]
    assert count_pairs(*pieces_of(pairs, *ends)).equals(count_pairs(pairs))

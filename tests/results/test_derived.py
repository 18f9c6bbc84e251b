"""Columns worked out when runs are loaded: as plain Python has them, row by row."""

import math

import pandas as pd
import pytest

from rvsjax.results.derived import with_derived

RUNS = pd.DataFrame(
    {
        "run_id": ["a", "b", "c", "d"],
        "p_lam": [0.03, 0.01, None, 0.1],
        "p_beta": [0.1, 0.1, None, 0.0],
        "p_eta": [0.1, 0.2, 0.3, 0.4],
        "p_k": [20, 10, 20, 20],
        "p_readout": ["sum", "mean", "sum", "sum"],
        "m_support_precision": [1.0, 1.0, None, None],
        "m_support_recall": [1.0, 0.5, 0.0, None],
    }
)


def test_ratios_are_those_of_the_rows():
    runs = with_derived("rvscgd", RUNS)
    for i, row in enumerate(RUNS.itertuples()):
        K = (row.p_k if row.p_readout == "sum" else 1 / row.p_k) / (2 * math.pi)
        beta = 0 if math.isnan(row.p_beta) else row.p_beta
        assert runs["d_eta_over_max"][i] == pytest.approx(row.p_eta * (beta + K))
    assert runs["d_lam_over_beta"].tolist()[:2] == [0.3, 0.1]  # to the digit
    assert runs["d_lam_over_beta"][2:].isna().all()
    assert runs["d_beta_over_K"][0] == pytest.approx(0.1 * 2 * math.pi / 20)


def test_a_support_is_exact_where_nothing_lacks_and_nothing_is_too_many():
    exact = with_derived("rvscgd", RUNS)["m_support_exact"].tolist()
    assert exact == [True, False, False, None]


def test_a_table_without_the_sources_has_none_and_keeps_its_rows():
    bare = RUNS[["run_id", "p_lam"]]
    assert with_derived("rvscgd", bare).equals(bare)
    again = with_derived("rvscgd", with_derived("rvscgd", RUNS))
    assert list(again) == list(with_derived("rvscgd", RUNS))

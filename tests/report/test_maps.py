"""Maps: a cell is the median of its runs, axes are as the values lie."""

import io

import numpy as np
import pandas as pd
import pytest

from rvsjax.report.figures.maps import draw_map
from rvsjax.report.figures.values import figure_data
from rvsjax.report.style import style
from rvsjax.sweep.store import FolderError
from tests.report.folders import stub

LAMS, BETAS = (1e-3, 1e-2, 1e-1), (0.1, 0.2, 0.3)
RUNS = pd.DataFrame(
    [
        {"p_lam": x, "p_beta": y, "p_seed": s, "p_penalty": p}
        for x in LAMS
        for y in BETAS
        for p in ("l0", "l1")
        for s in range(3)
    ]
)
RUNS["run_id"] = [f"{i:020x}" for i in range(len(RUNS))]
RUNS["m_theta"] = np.exp(np.random.default_rng(0).normal(-6, 4, len(RUNS)))
RUNS.loc[:2, "m_theta"] = np.nan
RUNS["m_u_empty"] = RUNS["p_seed"] > 0
RUNS["p_a"] = np.nan
RESULTS = stub(RUNS, None)


def test_a_cell_is_the_median_and_says_of_how_many():
    data = figure_data(draw_map(RESULTS, "lam", "beta", "theta", "penalty"))
    groups = RUNS.groupby(["p_penalty", "p_lam", "p_beta"])["m_theta"]
    for row in data.itertuples():
        own = groups.get_group((row.panel, row.x, row.y)).dropna()
        assert row.value == pytest.approx(own.median()) and row.n == len(own)
    assert len(data) == 2 * 9 - 1  # one cell has no number


def test_axes_are_as_the_values_lie_and_are_named_as_everywhere():
    figure = draw_map(RESULTS, "lam", "beta", "theta")
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert figure.get_supxlabel() == r"$\lambda$"
    assert f"51 of {len(RUNS)} runs" in figure.get_suptitle()
    x0, x1 = axes.get_xlim()
    assert x0 == pytest.approx(10**-3.5) and x1 == pytest.approx(10**-0.5)


def test_truth_values_are_shares_and_words_are_places():
    figure = draw_map(RESULTS, "penalty", "beta", "u_empty")
    data = figure_data(figure)
    assert data["value"].tolist() == pytest.approx([2 / 3] * 6)
    assert set(data["x"]) == {"l0", "l1"}
    assert "share" in figure.get_suptitle()


def test_many_values_are_cut_into_equal_parts():
    runs = RUNS.sample(2000, replace=True, random_state=0).reset_index(drop=True)
    runs["p_eta"] = np.random.default_rng(1).lognormal(size=2000)
    data = figure_data(draw_map(stub(runs, None), "eta", "beta", "m_theta"))
    assert data["x"].nunique() == 12


def test_colours_have_ten_decades_and_say_what_is_below():
    runs = RUNS.assign(m_theta=np.where(RUNS["p_lam"] == 1e-3, 1e-40, 1.0))
    figure = draw_map(stub(runs, None), "lam", "beta", "theta")
    assert "below 1e-10 all have the darkest colour" in figure.get_suptitle()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("lamda", "beta", "theta"), 'did you mean "lam"'),
        (("lam", "beta", "penalty"), "--color penalty: its column holds no numbers"),
        (("run_id", "beta", "theta"), "words, at most"),
        (("a", "beta", "theta"), "--x a: no run has a number there"),
    ],
)
def test_what_cannot_be_is_a_sentence(names, said):
    with pytest.raises(FolderError, match=said):
        draw_map(RESULTS, *names)


@pytest.mark.parametrize("lost", ["none", "l1"])  # a panel without a number
def test_it_can_be_saved(lost):
    runs = RUNS.assign(m_theta=RUNS["m_theta"].mask(RUNS["p_penalty"] == lost))
    with style():
        figure = draw_map(stub(runs, None), "lam", "beta", "theta", "penalty")
        figure.savefig(io.BytesIO(), dpi=20)

"""What differs in a word has a line of its own, with its name; null is such a word.

Figures of tables made by hand: each is compared with medians that plain Python finds.
"""

import statistics

import numpy as np
import pandas as pd
import pytest

from rvsjax.report.figures.values import figure_data
from rvsjax.report.kinds import MOST_KINDS, kinds
from rvsjax.studies.lenet.figures import _kinds as kinds_of_networks
from rvsjax.studies.rvscgd.figures.curves import draw_curves
from rvsjax.studies.rvscgd.figures.methods import draw_methods
from rvsjax.studies.rvscgd.figures.samples import draw_samples
from rvsjax.studies.two_layer.figures import draw_two_layer
from tests.report.folders import CGD
from tests.report.folders import settings_results as results


def medians(results, settings, seeds=3):
    """The median of theta of the runs of each setting, in order."""
    theta = results.runs["m_theta"].tolist()
    return [
        statistics.median(theta[i * seeds : (i + 1) * seeds]) for i in range(settings)
    ]


def lines(figure, axes=0):
    """The lines by name, each with its heights."""
    return {x.get_label(): set(x.get_ydata()) for x in figure.axes[axes].get_lines()}


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ([CGD, {}], ["cgd", "rvscgd, l1"]),
        ([{"algorithm": "admm"}, {}], ["admm", "rvscgd"]),
        ([{"dtype": "float32"}, {"dtype": "float64"}], ["float32", "float64"]),
        (
            [{"precision": "compensated"}, {"precision": "plain"}],
            ["precision compensated", "precision plain"],
        ),
        ([{"w_star": None}, {"w_star": "1, 0"}], ["no w_star", "w_star 1, 0"]),
        (
            [{"w_star": "1, " * 40 + "2"}, {"w_star": "1, " * 40 + "3"}],
            [f"w_star {'1, ' * 10}1…", f"w_star {'1, ' * 10}1… (2)"],
        ),
        (
            [{"penalty": "transformed-l1", "a": a} for a in (0.1, 1.0)] + [{}],
            ["transformed-l1, a = 0.1", "transformed-l1, a = 1", "l1"],
        ),
        ([CGD, CGD], ["cgd"] * 2),
    ],
    ids=lambda x: str(x)[:40],
)
def test_a_line_of_curves_is_of_runs_with_equal_words(settings, names):
    found = results(*settings)
    expected = {}
    for name, median in zip(names, medians(found, len(settings))):
        expected.setdefault(name, []).append(median)
    drawn = lines(draw_curves(found))
    told = {f"{x} ({3 * len(m)} runs)": {sum(m) / len(m)} for x, m in expected.items()}
    assert drawn == told


def test_samples_are_by_method_and_runs_without_samples_are_a_level():
    sizes = [{"batch": x} for x in (8.0, 16.0, 32.0)]
    exact = {"gradient": "population", "batch": None}
    found = results(*(CGD | x for x in sizes), *sizes, exact)
    drawn = lines(draw_samples(found))
    theta = medians(found, 7)
    assert drawn == {
        "cgd, projected (9 runs)": set(theta[:3]),
        "rvscgd, l1, projected (9 runs)": set(theta[3:6]),
        "rvscgd, l1, population (3 runs)": {theta[6]},
    }


def test_methods_are_apart_in_every_word_and_lam():
    methods = [{"algorithm": x} for x in ("rvscgd", "admm", "prox_cgd")]
    more = [{"gradient": "minibatch"}, {"lam": 0.2}, CGD]
    found = results(*methods, *more)
    figure = draw_methods(found)
    drawn = lines(figure) | lines(figure, 1)
    names = ("rvscgd, projected", "admm, projected", "prox_cgd, projected")
    names += ("rvscgd, minibatch", "rvscgd, projected", "cgd, projected")
    lams = (", lam = 0.1",) * 4 + (", lam = 0.2", "")
    told = {a + b: {m} for a, b, m in zip(names, lams, medians(found, 6))}
    assert drawn == told
    looks = {(x.get_color(), x.get_linestyle()) for x in figure.axes[0].get_lines()}
    assert len(looks) == 5


def test_lams_beyond_the_dashes_are_in_the_band_and_told():
    found = results(*({"lam": 0.1 * x} for x in range(12)))
    figure = draw_methods(found)
    (line,) = figure.axes[0].get_lines()
    assert set(line.get_ydata()) == {statistics.median(found.runs["m_theta"])}
    assert "differ in lam and seed" in figure.get_suptitle()


def test_two_layers_are_apart_in_every_word():
    same = {"surrogate": "relu", "start": "uniform", "k": 10, "d": 10, "eta": 0.1}
    settings = [{"normalisation": "none"}, {"normalisation": "sphere"}]
    found = results(*settings, same=same)
    found.runs["m_ended"] = [
        "global",
        "global",
        None,
        "spurious",
        "elsewhere",
        "global",
    ]
    figure = draw_two_layer(found)
    names = ("normalisation none", "normalisation sphere")
    told = {name: {m} for name, m in zip(names, medians(found, 2))}
    assert lines(figure, 1) == told
    bars = figure_data(figure).query("panel.str.contains('share')")
    shares = bars.pivot(index="series", columns="x", values="y")[list(names)]
    assert shares.loc["global minimum"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert shares.loc["did not end well"].tolist() == pytest.approx([1 / 3, 0])


def test_what_differs_within_a_line_is_told():
    found = results({"eta": 0.1}, {"eta": 0.2}, {"eta": 0.1} | CGD)
    title = draw_curves(found).get_suptitle()
    assert "which differ in eta and seed" in title
    assert r"$\beta = 0.5$ where used" in title and r"\eta" not in title


def test_words_of_too_many_values_are_told_in_place_of_lines():
    many = [{"w_star": f"1, {x}", "dtype": "float64"} for x in range(MOST_KINDS + 1)]
    found = results(*many, {"w_star": "1, 1", "dtype": "float32"}, seeds=1)
    figure = draw_curves(found)
    assert set(lines(figure)) == {"float64 (17 runs)", "float32 (1 run)"}
    assert "differ in w_star" in figure.get_suptitle()


def test_runs_without_a_curve_have_a_name_and_are_counted():
    found = results({}, CGD)
    found.curves = found.curves[~found.curves["run_id"].isin(found.runs["run_id"][2:])]
    labels = draw_curves(found).axes[0].get_legend_handles_labels()[1]
    assert labels == ["cgd (0 of 3 runs)", "rvscgd, l1 (2 of 3 runs)"]


def test_a_line_at_or_below_zero_is_seen_beside_others():
    found = results({}, CGD)
    found.curves["theta"] *= found.curves["run_id"].isin(found.runs["run_id"][:3])
    axes = draw_curves(found).axes[0]
    assert axes.get_yscale() == "symlog" and axes.get_ylim()[0] <= 0
    for line in axes.get_lines():
        low, high = axes.transAxes.inverted().transform(
            line.get_transform().transform(line.get_xydata())
        )[:, 1][[0, -1]]
        assert 0 <= low <= 1 and 0 <= high <= 1


def test_a_line_of_one_point_is_a_dot():
    found = results({})
    found.curves = found.curves[found.curves["step"] == 0]
    (line,) = draw_curves(found).axes[0].get_lines()
    assert line.get_marker() == "o" and line.get_markevery() == [0]


def test_kinds_are_the_same_for_a_table_in_another_order():
    found = results(CGD, {}, {"dtype": "float32"}, {"w_star": "1, 0"})
    names = kinds(found.runs)
    turned = found.runs.iloc[::-1]
    assert kinds(turned).sort_index().equals(names)


def test_networks_of_all_images_are_not_those_of_some():
    runs = pd.DataFrame({"p_method": "admm", "p_penalty": "l1"}, index=range(3))
    runs["p_train_images"] = [1000.0, np.nan, np.nan]
    assert kinds_of_networks(runs).tolist() == ["train_images 1000"] + ["unchanged"] * 2

"""Small multiples: every line is the median of its runs, and none is blended."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from rvsjax.report.figures.grid import draw_grid
from rvsjax.report.figures.lines import rounding_floor, told_cut
from rvsjax.report.figures.ticks import give_ticks
from rvsjax.report.page.curves import curves_content
from rvsjax.report.parameters import method, varied
from rvsjax.studies.rvscgd.figures import draw_curves, main_figure
from tests.report.folders import CGD, settings_results

ETAS, BETAS, LAMS = (0.1, 0.2, 0.3), (0.5, 0.7), (0.01, 0.05)


def of(*settings, seeds=3):
    found = settings_results(*settings, seeds=seeds)
    return SimpleNamespace(
        runs=found.runs,
        curves=found.curves,
        study=found.study,
        columns=found.columns,
        records=lambda _: True,
    )


@pytest.fixture(scope="module")
def four():
    """Four axes: penalty, eta, beta and lam, in this order of their effect."""
    names = ("penalty", "eta", "beta", "lam")
    grid = product(("l0", "l1"), ETAS, BETAS, LAMS)
    return of(*(dict(zip(names, values)) for values in grid))


def test_a_line_is_the_median_of_the_runs_of_its_panel(four):
    figure = draw_grid(four, ("theta", "lagrangian"))
    panels = figure.axes[: len(ETAS) * len(BETAS)]
    assert len(figure.axes) == len(panels)
    runs = four.runs
    for axes, (beta, eta) in zip(panels, product(BETAS, ETAS)):
        assert axes.get_title() == f"η = {eta}"
        assert len(axes.get_lines()) == 2
        for line, penalty in zip(axes.get_lines(), ("l0", "l1")):
            assert line.get_label().startswith(penalty)
            own = runs[(runs["p_eta"] == eta) & (runs["p_beta"] == beta)]
            own = own[own["p_penalty"] == penalty]
            assert set(line.get_ydata()) == {own["m_theta"].median()}
    assert "which differ in lam and seed" in figure.get_suptitle()


def test_two_axes_have_both_curves_and_nothing_is_pooled():
    found = of(*({"eta": e, "beta": b} for e in ETAS for b in BETAS))
    figure = draw_grid(found, ("theta", "lagrangian"))
    assert len(figure.axes) == 2 * len(BETAS)
    assert "differ in seed" in figure.get_suptitle()
    assert len(figure.axes[0].get_lines()) == len(ETAS)


def test_null_is_a_line_of_its_own():
    """The method without a penalty has no lam; it is beside those that have one."""
    found = of(*({"lam": x} for x in (0.1, 0.2)), CGD)
    figure = draw_grid(found, ("theta", "lagrangian"))
    drawn = [line for axes in figure.axes for line in axes.get_lines()]
    heights = [set(line.get_ydata()) for line in drawn]
    assert len(heights) == 2 * 3  # of two columns
    assert all(heights.count({x}) == 2 for x in (2.0, 5.0, 8.0))  # the three medians
    shown = " ".join(
        [t.get_text() for x in figure.legends for t in x.get_texts()]
        + [axes.get_title() for axes in figure.axes]
    )
    assert "none" in shown and "cgd" in shown


def test_words_alone_are_lines_and_numbers_are_panels(four):
    assert main_figure(of({"penalty": "l0"}, {})) is draw_curves
    assert main_figure(four) is not draw_curves
    batches = [{"batch": x, "lam": y} for x in (8.0, 16.0, 32.0) for y in LAMS]
    assert main_figure(of(*batches)).func is draw_grid  # samples would pool lam


def test_the_page_has_the_same_lines_first(four):
    """A view by the axis of the colours, and the names of its values."""
    figure = draw_grid(four, ("theta",))
    columns = four.columns("runs")
    parameters = varied(four.runs, columns)
    kind = method(four.runs, parameters)
    curves = four.columns("curves")
    told = curves_content(
        four.runs, four.curves, parameters, kind, curves, first="p_penalty"
    )
    values = [line["value"] for line in told["views"][0]["lines"]]
    (legend,) = figure.legends
    assert [x.get_text().split(" ")[0] for x in legend.get_texts()] == values


def test_an_axis_ends_at_the_rounding_floor_and_says_how_many_fall_below():
    found = of({"eta": 0.1}, {"eta": 0.2}, {"eta": 0.3})
    below = found.curves["run_id"].isin(found.runs["run_id"][:2])
    found.curves["theta"] = found.curves["theta"].mask(below, 1e-80)
    figure = draw_grid(found, ("theta", "lagrangian"))
    floor = rounding_floor(found.curves["theta"])
    assert floor == pytest.approx(9 * np.finfo(float).eps)
    low, high = figure.axes[0].get_ylim()
    assert low == pytest.approx(floor) and high > 9
    title = figure.get_suptitle().replace("\n", " ")
    assert "rounding floor, which 2 of 9 runs fall below" in title
    assert told_cut(found.curves, ["lagrangian"]) == ""


def test_every_axis_has_two_ticks_in_sight():
    found = of({"eta": 0.1}, {"eta": 0.2})
    for values in (found.curves["theta"], found.runs["m_theta"]):
        values[:] = np.linspace(0.31, 0.32, len(values))
    figure = draw_grid(found, ("theta",))
    give_ticks(figure)
    for axes in figure.axes:
        low, high = axes.get_ylim()
        assert sum(low <= x <= high for x in axes.get_yticks()) >= 2

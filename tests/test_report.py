"""Figures show the data of the tables, and are pictures."""

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

import rvsjax
from rvsjax.report.figures import draw, draw_claims, draw_curves

SWEEP = """
version = 1
name = "small"
study = "rvscgd"
[constants]
d = 10
steps = 400
eta = 0.05
beta = 0.1
[grid]
penalty = ["l0", "l1"]
[seeds]
count = 6
[record]
curves = 9
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "small.toml").write_text(SWEEP)
    return rvsjax.run(folder / "small.toml", folder / "out")


def test_the_lines_are_medians_over_the_runs(results):
    figure = draw_curves(results)
    runs = results.runs.set_index("run_id")["p_penalty"]
    for axes, column in zip(figure.axes, ("theta", "lagrangian")):
        curves = results.curves.assign(penalty=results.curves["run_id"].map(runs))
        for line, penalty in zip(axes.get_lines(), ("l0", "l1")):
            own = curves[curves["penalty"] == penalty]
            median = own.pivot(index="step", columns="run_id", values=column).median(
                axis=1
            )
            assert np.array_equal(line.get_xdata(), median.index)
            assert np.array_equal(line.get_ydata(), median)
        assert axes.get_xlabel() == "step $t$"
        assert "$" in axes.get_ylabel()
    colors = {line.get_color() for line in figure.axes[0].get_lines()}
    dashes = {line.get_linestyle() for line in figure.axes[0].get_lines()}
    assert len(colors) == len(dashes) == 2  # readable without colour


def test_the_bars_are_the_counts_of_the_claims(results):
    figure = draw_claims(results)
    widths = np.array([bar.get_width() for bar in figure.axes[0].patches])
    claims = results.claims
    assert np.isclose(widths.sum(), 100 * len(claims))
    verdicts = ["holds", "violated", "undecided", "not_applicable"]
    full = claims["holds"] - claims["holds_u_empty"]
    share = 100 * full / claims[verdicts].sum(axis=1)
    assert np.allclose(widths[: len(claims)], share)


def test_a_violated_claim_without_a_certificate_says_so(results):
    names = [text.get_text() for text in draw_claims(results).axes[0].get_yticklabels()]
    violated = results.claims["violated"] > 0
    assert violated.any()
    for name, is_violated in zip(names, violated):
        assert name.endswith("(no certificate)") == is_violated


def test_files_are_pictures_and_the_same_each_time(results):
    files = draw(results.folder)
    names = {path.relative_to(results.folder / "figures").name for path in files}
    assert names == {"small.png", "small.pdf", "claims.png", "claims.pdf"}
    for path in files:
        if path.suffix == ".png":
            picture = matplotlib.image.imread(path)
            assert picture.shape[1] == 1400
            assert picture[..., :3].std() > 0.05  # not an empty page
        else:
            assert path.read_bytes().startswith(b"%PDF")
    before = [path.read_bytes() for path in files]
    assert [path.read_bytes() for path in draw(results.folder)] == before


def test_results_without_a_method_still_have_a_picture(results, tmp_path):
    """cgd has no penalty; diverged runs have short curves."""
    (tmp_path / "cgd.toml").write_text(
        SWEEP.replace('penalty = ["l0", "l1"]', "nnz = [2, 3]")
        .replace("beta = 0.1", 'algorithm = "cgd"')
        .replace("eta = 0.05", "eta = 1e200")
    )
    cgd = rvsjax.run(tmp_path / "cgd.toml", tmp_path / "out")
    assert set(cgd.runs["status"]) == {"diverged"}
    assert pd.isna(cgd.runs["p_penalty"]).all()
    assert len(draw(cgd.folder)) == 4

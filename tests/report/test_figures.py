"""Figures show the data of the tables, and are pictures."""

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import rvsjax
from rvsjax.cli.main import main
from rvsjax.report.figures import draw, draw_claims
from rvsjax.report.figures.custom import draw_any
from rvsjax.report.figures.values import figure_data
from rvsjax.studies.rvscgd.figures.curves import draw_curves

pytestmark = pytest.mark.slow

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
        lacking = is_violated and results.is_about_runs(name.split(" ")[0])
        assert name.endswith("(no certificate)") == lacking


@pytest.fixture(scope="module")
def files(results):
    return draw(results.folder)


def test_files_are_pictures_and_the_same_each_time(results, files):
    names = {path.relative_to(results.folder / "figures").name for path in files}
    endings = ("png", "pdf", "svg", "csv")
    assert names == {f"{x}.{end}" for x in ("small", "claims") for end in endings}
    for path in files:
        if path.suffix == ".png":
            picture = matplotlib.image.imread(path)
            assert picture.shape[1] == 1400
            assert picture[..., :3].std() > 0.05  # not an empty page
        else:
            head = {".pdf": b"%PDF", ".svg": b"<?xml", ".csv": b"panel,series"}
            assert path.read_bytes().startswith(head[path.suffix])
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
    assert len(draw(cgd.folder)) == 8


def quantiles(rows, by, column):
    groups = rows.groupby(by)[column]
    return [groups.quantile(q) for q in (0.5, 0.1, 0.9)]


def test_the_numbers_beside_a_figure_are_those_of_pandas(results, files):
    data = pd.read_csv(results.folder / "figures" / "small.csv")
    runs = results.runs.set_index("run_id")["p_penalty"]
    curves = results.curves.assign(penalty=results.curves["run_id"].map(runs))
    assert len(data) == 4 * curves["step"].nunique()
    for penalty in ("l0", "l1"):
        own = curves[curves["penalty"] == penalty]
        for panel, column in (("angle", "theta"), ("Lagrangian", "lagrangian")):
            found = data[
                data["panel"].str.startswith(panel)
                & data["series"].str.startswith(penalty)
            ]
            expected = quantiles(own, "step", column)
            for name, values in zip(("y", "low", "high"), expected):
                assert np.allclose(found[name], values, rtol=1e-12)
    bars = figure_data(draw_claims(results))
    assert np.allclose(bars.groupby("x")["y"].sum(), 100)
    assert set(bars["series"]) >= {"holds", "violated"}


@pytest.mark.parametrize("name", ["lagrangian", "theta"])
def test_any_figure_shows_what_it_is_asked(results, name):
    figure = draw_any(results, "curves", "step", name, "seed", "penalty")
    assert [axes.get_title() for axes in figure.axes] == [
        "penalty = l0",
        "penalty = l1",
    ]
    table = results.curves.merge(results.runs[["run_id", "p_seed", "p_penalty"]])
    for axes, penalty in zip(figure.axes, ("l0", "l1")):
        assert len(axes.get_lines()) == 6
        for seed, line in enumerate(axes.get_lines()):
            own = table[(table["p_seed"] == seed) & (table["p_penalty"] == penalty)]
            assert line.get_label() == str(seed)
            assert np.array_equal(line.get_ydata(), own.sort_values("step")[name])


def test_a_figure_of_the_runs_by_a_name(results, capsys):
    """Names without their prefix; an axis of words; the path is told."""
    folder = str(results.folder)
    command = ["report", folder, "--figure", "runs", "--x", "penalty", "--y", "theta"]
    assert main(command) == 0
    paths = capsys.readouterr().out.split()
    assert [path.rpartition(".")[2] for path in paths] == ["png", "pdf", "svg", "csv"]
    data = pd.read_csv(paths[-1])
    expected = quantiles(results.runs, "p_penalty", "m_theta")
    for name, values in zip(("y", "low", "high"), expected):
        assert np.allclose(data[name], values)
    assert list(data["x"]) == ["l0", "l1"]


def test_figures_that_differ_in_colour_or_facet_are_kept_apart(
    results, capsys, monkeypatch
):
    """By their names, whatever is in the files."""
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: None)
    command = ["report", str(results.folder), *"--figure curves --x step".split()]
    paths = set()
    for more in ("", "--color penalty", "--facet penalty", "--color seed"):
        assert main([*command, "--y", "theta", *more.split()]) == 0
        paths |= set(capsys.readouterr().out.split())
    assert len(paths) == 4 * 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--figure runs --x thata --y loss", 'no column "thata"; did you mean "theta'),
        ("--figure runs --x theta --y penalty", "its column holds no numbers"),
        ("--figure runs --x theta", "needs --x NAME and --y NAME"),
        ("--x theta --y loss", "--x needs --figure"),
        ("--figure curves --x step --y theta --color run_id", "12 values, at most 8"),
        ("--figure map --x seed --y theta_0", "needs --color NAME"),
        ("--size 3x3", "--size needs --figure"),
        ("--by penalty", "--by needs --table"),
        ("--table csv --open", "--open shows the page"),
        ("--table csv --of penalty", "no numbers, no verdicts"),
        ("--table csv --figure runs --x seed --y theta", "leave one of them out"),
    ],
)
def test_a_figure_that_cannot_be_is_a_sentence(results, capsys, words, said):
    assert main(["report", str(results.folder), *words.split()]) == 2
    out, err = capsys.readouterr()
    assert said in err and "Traceback" not in err and out == ""

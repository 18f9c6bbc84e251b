"""The page says what the tables say, loads nothing, and shows hostile words as text.

What it says is computed again with pandas; what it is, is read with the HTML parser of
the standard library.
"""

import base64
import gzip
import hashlib
import json
import re
import shutil
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from rvsjax.cli.commands.report import report
from rvsjax.report.page import MISSING, is_possible, make_page, page_content
from rvsjax.report.page.curves import curves_content as curves_of
from rvsjax.report.page.pack import packed
from rvsjax.report.page.provenance import provenance_content
from rvsjax.report.page.table import table_content
from rvsjax.report.parameters import method, varied
from rvsjax.report.quantiles import Sorted, shares
from rvsjax.report.words import duration_text, number, percent
from rvsjax.results.schema import find_columns
from rvsjax.studies.rvscgd.statements import statements
from rvsjax.theory import CLAIMS, statement
from tests.report.folders import CLAIM, Tables, sweep_curves, sweep_runs

needs_packages = pytest.mark.skipif(
    not is_possible(), reason="the extra `report` is not installed: jinja2, plotly"
)
COLUMNS = find_columns("rvscgd", "runs")
HOSTILE = (
    "<a href='//x'>y</a><b></script><script>alert(1)</script>"
    '<img src=x onerror=alert(2)> & "q"'
)


class Page(HTMLParser):
    """What a browser sees: elements with their attributes, and the text of each."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self._open = [], {}, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def data_of(html):
    found = re.search(r'id="data">([A-Za-z0-9+/=]*)</script>', html)
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    runs = sweep_runs(300)
    folder = tmp_path_factory.mktemp("page") / "out"
    return Tables(folder, runs, sweep_curves(runs), about="Does it fall?")


@pytest.fixture(scope="module")
def told(results):
    return page_content(results)


# -- the numbers -----------------------------------------------------------------------


def rounded(values):
    """Return numbers as the page has them: four digits, None for none."""
    return [float(f"{x:.4g}") if np.isfinite(x) else None for x in values]


def test_bands_are_quantiles_of_the_runs_that_are_there(results, told):
    runs = results.runs.set_index("run_id")
    curves = results.curves.assign(
        penalty=results.curves["run_id"].map(runs["p_penalty"]),
        beta=results.curves["run_id"].map(runs["p_beta"]),
    )
    names = [column["name"] for column in told.figures["curves"]["columns"]]
    assert names == ["theta", "lagrangian", "nnz_u"]
    views = {(v["label"], v["only"]): v for v in told.figures["curves"]["views"]}
    checked = 0
    for label, only in (("penalty", None), ("β", None), ("β", "l1")):
        by = "penalty" if label == "penalty" else "beta"
        own = curves if only is None else curves[curves["penalty"] == only]
        for line in views[label, only]["lines"]:
            some = own[own[by].astype(str) == line["value"]]
            if by == "beta":
                some = own[own[by] == float(line["value"])]
            assert line["runs"] == some["run_id"].nunique() > 5
            for name, column in zip(names, line["columns"]):
                groups = some.groupby("step")[name]
                assert column["step"] == list(groups.size().index)
                assert column["n"] == list(groups.count())
                for key, q in (("low", 0.1), ("middle", 0.5), ("high", 0.9)):
                    found = [np.nan if x is None else x for x in column[key]]
                    assert np.allclose(found, groups.quantile(q), rtol=1e-3), key
                checked += 1
    assert checked == (2 + 3 + 3) * 3


def test_cells_are_medians_and_shares_with_their_numbers(results, told):
    maps, runs = told.figures["maps"], results.runs
    columns = {"penalty": "p_penalty", "β": "p_beta", "λ": "p_lam"}
    labels = [axis["label"] for axis in maps["axes"]]
    assert labels == [*columns, "η"]
    measures = [x["label"] for x in maps["measures"]]
    pair = next(x for x in maps["pairs"] if (x["x"], x["y"]) == (1, 2))
    groups = runs.groupby([columns["λ"], columns["β"]])  # upright first, then across
    assert pair["runs"] == list(groups.size())
    theta = pair["cells"][measures.index("last angle θ (rad)")]
    assert theta["z"] == pytest.approx(list(groups["m_theta"].median()), rel=1e-3)
    assert theta["n"] == list(groups["m_theta"].count())
    assert theta["n"] != pair["runs"]  # runs without a number do not count
    bad = pair["cells"][measures.index("runs: not ok (%)")]
    share = 100 * groups["status"].agg(lambda x: x.ne("ok").mean())
    assert bad["z"] == pytest.approx(list(share), rel=1e-3)
    judged = runs[runs[f"verdict_{CLAIM}"].ne("not-applicable")]
    again = judged.groupby([columns["λ"], columns["β"]])[f"verdict_{CLAIM}"]
    violated = pair["cells"][measures.index("runs: lemma 5 stated violated (%)")]
    share = 100 * again.agg(lambda x: x.eq("violated").mean())
    assert violated["z"] == pytest.approx(list(share), rel=1e-3)
    assert violated["n"] == list(again.size())


def test_many_values_are_cut_into_equal_parts_and_rare_words_joined():
    rng = np.random.default_rng(1)
    words = [f"w{min(i, 400 - i):03d}" for i in rng.integers(0, 30, 400)]
    runs = pd.DataFrame({"p_x": rng.lognormal(size=400), "p_word": words})
    runs.loc[:9, "p_x"] = np.nan
    word, x = varied(runs, COLUMNS)
    assert x.values[-1] == "none"
    assert list(np.bincount(x.codes)) == [65] * 6 + [10]
    assert word.values[-1] == "others"
    common = set(pd.Series(words).value_counts().index[:12])
    assert sum(w not in common for w in words) >= np.bincount(word.codes)[12] > 0
    assert all(word.values[c] in (w, "others") for c, w in zip(word.codes, words))


def test_what_a_word_settles_is_no_axis_of_its_own():
    runs = pd.DataFrame(
        {"p_penalty": ["l0", "l1", "t"] * 4, "p_a": [None, None, 1] * 4}
    )
    assert [x.name for x in varied(runs.assign(p_b=range(12)), COLUMNS)] == [
        "p_penalty",
        "p_b",
    ]


def test_supports_against_lam_over_beta_by_penalty(results, told):
    runs = results.runs.assign(x=results.runs["p_lam"] / results.runs["p_beta"])
    runs["x"] = [float(f"{x:.6g}") for x in runs["x"]]
    labels = [x["label"] for x in told.figures["sparsity"]]
    for label, column in (
        ("nonzero entries of u", "m_nnz_u"),
        ("precision of the support", "m_support_precision"),
    ):
        lines = told.figures["sparsity"][labels.index(label)]["lines"]
        assert [line["value"] for line in lines] == ["l0", "l1"]
        for line in lines:
            groups = runs[runs["p_penalty"] == line["value"]].groupby("x")[column]
            there = groups.count() > 0
            assert line["x"] == pytest.approx(list(there.index[there]), rel=1e-3)
            assert line["n"] == list(groups.count()[there])
            assert line["of"] == list(groups.size()[there])
            assert line["middle"] == rounded(groups.median()[there])
    row = told.text["sparsity"]["rows"][0]
    own = results.runs[results.runs["p_penalty"] == "l0"]
    known = own["m_support_precision"].count()
    assert row["runs"] == len(own) > known
    assert row["cells"][1].endswith(f" ({known} of {len(own)})")


def test_the_table_has_every_run_with_what_differs_first(results, told):
    table, runs = told.figures["table"], results.runs
    columns = {column["name"]: column for column in table["columns"]}
    assert table["rows"] == len(runs)
    first = [c["name"] for c in table["columns"][:5]]
    assert first == ["p_penalty", "p_beta", "p_lam", "p_eta", "p_seed"]
    assert "p_algorithm" not in columns
    assert columns["m_theta"]["values"] == rounded(runs["m_theta"])
    penalty = columns["p_penalty"]
    words = [penalty["words"][i] for i in penalty["values"]]
    assert words == list(runs["p_penalty"])
    ids = columns["run_id"]
    assert [ids["words"][i] for i in ids["values"]] == list(runs["run_id"])


def test_claims_have_counts_rates_and_the_worst_run(results, told):
    (row,) = told.text["claims"]
    runs = results.runs
    verdicts = runs[f"verdict_{CLAIM}"]
    for name in ("holds", "violated", "undecided"):
        assert row[name] == (verdicts == name).sum()
    judged = runs[verdicts.ne("not-applicable")]
    assert row["worst"] == judged.loc[judged[f"obs_{CLAIM}"].idxmax(), "run_id"]
    filled = judged[~judged["m_u_empty"]]
    n, k = len(filled), (filled[f"verdict_{CLAIM}"] == "violated").sum()
    z = 1.959963984540054  # Wilson 1927
    centre, half = k + z**2 / 2, z * np.sqrt(k * (n - k) / n + z**2 / 4)
    low, high = (100 * (centre + s * half) / (n + z**2) for s in (-1, 1))
    assert (row["rate"], row["judged"]) == (f"{100 * k / n:.0f}\xa0%", n)
    assert row["interval"] == f"[{low:.0f}, {high:.0f}]"
    assert sum(share for _, share, _ in row["bars"]) == pytest.approx(100, abs=0.01)
    said = f"lemma_5_stated in {row['rate']} {row['interval']} of {n} judged cases"
    assert said in told.text["answer"][0]


def test_failures_are_told_by_parameter_with_reasons(results, told):
    failures, runs = told.text["failures"], results.runs
    bad = runs["status"].ne("ok")
    assert failures["number"] == bad.sum() > 10
    assert failures["reasons"] == [("a number was not finite", bad.sum())]
    table = next(x for x in failures["tables"] if x["label"] == "penalty")
    for row in table["rows"]:
        own = bad[runs["p_penalty"] == row["value"]]
        assert (row["number"], row["of"]) == (own.sum(), len(own))
    assert f"{len(runs)} runs: {(~bad).sum()} ok" in " ".join(told.text["answer"])


def test_quantiles_are_those_of_numpy_in_every_group():
    rng = np.random.default_rng(2)
    values = rng.normal(size=500)
    values[rng.random(500) < 0.3] = np.nan
    values[7] = np.inf
    codes = rng.integers(-1, 6, 500)
    codes[codes == 4] = 3  # one group has nothing
    at = (0.0, 0.1, 0.5, 0.9, 1.0)
    found, counts = Sorted(values).quantiles(codes, 6, at)
    means, again = shares(values, codes, 6)
    for group in range(6):
        own = values[(codes == group) & np.isfinite(values)]
        assert counts[group] == again[group] == len(own)
        if group != 4:
            assert np.allclose(found[:, group], np.quantile(own, at))
            assert np.isclose(means[group], own.mean())
    assert np.isnan(found[:, 4]).all() and np.isnan(means[4])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.25"),
        (12345, "12,345"),
        (-3, "−3"),
        (0.00123456, "0.00123"),
        (1e-5, "10⁻⁵"),
        (-4.5e-17, "−4.5\xa0×\xa010⁻¹⁷"),
        (2.5e9, "2.5\xa0×\xa010⁹"),
        (9.999e-4, "10⁻³"),
        (float("nan"), "–"),
        (None, "–"),
        (float("-inf"), "−∞"),
    ],
)
def test_numbers_are_written_with_sensible_digits(value, text):
    assert number(value) == text


def test_shares_and_times_are_written_with_units():
    told = [percent(x) for x in (0, 1, 0.5, 0.004, 0.9999, 1e-5, float("nan"))]
    told = [x.replace("\xa0", " ") for x in told]
    assert told == ["0 %", "100 %", "50 %", "0.4 %", "> 99 %", "< 0.1 %", "–"]
    times = [duration_text(x) for x in (0.123, 42, 200, 7500, "x", float("inf"))]
    assert times == ["0.12 s", "42 s", "3 min 20 s", "2 h 5 min", "–", "–"]


# -- other folders ---------------------------------------------------------------------


def test_another_study_is_shown_with_the_columns_that_it_has(tmp_path):
    runs = pd.DataFrame(
        {
            "run_id": ["a", "b", "c", "d"],
            "status": "ok",
            "p_bits": [1, 1, 2, 2],
            "p_width": [8, 16, 8, 16],
            "m_accuracy": [0.5, 0.75, 0.25, np.nan],
            "m_name": ["x", "y", "x", "y"],
        }
    )
    curves = pd.DataFrame(
        {"run_id": ["a", "b"], "step": [1, 1], "accuracy": [0.1, 0.3]}
    )
    told = page_content(Tables(tmp_path / "out", runs, curves))
    assert told.text["claims"] == []
    assert told.text["sparsity"] is None
    assert told.text["answer"] == [
        "Accuracy, median and 10 to 90 % range of 3 of 4 runs: 0.5 (0.3 to 0.7).",
        "4 runs, all ok.",
    ]
    (pair,) = told.figures["maps"]["pairs"]
    assert pair["cells"][0]["n"] == [1, 1, 1, 0]
    views = told.figures["curves"]["views"]
    (view,) = [x for x in views if x["label"] == "bits"]
    assert view["lines"][0]["columns"][0]["middle"] == [0.2]
    assert views[0]["label"] == "width"  # the accuracy varies more by it


def test_networks_are_told_by_epoch_with_the_accuracy_of_u_first(tmp_path):
    numbers = {"p_epochs": 2, "m_loss_w": 0.5, "m_sparsity_w": 0.0}
    numbers |= {"m_accuracy_w": [0.9, 0.8], "m_accuracy_u": [0.7, 0.6]}
    numbers["m_sparsity_u"] = [0.8, 0.9]
    runs = pd.DataFrame({"run_id": ["a", "b"], "status": "ok", **numbers})
    told = {x: [1.0, 2.0] for x in ("loss_train", "accuracy_w", "accuracy_u")}
    curves = pd.DataFrame({"run_id": ["a", "b"], "step": [1, 1], **told})
    page = page_content(Tables(tmp_path / "out", runs, curves, study="lenet"))
    assert page.text["answer"][0].startswith("Accuracy of u, median")
    drawn = page.figures["curves"]
    assert drawn["step"] == "epoch"
    names = [column["name"] for column in drawn["columns"]]
    assert names == ["accuracy_u", "accuracy_w", "loss_train"]
    assert page.text["sparsity"]["heads"] == ["zeros in u (share)"]


def test_an_unfinished_sweep_says_what_is_missing(tmp_path):
    results = Tables(tmp_path / "out", sweep_runs(20), finished=False)
    missing = page_content(results, planned=96).text["missing"]
    assert "20 runs of 96 are here" in missing
    assert "20 runs are here" in page_content(results).text["missing"]
    finished = Tables(tmp_path / "out", sweep_runs(20))
    assert page_content(finished).text["missing"] == ""


@pytest.mark.parametrize("number_of_runs", [1, 2])
def test_a_sweep_whose_runs_all_failed_has_a_page(tmp_path, number_of_runs):
    some = ["run_id", "p_penalty", "p_beta", "p_seed"]
    runs = sweep_runs(number_of_runs)[some].assign(status="failed", reason="no memory")
    told = page_content(Tables(tmp_path / "out", runs))
    assert told.text["failures"]["reasons"] == [("no memory", number_of_runs)]
    assert "failed" in told.text["answer"][0]


def test_without_the_packages_the_figures_are_made_and_one_sentence_said(
    tmp_path, monkeypatch
):
    import rvsjax.report.figures
    import rvsjax.report.page
    import rvsjax.results.results

    results = Tables(tmp_path / "out", sweep_runs(20))
    monkeypatch.setattr(rvsjax.results.results, "Results", lambda folder: results)
    monkeypatch.setattr(rvsjax.report.page, "is_possible", lambda: False)
    monkeypatch.setattr(rvsjax.report.figures, "draw", lambda *_: ["figure"])
    said = []
    assert report(tmp_path / "out", said.append) == ["figure"]
    assert said == [MISSING]
    assert "pip install" in MISSING
    assert not (tmp_path / "out" / "report.html").exists()


# -- the file --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def html(results):
    pytest.importorskip("jinja2")
    pytest.importorskip("plotly")
    return make_page(results)


def assert_loads_nothing(html):
    """No address, no handler, and a policy of the two scripts that are there."""
    page = Page(html)
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("src", "srcset", "action", "data"), (tag, name)
            if name == "href":
                assert value.startswith("#") or value == "data:,"
    (meta,) = (x for x in page.all("meta") if "http-equiv" in x)
    assert meta["http-equiv"] == "Content-Security-Policy"
    rules = dict(rule.split(" ", 1) for rule in meta["content"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
    inside = re.search(r'id="plotly">([A-Za-z0-9+/=]*)</script>', html)[1]
    plotly = gzip.decompress(base64.b64decode(inside)).decode()
    assert "plotly.js v" in plotly[:200]
    digests = [hashlib.sha256(x.encode()).digest() for x in (script, plotly)]
    hashes = [f"'sha256-{base64.b64encode(x).decode()}'" for x in digests]
    assert rules["script-src"].split() == hashes
    kinds = [attributes.get("type") for attributes in page.all("script")]
    assert kinds == ["text/plain", "text/plain", None]
    style = "".join(page.texts["style"])
    assert "url(" not in style and "@import" not in style


def test_the_page_loads_nothing_and_its_policy_allows_its_scripts_alone(html):
    assert_loads_nothing(html)


@needs_packages
def test_the_same_folder_gives_the_same_bytes_wherever_it_lies(results, html, tmp_path):
    shutil.copytree(results.folder, tmp_path / "elsewhere")
    moved = Tables(tmp_path / "elsewhere", results.runs, results.curves)
    assert make_page(moved) == html
    assert str(results.folder) not in html


def hostile_runs():
    runs = sweep_runs(40)
    runs["reason"] = np.where(runs["status"] == "ok", None, HOSTILE)
    runs["p_surrogate"] = [HOSTILE, "relu"] * 20
    runs[f"m_{HOSTILE}"] = np.arange(40.0)
    return runs


@needs_packages
def test_hostile_words_are_text(tmp_path):
    runs = hostile_runs()
    results = Tables(tmp_path / "out", runs, sweep_curves(runs), about=HOSTILE)
    html = make_page(results)
    page = Page(html)
    assert "".join(page.texts["h1"]) == HOSTILE
    assert "img" not in {tag for tag, _ in page.tags}
    assert len(page.all("script")) == 3
    assert all(x["href"][0] in "#d" for x in page.all("a") + page.all("link"))
    assert any(HOSTILE in text for text in page.texts["li"])
    data = data_of(html)
    columns = {column["name"]: column for column in data["table"]["columns"]}
    assert HOSTILE in columns["reason"]["words"]
    assert f"m_{HOSTILE}" in columns


@pytest.mark.slow
@needs_packages
def test_a_page_of_a_million_runs_stays_under_6_mb(tmp_path):
    runs = sweep_runs(1_000_000)
    html = make_page(Tables(tmp_path / "out", runs[list(runs)[:10]]))
    assert len(html.encode()) < 6e6
    table = data_of(html)["table"]
    columns = {column["name"]: column for column in table["columns"]}
    assert table["row"] == "configuration"
    assert table["rows"] == len(columns["runs"]["values"]) <= 8000
    assert sum(columns["runs"]["values"]) == 1_000_000
    bad = (runs["status"] != "ok").sum()
    assert sum(columns["not ok"]["values"]) == bad
    assert sum(columns["m_theta"]["n"]) == 1_000_000 - bad


def test_curves_by_many_values_and_methods_have_room():
    """Sixteen methods, seven parameters of twelve values, 400 steps, eight columns."""
    rng = np.random.default_rng(3)
    runs = sweep_runs(600)[["run_id", "status"]]
    runs["p_penalty"] = rng.choice([f"penalty {i}" for i in range(4)], 600)
    runs["p_algorithm"] = rng.choice([f"algorithm {i}" for i in range(4)], 600)
    for i in range(6):
        runs[f"p_{i}"] = rng.integers(0, 12, 600)
    curves = pd.DataFrame({"run_id": np.repeat(runs["run_id"].to_numpy(), 400)})
    curves["step"] = np.tile(np.arange(400), 600)
    for i in range(8):
        curves[f"value {i}"] = rng.lognormal(size=len(curves))
    parameters = varied(runs, COLUMNS)
    whole = curves_of(runs, curves, parameters, method(runs, parameters), COLUMNS)
    assert len(packed(whole)) < 2.5e6
    assert len(whole["views"][0]["lines"]) == 16
    steps = whole["views"][0]["lines"][0]["columns"][0]["step"]
    assert (steps[0], steps[-1]) == (0, 399)
    assert len(steps) > 50


@needs_packages
def test_eight_thousand_runs_with_curves_and_long_words_stay_under_6_mb(tmp_path):
    runs = sweep_runs(8000)
    for i in range(60):
        runs[f"m_{i}_{'x' * 400}"] = np.random.default_rng(i).lognormal(size=8000)
    rng = np.random.default_rng(4)
    runs["reason"] = [rng.bytes(1000).hex() for _ in range(8000)]
    html = make_page(Tables(tmp_path / "out", runs, sweep_curves(runs), HOSTILE * 9000))
    assert len(html.encode()) < 6e6


def test_rows_are_configurations_only_where_they_are():
    """All values of a parameter, where there is room; else groups, called so."""
    rng = np.random.default_rng(0)
    runs = sweep_runs(9_000)[["run_id", "status"]]
    runs["p_lam"], runs["p_seed"] = rng.integers(0, 40, 9_000) / 8, np.arange(9_000)
    runs["p_penalty"] = rng.choice(["l0", "l1"], 9_000)
    exact = table_content(runs, varied(runs, COLUMNS), [], COLUMNS)
    assert "word" not in exact
    assert exact["rows"] == 80 == len(runs.groupby(["p_penalty", "p_lam"]))
    runs["p_lam"] = rng.random(9_000)
    groups = table_content(runs, varied(runs, COLUMNS), [], COLUMNS)
    assert groups["word"] == "group" and groups["rows"] < 20


@needs_packages
def test_a_claim_has_its_statement_beside_it(tmp_path):
    runs = sweep_runs(20)
    html = make_page(Tables(tmp_path / "out", runs))
    judged = page_content(Tables(tmp_path / "out", runs)).text["claims"]
    assert judged
    for claim in judged:
        said = statements().get(claim["name"], "")
        assert claim["statement"] == said
        assert said in unescape(html)
    assert any(claim["statement"] for claim in judged)


def test_statements_are_those_of_the_claims():
    """Read without JAX, and the same as `rvsjax theory list` prints."""
    known = {name: statement(name).statement for name in CLAIMS}
    assert {name: statements().get(name) for name in CLAIMS} == known


def test_the_data_of_networks_are_told():
    told = provenance_content({"sessions": [{"data": "60,000 images of MNIST"}]})
    assert ("data", "60,000 images of MNIST") in told[0]["facts"]

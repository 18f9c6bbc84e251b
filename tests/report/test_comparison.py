"""The page of two folders compared: it says what the tables say, and loads nothing.

Folders are made by hand, as in `test_compare`; numbers are found again with scipy and
NumPy. What a browser makes of it is in `test_compare_page_browser`.
"""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rvsjax.report.page
import rvsjax.results.compare.comparison
from rvsjax.cli.main import main
from rvsjax.report.comparison import (
    COMPARISON_MISSING,
    comparison_content,
    make_comparison,
)
from rvsjax.report.words import interval
from rvsjax.results.compare.comparison import compare, pairs_table
from rvsjax.results.schema import WORDS, Column, find_columns
from rvsjax.studies.rvscgd.schema import SCHEMA
from tests.report.folders import sweep_runs
from tests.report.test_page import (
    HOSTILE,
    Page,
    assert_loads_nothing,
    data_of,
    needs_packages,
    rounded,
)
from tests.results.test_compare import write

SEEDS, SETTINGS = 5, 4
BAD = {"status": "diverged", "m_up": 1e9}


def rows(rng, side):
    """Return 20 runs: what rises, falls, is fixed, trembles, is the same, is not."""
    return [
        {
            "p_seed": seed,
            "p_eta": 0.1 * (1 + setting),
            "m_loss": 1.0 + seed,
            "m_up": seed + (2.0 + 0.1 * rng.standard_normal()) * side,
            "m_down": seed - (1.0 + 0.5 * rng.standard_normal()) * side,
            "m_fixed": setting + 3.0 * side,
            "m_noise": float(rng.standard_normal()),
            "m_never": float("nan") if side else 1.0,
            "m_ended": "global" if setting or not side else "spurious",
            "verdict_lemma": "violated" if side and not setting else "holds",
        }
        for seed in range(SEEDS)
        for setting in range(SETTINGS)
    ]


@pytest.fixture(autouse=True)
def ending(monkeypatch):
    """A measurement that is a word, which this study has not."""
    monkeypatch.setitem(SCHEMA["runs"], "m_ended", Column(WORDS, presence="sometimes"))


@pytest.fixture
def folders(tmp_path):
    rng = np.random.default_rng(0)
    b = [row | {"p_dtype": "float32"} for row in rows(rng, 1)]
    b[7] |= BAD
    alone = {"p_seed": 99, "verdict_lemma": "holds"}
    a = write(tmp_path / "a", [*rows(rng, 0), alone], "rvscgd", kernel="plain")
    return a, write(tmp_path / "b", b, "rvscgd", kernel="native")


@pytest.fixture
def told(folders):
    found = compare(*folders)
    return comparison_content(found, pairs_table(found.pairs))


def change_of(folders, name):
    """Return B - A by seed, of the pairs that ended well, and all of them."""
    a, b = (pd.read_parquet(x / "runs.parquet").iloc[:20] for x in folders)
    change = (b[name] - a[name])[b["status"].eq("ok")]
    return change.groupby(a["p_seed"]).mean(), change


def everything(told):
    return json.dumps(told.text, ensure_ascii=False)


# -- what it says ----------------------------------------------------------------------


def test_measurements_are_told_by_how_sure_their_difference_is(folders, told):
    kinds = {x["kind"]: [row["name"] for row in x["rows"]] for x in told.text["groups"]}
    assert kinds == {
        "clear": ["m_up", "m_down"],
        "fixed": ["m_fixed"],
        "open": ["m_noise"],
    }
    assert "last loss" in told.text["still"]
    assert "last angle θ (rad)" in told.text["still"]
    assert told.text["absent"] == ["never"]
    ratios = []
    for name in kinds["clear"]:
        low, high = stats.ttest_1samp(
            change_of(folders, name)[0], 0
        ).confidence_interval()
        assert low > 0 or high < 0
        ratios.append(abs(low + high) / (high - low))
    assert ratios == sorted(ratios, reverse=True)


def test_a_row_has_the_numbers_of_its_measurement(folders, told):
    (row,) = [x for x in told.text["groups"][0]["rows"] if x["name"] == "m_down"]
    means, change = change_of(folders, "m_down")
    low, high = stats.ttest_1samp(means, 0).confidence_interval()
    a = pd.read_parquet(folders[0] / "runs.parquet")["m_down"][change.index]
    assert row["mean"] == f"−{-means.mean():.3g}"
    assert row["interval"] == f"[−{-low:.3g}, −{-high:.3g}]"
    assert row["median"] == f"−{-change.median():.3g}"
    assert row["usual"] == f"{a.median():.3g}"
    assert (row["pairs"], row["alike"], row["ways"]) == ("19", "0", "0, 5")
    assert row["p"] == f"{2 / 2**5:.2g}"
    drawing = row["drawing"]  # 0 in the middle, the farther end at 47 %
    assert drawing["left"] == 3.0
    assert drawing["left"] + drawing["width"] == pytest.approx(
        50 - 47 * high / low, abs=0.02
    )
    assert drawing["mean"] == pytest.approx(50 - 47 * means.mean() / low, abs=0.02)


def test_it_opens_with_the_question_and_an_answer_in_numbers(told):
    assert told.text["question"] == "dtype: float64 against float32"
    clear, rest, claims, pairs = told.text["answer"]
    assert clear.startswith(
        "19 pairs of 5 seeds differ clearly in 2 of 11 measurements"
    )
    assert clear.index(": up by ") < clear.index("down by −")
    assert "1 differs by the same in every seed: fixed by 3." in rest
    assert "1 differs, but by no more than chance may. 7 are the same in every" in rest
    assert "corrected for the number of rows, 4" in rest
    assert claims == (
        "Violated in one run of a pair alone: lemma in 0 of A and 5 of B (p 0.062)."
    )
    assert "1 pair more are not measured" in pairs
    assert "Without a partner: 1 of 21 runs of A." in pairs


def test_settings_words_and_verdicts_that_differ_are_there(told):
    parameters, settings = told.text["settings"]
    assert parameters["rows"] == [{"name": "dtype", "a": "float64", "b": "float32"}]
    assert settings["rows"] == [{"name": "kernel", "a": "plain", "b": "native"}]
    words = {x["label"]: x for x in told.text["words"]}
    assert words["status"]["rows"] == [("ok", "diverged", 1)]
    assert (words["status"]["alike"], words["status"]["of"]) == (19, 20)
    assert words["ended"]["rows"] == [("global", "spurious", 5)]
    (claim,) = told.text["claims"]
    assert claim["apart"] and (claim["only_a"], claim["only_b"]) == ("0", "5")
    assert told.text["by"] == ["η", "seed"]


def test_every_kind_of_outcome_has_a_sentence(tmp_path):
    same = [{"p_seed": i, "m_loss": float(i)} for i in range(3)]
    one = [{"p_seed": 1, "p_eta": float(i), "m_loss": float(i)} for i in range(1, 4)]
    bad = [row | {"status": "failed"} for row in same]
    cases = [
        (same, same, "3 pairs of 3 seeds are the same in every measurement, of 1."),
        (one, [x | {"m_loss": 9.0} for x in one], "one seed gives no interval"),
        (bad, same, "3 pairs, and none has a number in both runs."),
        (same, [x | {"m_loss": -x["m_loss"] + 2} for x in same], "clearly in none of"),
    ]
    for i, (a, b, sentence) in enumerate(cases):
        for name, table in (("a", a), ("b", b)):
            write(tmp_path / f"{name}{i}", table)
        found = compare(tmp_path / f"a{i}", tmp_path / f"b{i}")
        told = comparison_content(found, pairs_table(found.pairs))
        assert sentence in told.text["answer"][0]
        assert told.text["question"] == "The same, computed twice"
        assert (told.figures["against"] is None) == (a is bad)


def test_intervals_share_a_power_of_ten():
    told = [
        interval(*x)
        for x in ((0.1, 0.25), (-3e-5, 4.123e-6), (2e8, 3e8), (0.0, 0.0), (None, None))
    ]
    told = [x.replace("\xa0", " ") for x in told]
    assert told == [
        *("[0.1, 0.25]", "[−3, 0.412] × 10⁻⁵", "[2, 3] × 10⁸", "[0, 0]", "–")
    ]
    assert interval(1e-9, 5.0) == "[10⁻⁹, 5]"  # an end above 0 is never told as 0


# -- what it draws ---------------------------------------------------------------------


def test_points_are_the_pairs_that_ended_well(folders, told):
    against = told.figures["against"]
    assert (against["of"], against["drawn"]) == (19, 19)
    up = next(x for x in against["measures"] if x["name"] == "m_up")
    a, b = (pd.read_parquet(x / "runs.parquet").iloc[:20] for x in folders)
    ok = b["status"] == "ok"
    assert up["a"] == rounded(a["m_up"][ok])
    assert up["b"] == rounded(b["m_up"][ok])
    assert up["change"] == rounded((b["m_up"] - a["m_up"])[ok])
    (eta,) = against["colours"]
    assert eta["label"] == "η"
    assert [eta["values"][i] for i in eta["codes"]] == [
        f"{x:.3g}" for x in a["p_eta"][ok]
    ]


def test_the_table_has_every_pair_and_differences_of_those_that_are_measured(told):
    table = told.figures["table"]
    assert (table["row"], table["rows"]) == ("pair", 20)
    columns = {x["name"]: x for x in table["columns"]}
    assert columns["m_up_difference"]["values"].count(None) == 1
    assert columns["m_up_b"]["values"][7] == 1e9
    words = columns["status"]["words"]
    assert set(words) == {"ok", "ok in A, diverged in B"}
    assert columns["run_id"]["label"] == "run id in A"


class Given:
    """Results that are given, of whatever columns."""

    def __init__(self, runs, study="rvscgd"):
        self.runs, self.study, self.manifest = runs, study, {}
        self.folder = "given"


@pytest.fixture
def compared(monkeypatch):
    """Compare two tables that lie in no folder."""

    def made(a, b):
        given = {"a": Given(a), "b": Given(b)}
        monkeypatch.setattr(
            rvsjax.results.compare.comparison, "Results", given.__getitem__
        )
        found = compare("a", "b")
        return found, pairs_table(found.pairs)

    return made


def grid(size, seeds):
    """Return runs of so many seeds, which are the innermost axis."""
    runs = pd.DataFrame({"run_id": [f"{i:020x}" for i in range(size)], "status": "ok"})
    runs = runs.assign(p_seed=np.arange(size) % seeds, p_batch=np.arange(size) // seeds)
    runs["p_half"] = np.where(runs["p_seed"] % 2, "odd", "even")
    return runs.assign(m_x=np.random.default_rng(1).lognormal(size=size))


def test_points_that_are_too_many_are_drawn_at_random(compared):
    """A grid of 16,000: every fourth run would have even seeds alone.

    Of 4,000 drawn, 2,000 in the mean are even; 200 off (7 standard deviations) is seen
    by chance once in 10^12, and the seed is fixed.
    """
    runs = grid(16_000, 20)
    found = compared(runs, runs.assign(m_x=runs["m_x"] * 2, p_dtype="float32"))
    against = comparison_content(*found).figures["against"]
    assert (against["of"], against["drawn"]) == (16_000, 4_000)
    half = next(x for x in against["colours"] if x["label"] == "half")
    even = half["codes"].count(half["values"].index("even"))
    assert abs(even - 2000) < 200
    assert len(set(against["runs"])) == 4_000
    assert against == comparison_content(*found).figures["against"]


# -- the file --------------------------------------------------------------------------


@needs_packages
def test_the_command_writes_a_page_that_loads_nothing(folders, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["compare", *map(str, folders), "--out", str(out), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    names = ["compare.html", "compare.parquet", "compare.csv"]
    assert files == [str(out / name) for name in names]
    html = (out / "compare.html").read_text()
    assert_loads_nothing(html)
    page = Page(html)
    assert "".join(page.texts["h1"]) == "dtype: float64 against float32"
    assert str(folders[0]) in page.texts["code"]  # as it was typed
    ids = [x["id"] for x in page.all("section")]
    assert ids == ["settings", "measurements", "against", "claims", "words", "runs"]
    assert [f"#{x}" for x in ids] == [x["href"] for x in page.all("a")][1:]


@needs_packages
def test_the_same_folders_give_the_same_bytes_and_no_more_of_their_path(
    folders, tmp_path, monkeypatch
):
    pages = []
    for where in (tmp_path, tmp_path / "moved"):
        where.mkdir(exist_ok=True)
        for folder in folders:
            if where != tmp_path:
                folder.rename(where / folder.name)
        monkeypatch.chdir(where)
        found = compare("a", "b")
        pages.append(make_comparison(found, pairs_table(found.pairs)))
    assert pages[0] == pages[1]
    assert tmp_path.name not in pages[0]


def test_without_the_packages_the_pairs_are_written_and_one_sentence_said(
    folders, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(rvsjax.report.page, "is_possible", lambda: False)
    out = tmp_path / "out"
    assert main(["compare", *map(str, folders), "--out", str(out)]) == 0
    assert COMPARISON_MISSING in capsys.readouterr().err.splitlines()
    assert (
        COMPARISON_MISSING.startswith("no compare.html: ")
        and "pip install" in COMPARISON_MISSING
    )
    assert {x.name for x in out.iterdir()} == {"compare.parquet", "compare.csv"}


def hostile_folders(folder):
    """Write two folders of strangers: names, words, parameters and manifests."""
    name = f"m_{HOSTILE}"
    a = [{"p_seed": i, "p_x": f"{i % 2}{HOSTILE}", name: 1.0} for i in range(6)]
    a = [x | {"p_note": HOSTILE, f"p_{HOSTILE}": 1.0} for x in a]
    b = [x | {name: 2.0 + i, "p_note": 3.0} for i, x in enumerate(a)]
    sessions = [{"device": HOSTILE, "versions": {HOSTILE: "1"}}]
    hostile = folder / f"a {HOSTILE.replace('/', '|')}"
    return write(hostile, a, sessions=sessions), write(folder / "b", b)


@needs_packages
def test_hostile_words_are_text(tmp_path):
    a, b = hostile_folders(tmp_path)
    found = compare(a, b)
    html = make_comparison(found, pairs_table(found.pairs))
    assert_loads_nothing(html)
    page = Page(html)
    assert "img" not in {tag for tag, _ in page.tags}
    assert len(page.all("script")) == 3
    assert str(a) in page.texts["code"]
    begin = HOSTILE[:8]  # Python writes the quotes in it otherwise
    assert f"note: '{begin}" in "".join(page.texts["h1"])
    for tag in ("th", "td", "title"):
        assert any(begin in text for text in page.texts[tag]), tag
    figures = data_of(html)
    assert begin in figures["against"]["colours"][0]["values"][0]
    assert begin in figures["against"]["measures"][0]["label"]


@needs_packages
def test_endless_words_and_names_stay_short(tmp_path):
    long, many = "x" * 5000, range(100)
    a = [{"p_seed": i % 9, "p_eta": float(i)} for i in many]
    a = [x | {f"m_{i}_{long}": 1.0 for i in range(150)} for x in a]
    b = [x | {"p_note": long} for x in a]
    b = [x | {f"m_{i}_{long}": 1.0 + n for i in range(150)} for n, x in enumerate(b)]
    versions = {f"{i}{long}": long for i in range(300)}
    sessions = [{"device": long, "versions": versions}]
    write(tmp_path / "a", a), write(tmp_path / "b", b, sessions=sessions)
    found = compare(tmp_path / "a", tmp_path / "b")
    html = make_comparison(found, pairs_table(found.pairs))
    assert len(html.encode()) < 3e6
    text = html[: html.index('id="data"')]
    assert "x" * 500 not in text and len(text) < 300_000
    told = comparison_content(found, pairs_table(found.pairs)).text
    (group,) = told["groups"]
    assert (group["of"], len(group["rows"])) == (150, 100)
    _, settings = told["settings"]
    assert (len(settings["rows"]), settings["more"]) == (100, 201)


@needs_packages
def test_a_page_of_many_pairs_stays_small(compared):
    """Of 100,000 here; beyond 8,000 pairs their number changes no size."""
    runs = sweep_runs(100_000)[["run_id", "status", "p_penalty", "p_beta", "p_eta"]]
    runs = runs.assign(p_seed=np.arange(len(runs)) % 8, m_x=runs["p_eta"].to_numpy())
    found = compared(runs, runs.assign(m_x=runs["m_x"] ** 2, p_dtype="float32"))
    html = make_comparison(*found)
    assert len(html.encode()) < 3e6
    figures = data_of(html)
    assert figures["table"]["row"] == "configuration"
    columns = {x["name"]: x for x in figures["table"]["columns"]}
    assert columns["runs"]["label"] == "pairs"
    assert sum(columns["runs"]["values"]) == 100_000
    bad = (runs["status"] != "ok").sum()
    assert sum(columns["not ok"]["values"]) == bad
    assert (figures["against"]["of"], figures["against"]["drawn"]) == (
        100_000 - bad,
        4_000,
    )


@pytest.mark.slow
@needs_packages
def test_eight_thousand_pairs_with_many_measurements_stay_under_6_mb(compared):
    rng = np.random.default_rng(5)
    runs = grid(8000, 40)
    more = {f"m_{i}": rng.lognormal(size=8000) for i in range(60)}
    found = compared(
        runs.assign(**more),
        runs.assign(
            **{k: x * rng.lognormal(size=8000) for k, x in more.items()}, p_d=5
        ),
    )
    html = make_comparison(*found)
    assert 3e6 < len(html.encode()) < 6e6
    assert data_of(html)["table"]["rows"] == 8000


def test_labels_of_this_page_are_those_of_the_report():
    assert (
        find_columns("rvscgd", "runs")["m_theta_max_increase_at"].text
        == "step of the largest rise of θ"
    )

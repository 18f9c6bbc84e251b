"""Two folders compared: tables made by hand, numbers by other formulas.

No sweep is run. What pairs are is found again with a dictionary, intervals and tests
with other functions of scipy or by counting.
"""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from rvsjax.cli.comparison import as_json, comparison_text
from rvsjax.cli.main import main
from rvsjax.cli.tables import plain_lines
from rvsjax.results.compare.comparison import compare, pairs_table
from rvsjax.results.compare.pairing import pair
from rvsjax.results.compare.provenance import differing_settings
from rvsjax.results.compare.statistics import compare_claim, compare_measure
from rvsjax.sweep.store import FolderError, Store

TWO_LAYER = {
    **{"p_surrogate": "relu", "p_start": "uniform", "p_normalisation": "none"},
    **{"p_dtype": "float64", "p_k": 10, "p_d": 10, "p_eta": 0.1, "p_steps": 50},
    **{"p_spread": 0.1, "status": "ok", "reason": None},
}
RVSCGD = {
    **{"p_algorithm": "rvscgd", "p_penalty": "l0", "p_readout": "sum"},
    **{"p_precision": "plain", "p_dtype": "float64", "p_k": 5, "p_d": 5},
    **{"p_eta": 0.1, "p_steps": 50, "p_nnz": 5, "p_a": 1.0, "p_lam": 0.1},
    **{"p_beta": 0.1, "status": "ok", "reason": None, "m_u_empty": False},
    **dict.fromkeys(["m_theta", "m_theta_max_increase_at", "m_beta_ratio"], 0.5),
    **dict.fromkeys(["m_lagrangian_max_increase_at", "m_lam_ratio"], 0.5),
    **{"m_eta_ratio": 0.5, "obs_lemma": 1.0, "bound_lemma": 1.0, "why_lemma": None},
}


def write(folder, rows, study="two_layer", **told):
    """Write the folder of a sweep: what rows do not say is as in the paper."""
    base = {"two_layer": TWO_LAYER, "rvscgd": RVSCGD}[study]
    whole = [{"run_id": f"r{i}", **base, **row} for i, row in enumerate(rows)]
    folder.mkdir()
    asked = {"name": "small", "study": study}
    Store(folder).update({"plan": "0" * 16, "asked": asked} | told)
    pq.write_table(pa.Table.from_pylist(whole), folder / "runs.parquet")
    return folder


@pytest.fixture
def two(tmp_path):
    """Write folders A and B."""

    def made(a, b, **options):
        return write(tmp_path / "a", a, **options), write(tmp_path / "b", b, **options)

    return made


def series(*values):
    return pd.Series(values, dtype=float)


def seeds(number):
    return pd.Series(range(number))


# -- pairs -----------------------------------------------------------------------------

NOTHING = float("nan")


def drawn(rng, size, table):
    """Some of all settings, in any order, with values that are not there."""
    whole = itertools.product(
        ["l0", "l1", None], [1e-3, 0.1, NOTHING], [5, 50], [True, False], range(4)
    )
    names = ["p_penalty", "p_a", "p_d", "p_bit", "p_seed"]
    every = pd.DataFrame(list(whole), columns=names)
    some = every.iloc[rng.permutation(len(every))[:size]].reset_index(drop=True)
    return some.assign(run_id=[f"{table}{i}" for i in range(size)])


def by_dictionary(a, b, names):
    def key(row):
        return tuple(None if pd.isna(row[name]) else row[name] for name in names)

    there = {key(row): row["run_id"] for _, row in b.iterrows()}
    found = ((row["run_id"], there.get(key(row))) for _, row in a.iterrows())
    return [(one, other) for one, other in found if other]


@pytest.mark.parametrize("seed", range(5))
def test_runs_with_equal_parameters_are_paired_whatever_their_order(seed):
    rng = np.random.default_rng(seed)
    a, b = drawn(rng, 60, "a"), drawn(rng, 80, "b")
    b = b.astype({"p_d": float, "p_seed": "int32"})
    found = pair(a, b)
    names = [name for name in a if name.startswith("p_")]
    expected = by_dictionary(a, b, names)
    assert list(zip(found.a["run_id"], found.b["run_id"])) == expected
    assert 10 < len(expected) < 60
    assert found.by == ["penalty", "a", "d", "bit", "seed"]
    assert found.on == []


def test_what_has_one_value_in_each_and_not_the_same_is_to_differ():
    a = pd.DataFrame({"run_id": list("xyz"), "p_seed": [0, 1, 2]})
    a = a.assign(p_penalty="l0", p_a=NOTHING, p_d=50, p_lam=0.1)
    b = a.iloc[::-1].reset_index(drop=True)
    b = b.assign(p_penalty="transformed-l1", p_a=1.0, p_young="new")
    found = pair(a, b)
    assert found.a["run_id"].to_list() == found.b["run_id"].to_list() == list("xyz")
    assert found.on == [
        ("penalty", "l0", "transformed-l1"),
        ("a", "unset", "1.0"),
        ("young", "unset", "new"),
    ]
    assert found.by == ["seed"]


def test_seeds_differ_only_if_they_are_asked_to():
    a = pd.DataFrame({"run_id": ["x"], "p_seed": [0], "p_d": [5]})
    b = a.assign(p_seed=7)
    with pytest.raises(FolderError, match=r"seed is 0 in A and 7 in B; .*--on seed, "):
        pair(a, b)
    assert pair(a, b, ["seed"]).on == [("seed", "0", "7")]


def test_a_parameter_with_several_values_pairs_or_is_named():
    a = pd.DataFrame({"run_id": list("wxyz"), "p_seed": [0, 1, 0, 1]})
    a = a.assign(p_lam=[0.1, 0.1, 0.2, 0.2], p_eta=1.0)
    b = a.assign(p_lam=[0.2, 0.2, 0.3, 0.3])
    found = pair(a, b)
    assert found.a["run_id"].to_list() == ["y", "z"]
    assert found.b["run_id"].to_list() == ["w", "x"]
    with pytest.raises(FolderError, match="2 runs of A differ in lam alone"):
        pair(a, b, ["lam"])
    with pytest.raises(FolderError, match="2 runs of A have the same parameters"):
        pair(pd.concat([a, a]), b)


def test_without_any_pair_the_parameters_are_named_or_that_none_is_to_blame():
    a = pd.DataFrame({"run_id": list("wx"), "p_d": [5, 6], "p_k": [1, 2]})
    b = a.assign(p_d=[50, 60])
    with pytest.raises(FolderError) as refused:
        pair(a, b)
    told = "no run of A has a partner in B: d is 5, 6 in A and 50, 60 in B; "
    assert str(refused.value) == told + "where that is what you compare, add --on d"
    with pytest.raises(FolderError, match="no run has them all"):
        pair(a, a.assign(p_k=[2, 1]))
    with pytest.raises(FolderError, match='no parameter "bta" .* they have d, k'):
        pair(a, b, ["bta"])


# -- differences -----------------------------------------------------------------------


def sign_test(up, down):
    """Chance of as uneven a split of fair coins, by counting."""
    n, few = up + down, min(up, down)
    tail = sum(math.comb(n, i) for i in range(few + 1)) / 2**n
    return min(1.0, 2 * tail)


def test_a_measurement_by_hand():
    a = series(1, 2, 3, 4, 5, NOTHING, 7, math.inf)
    b = series(2, 4, 3, 3, 9, 1, NOTHING, math.inf)
    found = compare_measure("m_x", a, b, seeds(8))
    change = [1, 2, 0, -1, 4]
    interval = stats.ttest_1samp(change, 0).confidence_interval(0.95)
    assert found[:4] == ("m_x", 5, 1, 1.0)
    assert found.mean == pytest.approx(1.2)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert (found.seeds, found.up, found.down) == (5, 3, 1)
    assert found.p == pytest.approx(sign_test(3, 1))


@pytest.mark.parametrize("number", [2, 3, 9, 40])
def test_intervals_and_tests_are_those_of_scipy(number):
    rng = np.random.default_rng(number)
    a, b = rng.standard_normal((2, number))
    found = compare_measure("m_x", pd.Series(a), pd.Series(b), seeds(number))
    test = stats.ttest_rel(b, a).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((test.low, test.high))
    assert found.median == pytest.approx(np.median(b - a))
    up = int(np.sum(b > a))
    assert found.p == pytest.approx(sign_test(up, number - up))


def test_pairs_of_one_seed_are_one_draw():
    """More settings of the same seeds make nothing surer; unequal many, as many."""
    a, b = np.zeros(4), np.array([1.0, 2.0, 4.0, -1.0])
    once = compare_measure("m_x", pd.Series(a), pd.Series(b), seeds(4))
    many = np.repeat(np.arange(4), [9, 1, 3, 2])
    often = compare_measure(
        "m_x", pd.Series(a[many]), pd.Series(b[many]), pd.Series(many)
    )
    assert often[4:] == pytest.approx(once[4:])
    assert (often.pairs, often.median) == (15, 1.0)


def test_a_seed_goes_the_way_of_most_of_its_pairs():
    b = series(1, 1, -9, 1, -1, -1, 0, 0)
    seed = pd.Series([0, 0, 0, 1, 1, 2, 2, 3])
    found = compare_measure("m_x", b * 0, b, seed)
    assert (found.up, found.down, found.seeds) == (1, 1, 4)


def test_intervals_hold_what_they_promise_where_seeds_matter():
    """Of 400 tables whose pairs are alike within a seed, 5 % miss: 3 to 44.

    More or fewer are seen once in 10^6. With pairs for draws 190 were.
    """
    rng, missed, told = np.random.default_rng(0), 0, 0
    seed = np.repeat(np.arange(12), 6)
    for _ in range(400):
        change = rng.standard_normal(12)[seed] + 0.1 * rng.standard_normal(72)
        zero = pd.Series(np.zeros(72))
        found = compare_measure("m_x", zero, pd.Series(change), pd.Series(seed))
        missed += not found.low < 0 < found.high
        told += found.p < 0.05
    low, high = stats.binom.ppf([5e-7, 1 - 5e-7], 400, 0.05)
    assert low <= missed <= high
    assert told <= high  # the sign test has 0.039 for 0.05 of 12 seeds


def test_edges_of_a_measurement():
    nothing = compare_measure("m_x", series(NOTHING), series(1), seeds(1))
    assert nothing == ("m_x", 0, 0, None, None, None, None, 0, 0, 0, None)
    one = compare_measure("m_x", series(1), series(3), seeds(1))
    assert one == ("m_x", 1, 0, 2.0, 2.0, None, None, 1, 1, 0, 1.0)
    same = compare_measure("m_x", series(1, 2), series(1, 2), seeds(2))
    assert same == ("m_x", 2, 2, 0.0, 0.0, 0.0, 0.0, 2, 0, 0, None)
    huge = series(1e308, 1e308, -1e308)
    far = compare_measure("m_x", huge * 0, huge, seeds(3))
    assert (far.low, far.high) == (None, None)
    apart = compare_measure("m_x", -huge, huge, seeds(3))
    assert apart.pairs == 0


def test_verdicts_by_hand():
    a = ["violated", "violated", "violated", "holds", "undecided", "holds", None]
    b = ["violated", "holds", "undecided", "violated", "holds", "holds", "holds"]
    found = compare_claim("x", pd.Series(a), pd.Series(b), seeds(7))
    assert found[:7] == ("x", 6, 2, 1, 2, 1, 2)
    assert (found.up, found.down) == (1, 2)
    assert found.p == pytest.approx(sign_test(1, 2))
    one = compare_claim("x", pd.Series(a), pd.Series(b), pd.Series([0] * 7))
    assert (one.up, one.down, one.p) == (0, 1, 1.0)


# -- folders ---------------------------------------------------------------------------


def runs(change=0.0, **more):
    return [{"p_seed": i, "m_loss": i + change, **more} for i in range(5)]


def test_only_runs_that_ended_well_are_measured_and_all_are_told(two):
    b = runs(0.5, p_dtype="float32")
    b[1] |= {"status": "diverged", "m_loss": 1e9}
    b[2] |= {"status": "failed", "m_loss": None}
    found = compare(*two([*runs(), {"p_seed": 9, "m_loss": 0.0}], b))
    assert (found.a.runs, found.a.paired, found.b.runs, found.b.paired) == (6, 5, 5, 5)
    assert found.on == [("dtype", "float64", "float32")]
    assert found.ok == 3
    [loss] = found.measures
    assert loss[:7] == ("m_loss", 3, 0, 0.5, 0.5, 0.5, 0.5)
    assert set(found.words) == {
        ("status", "ok", "ok", 3),
        ("status", "ok", "diverged", 1),
        ("status", "ok", "failed", 1),
    }
    told = "\n".join(plain_lines(comparison_text(found)))
    assert "6 runs, 1 alone" in told
    assert "they differ in dtype (float64; float32)" in told
    assert "status: 3 alike; 1 ok in A, diverged in B; 1 ok in A, failed in B" in told
    assert "3 of 3" in told


def test_words_and_truth_values_are_counted_and_never_subtracted(two):
    a = [{"p_seed": i, "m_ended": "global", "m_u_empty": i > 2} for i in range(4)]
    b = [{"p_seed": i, "m_ended": "spurious", "m_u_empty": True} for i in range(4)]
    found = compare(*two(a, b))
    assert found.measures == []
    assert set(found.words[1:]) == {
        ("m_ended", "global", "spurious", 4),
        ("m_u_empty", "False", "True", 3),
        ("m_u_empty", "True", "True", 1),
    }
    assert "no pair has a number in both" in plain_lines(comparison_text(found))


def test_claims_of_two_penalties(two):
    verdicts = ["violated", "violated", "holds", "not-applicable"]
    a = [{"p_seed": i, "verdict_lemma": x} for i, x in enumerate(verdicts)]
    b = [{"p_seed": i, "verdict_lemma": "holds", "p_penalty": "l1"} for i in range(4)]
    found = compare(*two(a, b, study="rvscgd"))
    assert found.claims == [("lemma", 4, 1, 0, 2, 0, 2, 0, 2, 0.5)]
    assert found.on == [("penalty", "l0", "l1")]
    row = next(
        x for x in plain_lines(comparison_text(found)) if x.startswith("lemma")
    ).split()
    assert row == ["lemma", "4", "1", "0", "2", "0", "2", "0.5"]


def test_one_seed_is_told_to_say_nothing(two):
    rows = [{"p_seed": 3, "p_eta": 0.1 * i, "m_loss": i} for i in range(1, 4)]
    moved = [row | {"m_loss": row["m_loss"] + 1} for row in rows]
    found = compare(*two(rows, moved))
    assert (found.measures[0].seeds, found.measures[0].low) == (1, None)
    assert any(
        "one seed: no interval" in line for line in plain_lines(comparison_text(found))
    )


def test_two_studies_and_what_is_no_folder_are_refused(tmp_path, capsys):
    a = write(tmp_path / "a", runs())
    b = write(tmp_path / "b", [{"p_seed": 0}], study="rvscgd")
    assert main(["compare", str(a), str(b)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "is of the study two_layer, " in err and err.count("\n") == 1
    (tmp_path / "none").mkdir()
    for folders in ((a, tmp_path / "none"), (tmp_path / "none", a)):
        assert main(["compare", *map(str, folders)]) == 2
        assert "no manifest.json" in capsys.readouterr().err


def test_what_manifests_differ_in():
    session = {"device": "cpu", "lanes": 2, "versions": {"jax": "0.10.1", "numpy": "2"}}
    other = session | {"versions": {"jax": "0.12.0", "numpy": "2"}}
    a = {"asked": {"name": "x"}, "kernel": "plain", "width": 16, "sessions": [session]}
    b = a | {"kernel": "native", "sessions": [session, other, session]}
    assert differing_settings(a, a) == []
    assert differing_settings(a, b | {"quick": True}) == [
        ("kernel", "plain", "native"),
        ("jax", "0.10.1", "0.10.1, 0.12.0"),
        ("quick", "not told", "true"),
    ]
    hostile = {"sessions": [{"versions": 3, "device": ["x"] * 99}], "kernel": {}}
    [kernel, device] = differing_settings({"kernel": None}, hostile)
    assert kernel == ("kernel", "null", "{}")
    assert device.b.startswith('["x", ') and len(device.b) == 60


# -- the command -----------------------------------------------------------------------


def strictly(text):
    """Read JSON as other programs do: NaN is none of it."""

    def never(name):
        raise AssertionError(name)

    return json.loads(text, parse_constant=never)


def test_json_is_the_comparison(two, capsys):
    b = runs(0.25, p_d=20)
    b[0]["m_loss"] = math.inf
    a, b = two(runs(), b)
    assert main(["compare", str(a), str(b), "--json"]) == 0
    out, err = capsys.readouterr()
    told = strictly(out)
    assert err == ""
    assert told == json.loads(json.dumps(as_json(compare(a, b)) | {"files": []}))
    assert told["on"] == [{"name": "d", "a": "10", "b": "20"}]
    [loss] = told["measures"]
    assert (loss["name"], loss["pairs"], loss["median"]) == ("m_loss", 4, 0.25)
    assert told["a"] == {"folder": str(a), "runs": 5, "paired": 5}


def test_one_parameter_may_be_named_without_a_list(two):
    a, b = two(runs(p_dtype="float64"), runs(0.25, p_dtype="float32"))
    [on] = compare(a, b, on="dtype").on
    assert (on.name, on.a, on.b) == ("dtype", "float64", "float32")


def test_a_file_is_no_folder_for_the_comparison(two, tmp_path, capsys):
    a, b = two(runs(), runs(0.25, p_d=20))
    (tmp_path / "file.toml").write_text("kept")
    assert main(["compare", str(a), str(b), "--out", str(tmp_path / "file.toml")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("file.toml is not a folder; use another with --out\n")
    assert (tmp_path / "file.toml").read_text() == "kept"


def test_pairs_are_written_with_their_differences(two, tmp_path, capsys):
    rows = runs(0.25, p_dtype="float32", m_ended="global")
    a, b = two(runs(m_ended="elsewhere"), rows[::-1])
    out = tmp_path / "deep" / "out"
    assert main(["compare", str(a), str(b), "--out", str(out)]) == 0
    said, talk = capsys.readouterr()
    assert said.startswith("A  ") and str(out / "compare.csv") in talk
    parquet = pd.read_parquet(out / "compare.parquet")
    csv = pd.read_csv(out / "compare.csv")
    for table in (parquet, csv):
        assert table["run_id_a"].to_list() == [f"r{i}" for i in range(5)]
        assert table["run_id_b"].to_list() == [f"r{4 - i}" for i in range(5)]
        assert table["p_seed"].to_list() == [0, 1, 2, 3, 4]
        assert set(table["p_dtype_a"] + table["p_dtype_b"]) == {"float64float32"}
        difference = table["m_loss_b"] - table["m_loss_a"]
        assert (
            table["m_loss_difference"].to_list() == difference.to_list() == [0.25] * 5
        )
        assert set(table["m_ended_a"]) == {"elsewhere"}
        assert "m_ended_difference" not in table and "p_dtype" not in table


def test_every_column_of_the_pairs_has_a_name_of_its_own(two):
    a, b = two(runs(m_loss_a=1.0), runs(m_loss_a=2.0))
    table = pairs_table(compare(a, b).pairs)
    assert table.columns.is_unique


HOSTILE = {
    "a cell of a spreadsheet": {"p_note": "=cmd()"},
    "a page": {"p_note": "x" * 10_000},
    "a script": {"p_note": "<script>"},
    "a whole number of many digits": {"p_note": 2**62},
}


@pytest.mark.parametrize("more", HOSTILE.values(), ids=HOSTILE)
def test_values_of_strangers_stay_short_text(two, capsys, more):
    a, b = two(runs(), runs(1.0, **more))
    assert main(["compare", str(a), str(b)]) == 0
    out = capsys.readouterr().out
    [line] = [
        x for x in out.splitlines() if x.startswith("they differ in note (unset;")
    ]
    assert len(line) < 80


WRONG = {
    "a measurement of words": ("m_gap", "x" * 10_000),
    "a measurement of truth values": ("m_gap", True),
    "an observation of truth values": ("obs_lemma", True),
    "a hypothesis of numbers": ("hyp_lemma", 1.0),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG)
def test_a_column_holds_what_its_name_begins_with(two, capsys, name, value):
    a, b = two(runs(), runs(**{name: value}))
    assert main(["compare", str(a), str(b)]) == 2
    said = capsys.readouterr().err
    assert f"b/runs is no table of a sweep: its column {name} should hold" in said
    assert said.count("\n") == 1

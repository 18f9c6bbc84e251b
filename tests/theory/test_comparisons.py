"""The claims about starts, runs and pairs of runs, on tables of them."""

import math

import numpy as np
import pandas as pd
import pytest

from rvsjax.studies.rvscgd.starts import judge_pairs, judge_runs, judge_starts
from rvsjax.theory import COMPARISONS
from rvsjax.theory.comparisons import numbers_stored
from tests.oracle_limits import cap_probability, wilson


def starts(d, betas, seeds, rng, k=20):
    """Uniform starts as a table; a beta for each setting, the same starts for all."""
    slope = k / (2 * np.pi)
    w = rng.normal(size=(seeds, d))
    theta = np.arccos(w[:, 0] / np.linalg.norm(w, axis=1))
    largest = slope * np.sin(np.minimum(np.pi - theta, np.pi / 2))
    return pd.concat(
        pd.DataFrame(
            {
                "p_start": "uniform",
                "p_d": d,
                "p_k": k,
                "p_readout": "sum",
                "p_beta": beta,
                "p_seed": range(seeds),
                "m_beta_ratio": beta / largest,
            }
        )
        for beta in betas
    )


def test_uniform_starts_follow_the_cap():
    """12 settings, one seed: a false alarm of "violated" is at most 1e-6."""
    rng = np.random.default_rng(11)
    runs = pd.concat([starts(d, [0.3, 1.5, 3.0], 400, rng) for d in (2, 3, 5, 50)])
    row = judge_starts(pd.concat([runs, runs]))  # other parameters: the same starts
    assert row["violated"] == 0
    assert row["holds"] >= 8
    assert row["holds"] + row["undecided"] == 12
    assert row["not_applicable"] == 0


def test_starts_of_another_law_are_seen():
    rng = np.random.default_rng(11)
    runs = starts(3, [1.5], 400, rng)
    runs["m_beta_ratio"] = np.where(rng.random(400) < 0.5, runs["m_beta_ratio"], 2.0)
    assert judge_starts(runs)["violated"] == 1


def test_a_share_holds_within_its_wilson_interval():
    """The verdict of one setting, against the second implementation."""
    rng = np.random.default_rng(2)
    seen = set()
    for beta in np.linspace(0.5, 3, 12):
        runs = starts(4, [beta], 30, rng)
        part = int((runs["m_beta_ratio"] <= 1).sum())
        p = cap_probability(4, np.arcsin(beta / (20 / (2 * np.pi))))
        low, high = wilson(part, 30, 1.959963984540054)
        verdict = "holds" if low <= p <= high else "undecided"
        assert judge_starts(runs)[verdict] == 1
        seen.add(verdict)
    assert "holds" in seen


def test_other_starts_are_not_judged():
    runs = starts(4, [0.3], 5, np.random.default_rng(0)).assign(p_start="teacher")
    row = judge_starts(runs)
    assert row["not_applicable"] == 5
    assert row["not_applicable_because"] == "w^0 is uniform on the sphere: 5"
    assert row["judged"] == 0


# -- runs and pairs of runs ------------------------------------------------------------

K = 20 / (2 * math.pi)

RUN = {
    **{"status": "ok", "p_algorithm": "rvscgd", "p_gradient": "population"},
    **{"p_surrogate": "relu", "p_dtype": "float64", "p_readout": "sum"},
    **{"p_w_star": None, "p_k": 20, "p_d": 50, "p_nnz": 5, "p_eta": 0.02},
    **{"p_lam": 1e-3, "p_seed": 0, "p_s": None},
    **{"m_theta_0": 1.5, "m_theta": 0.05, "m_theta_u": 0.06, "m_u_empty": False},
    **{"m_nnz_u": 5, "m_steps": 2000, "m_converged_at": 200, "m_length_min": 0.9},
    **{"m_support_precision": 1.0, "m_support_recall": 1.0},
    **{"m_beta_ratio": 0.1, "m_lam_ratio": 0.1, "m_eta_ratio": 0.1},
}
"""What every claim on runs holds of; the two of a pair differ in what follows."""


def table(*changes):
    """A table with a run for each of the changes to `RUN`."""
    rows = [RUN | {"run_id": f"{i:020x}"} | given for i, given in enumerate(changes)]
    return pd.DataFrame(rows)


def pairs_of(*changes, on_the_way=((9, 1), (9, 6))):
    """The rows on a table of runs, whose u have so many entries on the way."""
    runs = table(*changes)
    means = zip(runs["run_id"], on_the_way)
    points = [{"run_id": x, "nnz_u": n} for x, counts in means for n in counts]
    rows = judge_pairs(runs, pd.DataFrame(points, columns=["run_id", "nnz_u"]))
    return {row["claim"]: row for row in rows}


def runs_of(*changes):
    return {row["claim"]: row for row in judge_runs(table(*changes))}


def verdict_of(row):
    """The one verdict that is not 0, of a row on one case."""
    kinds = ("holds", "violated", "undecided", "not_applicable")
    [kind] = [kind for kind in kinds if row[kind]]
    assert row[kind] == 1
    return kind


ADMM = {"p_algorithm": "admm"}


@pytest.mark.parametrize(
    ("claim", "ours", "theirs", "on_the_way", "verdict"),
    [
        ("section_3_sparser", 4, 5, ((9,), (9,)), "holds"),
        ("section_3_sparser", 5, 5, ((1,), (9,)), "violated"),
        ("section_3_sparser", 6, 5, ((1,), (9,)), "violated"),
        ("section_3_sooner", 6, 5, ((9, 1), (9, 2)), "holds"),
        ("section_3_sooner", 4, 5, ((9, 1), (8, 2)), "violated"),
        ("section_3_sooner", 4, 5, ((9, 1), (7, 2)), "violated"),
        ("section_3_memory", 6, 5, ((9,), (1,)), "holds"),
    ],
)
def test_a_pair_is_judged_by_its_entries(claim, ours, theirs, on_the_way, verdict):
    pair = {"m_nnz_u": ours}, ADMM | {"m_nnz_u": theirs}
    row = pairs_of(*pair, on_the_way=on_the_way)[claim]
    assert verdict_of(row) == verdict
    assert row["worst_run"] == f"{0:020x}"  # of rvscgd, not of admm


def test_the_memory_of_a_method_is_what_its_state_holds(monkeypatch):
    """2 d numbers against 3 d; with a z of its own RVSCGD has no advantage."""
    from rvsjax.theory import comparisons

    assert [numbers_stored(x, 50) for x in ("rvscgd", "admm")] == [100, 150]
    assert verdict_of(pairs_of({}, ADMM)["section_3_memory"]) == "holds"
    with_z = {name: comparisons.ALGORITHMS["admm"] for name in ("rvscgd", "admm")}
    monkeypatch.setattr(comparisons, "ALGORITHMS", with_z)
    numbers_stored.cache_clear()
    row = pairs_of({}, ADMM)["section_3_memory"]
    numbers_stored.cache_clear()
    assert verdict_of(row) == "violated"
    assert row["worst_excess"] == 50


@pytest.mark.parametrize(
    "partner",
    [
        {"p_seed": 1},
        {"p_lam": 2e-3},
        {"p_algorithm": "admm_free"},
        {"p_s": 3},
        {"status": "failed"},
    ],
)
def test_a_run_without_its_partner_is_not_judged(partner):
    for row in pairs_of({}, ADMM | partner).values():
        assert verdict_of(row) == "not_applicable"
        because = "a run of admm with the same parameters and seed: 1"
        assert row["not_applicable_because"] == because


@pytest.mark.parametrize("which", [0, 1])
def test_a_pair_that_broke_off_is_not_judged(which):
    pair = [{}, ADMM]
    pair[which] = pair[which] | {"status": "diverged"}
    for row in pairs_of(*pair).values():
        assert verdict_of(row) == "not_applicable"
        assert row["not_applicable_because"] == "every step has a direction: 1"


def test_every_run_finds_the_partner_of_its_seed_and_setting():
    """In any order; entries of a run differ from its partner's by the seed's sign."""
    rng = np.random.default_rng(0)
    runs = [
        {"p_algorithm": x, "p_lam": lam, "p_seed": seed}
        | {"m_nnz_u": 10 * seed + (x == "admm") * (-1) ** seed}
        for x in ("rvscgd", "admm", "cgd")
        for lam in (1e-3, None)
        for seed in range(7)
    ]
    row = pairs_of(*(runs[i] for i in rng.permutation(len(runs))), on_the_way=())
    counted = row["section_3_sparser"]
    assert (counted["holds"], counted["violated"]) == (8, 6)
    assert counted["not_applicable"] == 0
    assert counted["worst_excess"] == 2


def test_an_empty_u_is_counted_apart():
    row = pairs_of({"m_nnz_u": 0, "m_u_empty": True}, ADMM)["section_3_sparser"]
    assert (row["holds"], row["holds_u_empty"], row["judged"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("claim", "change", "verdict"),
    [
        ("section_3_alike", {}, "holds"),
        ("section_3_alike", {"m_theta_u": 0.099}, "holds"),
        ("section_3_alike", {"m_theta_u": 0.101}, "violated"),
        ("section_3_alike", {"m_theta": 0.0, "m_theta_u": 1e-15}, "undecided"),
        ("section_3_alike", {"m_theta": 0.0, "m_theta_u": 1e-12}, "violated"),
        ("section_3_alike", {"m_theta_u": None}, "not_applicable"),
        # 2 log(2e5) = 24.41 time constants, and more from beyond pi/2
        ("section_6_fast", {}, "holds"),
        ("section_6_fast", {"m_converged_at": math.floor(24.4 / K / 0.02)}, "holds"),
        ("section_6_fast", {"m_converged_at": math.ceil(24.5 / K / 0.02)}, "violated"),
        ("section_6_fast", {"m_converged_at": 400, "m_theta_0": 3.0}, "holds"),
        ("section_6_fast", {"m_converged_at": None}, "violated"),
        ("section_6_fast", {"m_converged_at": None, "m_steps": 300}, "not_applicable"),
        ("section_6_fast", {"p_readout": "mean"}, "holds"),
        ("section_6_fast", {"m_eta_ratio": 1.01}, "not_applicable"),
        ("section_6_fast", {"p_dtype": "float32"}, "not_applicable"),
        ("section_6_recover", {}, "holds"),
        ("section_6_recover", {"m_theta_u": 0.101}, "violated"),
        ("section_6_recover", {"m_support_recall": 0.8}, "violated"),
        ("section_6_recover", {"m_support_precision": 0.8}, "violated"),
        ("section_6_recover", {"m_converged_at": None}, "not_applicable"),
        ("section_6_recover", {"m_lam_ratio": 1.0}, "not_applicable"),
        ("section_6_recover", {"p_nnz": 50}, "not_applicable"),
        ("section_6_recover", {"p_w_star": "1, 2", "p_nnz": None, "p_d": 2}, None),
        ("section_6_recover", {"p_w_star": "1, 0", "p_nnz": None, "p_d": 2}, "holds"),
    ],
)
def test_a_run_is_judged_by_its_row(claim, change, verdict):
    assert verdict_of(runs_of(change)[claim]) == (verdict or "not_applicable")


def test_an_empty_u_recovers_nothing():
    empty = dict.fromkeys(("m_theta_u", "m_support_precision"))
    row = runs_of(empty | {"m_support_recall": 0.0, "m_u_empty": True})
    assert verdict_of(row["section_6_recover"]) == "violated"
    assert row["section_6_recover"]["worst_excess"] == math.pi - 0.1


@pytest.mark.parametrize(
    "change",
    [
        {"p_algorithm": "admm"},
        {"p_gradient": "minibatch"},
        {"p_surrogate": "window"},
        {"status": "diverged"},
    ],
)
def test_what_is_not_algorithm_1_to_its_end_is_not_judged(change):
    for name in COMPARISONS["runs of a table"]:
        assert verdict_of(runs_of(change)[name]) == "not_applicable"


FREE = {"p_algorithm": "rvscgd_free", "p_eta": 1e-3}


def test_one_free_run_whose_w_comes_near_0_is_enough():
    lengths = (0.9, 0.004, 0.02)
    row = runs_of({}, *(FREE | {"m_length_min": x} for x in lengths))["remark_1_free"]
    assert (row["holds"], row["undecided"], row["not_applicable"]) == (1, 0, 1)
    assert row["worst_run"] == f"{2:020x}"
    assert row["worst_excess"] == pytest.approx(0.004 - 0.01)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"m_length_min": 0.02}, "undecided"),
        ({"m_length_min": 0.004, "p_eta": 0.01}, "not_applicable"),  # by a leap
        ({"m_length_min": 0.004, "p_algorithm": "admm_free"}, "not_applicable"),
    ],
)
def test_where_no_free_run_shows_it_the_claim_does_not_hold(change, verdict):
    assert verdict_of(runs_of(FREE | change)["remark_1_free"]) == verdict


def test_rows_of_blocks_that_failed_are_not_counted():
    failed = dict.fromkeys(x for x in RUN if x.startswith("m_"))
    rows = runs_of({}, failed | {"status": "failed"}) | pairs_of(
        {}, ADMM, failed | {"status": "failed"}, on_the_way=()
    )
    for name in ("section_3_memory", "section_3_alike", "section_6_fast"):
        assert verdict_of(rows[name]) == "holds"

"""A claim judged run by run: by its name, on tables, and on the runs again."""

import numpy as np
import pandas as pd
import pytest

import rvsjax
from rvsjax.errors import UserError
from rvsjax.results.results import Results
from rvsjax.sweep.store import FolderError
from rvsjax.theory import COMPARISONS, RUN_CLAIMS, Check
from tests import ROOT

EARLIER = Results(ROOT / "tests" / "sweep" / "earlier")
COLUMNS = ["run_id", "verdict", "observed", "bound", "excess", "why"]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Six runs of a study without claims of its own."""
    sweep = rvsjax.grid(
        "six",
        study="two_layer",
        eta=[0.05, 0.1],
        k=3,
        d=3,
        seeds=3,
        steps=20,
        record={"curves": 5},
    )
    return rvsjax.run(sweep, tmp_path_factory.mktemp("judging") / "out", kernel="plain")


def falls(runs):
    """The angle falls by a tenth: of the faster runs, to within 0.5."""
    return Check(
        {
            "eta is 0.1": runs["p_eta"] == 0.1,
            "the start is uniform": runs["p_start"] == "uniform",
        },
        observed=runs["m_theta"],
        bound=0.9 * runs["m_theta_0"],
        allowance=0.5,
    )


def test_a_claim_on_rows_is_judged_as_plain_python_does(results):
    told = results.judge(falls)
    assert list(told) == COLUMNS
    assert list(told["run_id"]) == list(results.runs["run_id"])
    assert set(told["verdict"]) == {"holds", "violated", "not-applicable"}
    for row, run in zip(told.itertuples(), results.runs.itertuples()):
        excess = run.m_theta - 0.9 * run.m_theta_0
        right = "holds" if excess <= 0 else "undecided" if excess <= 0.5 else "violated"
        applies = run.p_eta == 0.1
        assert row.verdict == (right if applies else "not-applicable")
        assert row.excess == excess and row.bound == 0.9 * run.m_theta_0
        assert row.why == "eta is 0.1" if not applies else pd.isna(row.why)


def test_curves_are_there_for_those_who_ask(results):
    """The last point of each curve is the row's."""

    def ends(curves, runs):
        last = curves.groupby("run_id")["theta"].last().reindex(results.runs["run_id"])
        return Check({}, abs(last - runs["m_theta"]), 0, 0)

    told = results.judge(ends)
    assert set(told["verdict"]) == {"holds"} and told["why"].isna().all()


def test_a_run_that_failed_has_no_verdict(results, monkeypatch):
    runs = results.runs.assign(status=["ok", "failed", *["ok"] * 4])
    monkeypatch.setitem(vars(results), "runs", runs)
    told = results.judge(falls)
    assert list(told["run_id"]) == list(runs["run_id"])
    assert list(told["verdict"].isna()) == [False, True, *[False] * 4]


def test_an_object_that_is_called_is_a_claim(results):
    class Below:
        def __init__(self, most):
            self.most = most

        def __call__(self, runs):
            return Check({}, runs["m_theta"], self.most, 0)

    assert set(results.judge(Below(4))["verdict"]) == {"holds"}
    assert set(results.judge(Below(0))["verdict"]) == {"violated"}


def kept(name):
    """What the folder says of a claim, by the columns of its runs."""
    kinds = ("verdict", "obs", "bound", "why")
    return EARLIER.runs[[f"{kind}_{name}" for kind in kinds]]


def test_a_name_gives_the_verdicts_of_the_folder():
    told = EARLIER.judge("lemma_5_stated")
    there = kept("lemma_5_stated").set_axis(
        ["verdict", "observed", "bound", "why"], axis=1
    )
    pd.testing.assert_frame_equal(told[list(there)], there)


def test_a_claim_on_tables_is_judged_again_by_its_name():
    told = EARLIER.judge("section_6_recover")
    claim = COMPARISONS["runs of a table"]["section_6_recover"]
    pd.testing.assert_frame_equal(told, EARLIER.judge(claim))
    assert (told["bound"] == 0.1).all()


@pytest.mark.slow
def test_evidence_is_that_of_the_sweep():
    """The same numbers as its program had, but for the rounding of another one."""
    told = EARLIER.judge(RUN_CLAIMS["coupling_bound"])
    there = kept("coupling_bound").set_axis(["verdict", "obs", "bound", "why"], axis=1)
    assert list(told["verdict"]) == list(there["verdict"])
    np.testing.assert_allclose(told["observed"], there["obs"], rtol=1e-12)
    np.testing.assert_allclose(told["bound"], there["bound"], rtol=1e-12)
    assert list(told["why"].fillna("")) == list(there["why"].fillna(""))


def test_a_claim_that_the_folder_is_too_old_for_is_judged_again(monkeypatch):
    """From the runs, by its function."""
    name = "theorem_1_converges"
    assert not EARLIER.is_about_runs(name)
    monkeypatch.setattr(
        "rvsjax.results.judging._judge_again",
        lambda results, claim: results.runs[["run_id"]].assign(verdict=claim.__name__),
    )
    assert list(EARLIER.judge(name)["verdict"]) == [name, name]


def one(runs):
    return 1


def three(runs):
    return Check({}, runs["m_theta"][:1], 0, 0)


def misspelt(runs):
    return Check({}, runs["m_thta"], 0, 0)


def complex_ones(runs):
    return Check({}, runs["m_theta"] + 1j, 0, 0)


def no_dict(runs):
    return Check([True], runs["m_theta"], 0, 0)


WRONG = {
    "complex": (complex_ones, "numbers that are not one a run, of 2 runs"),
    "no names": (no_dict, "hypotheses of a Check must be a dict"),
    "of any number": (lambda *runs: 1, "asks for \\*runs; it may ask for"),
    "of any name": (lambda **runs: 1, "asks for \\*\\*runs; it may ask for"),
    "a builtin": (max, "max> does not tell its parameters"),
    "misspelt": ("lemma_5_statd", 'no claim "lemma_5_statd"; .* "lemma_5_stated"'),
    "of weights": (
        "lemma_1",
        "lemma_1 is not about a run but about weights; .*`claims`",
    ),
    "of starts": ("start_probability", "but about starts"),
    "a number": (5, "5 is neither the name of a claim nor a function"),
    "a class": (Check, "is neither the name of a claim nor a function"),
    "of nothing": (lambda: 1, "the claim asks for nothing; it may ask for"),
    "of a pair": (RUN_CLAIMS.get, "asks for key, default; it may ask for"),
    "no check": (one, "the claim returned 1; it must be a rvsjax.theory.Check"),
    "too few": (three, "numbers that are not one a run, of 2 runs"),
}


@pytest.mark.parametrize(("claim", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_claim_on_runs_is_told(claim, said):
    with pytest.raises(UserError, match=said):
        EARLIER.judge(claim)


def test_a_hypothesis_without_a_truth_is_false():
    """Null where a run has no number, or as a float or an object that is not there."""
    for nothing in (np.nan, None, np.array([np.nan, np.nan]), np.array([None, True])):
        told = EARLIER.judge(_claim_on(nothing))
        assert told["verdict"][0] == "not-applicable" and told["why"][0] == "known"
    assert list(told["verdict"]) == ["not-applicable", "holds"]


def _claim_on(truth):
    return lambda runs, /: Check({"known": truth}, 0, 0, 0)


@pytest.mark.filterwarnings("error")
def test_infinite_numbers_are_judged_without_a_warning():
    told = EARLIER.judge(lambda runs: Check({}, np.inf, np.inf, 0))
    assert list(told["verdict"]) == ["violated"] * 2  # not a number is no success


WRONG_OF_ONE = {
    "nothing": (None, "the claim returned None; it must be a rvsjax.theory.Check"),
    "many": (Check({}, np.zeros(3), 0.0, 0.0), "numbers that are not one a run"),
    "no names": (Check([True], 0.0, 0.0, 0.0), "must be a dict"),
}


@pytest.mark.parametrize(("found", "said"), WRONG_OF_ONE.values(), ids=WRONG_OF_ONE)
def test_what_is_no_check_of_evidence_is_told(found, said):
    with pytest.raises(UserError, match=said):
        EARLIER.judge(lambda evidence: found)


def test_plain_numbers_are_a_check_of_evidence():
    found = Check({"yes": True, "no": 0.0}, 0, 1, 0)
    told = EARLIER.judge(lambda *, evidence: found)
    assert list(told["verdict"]) == ["not-applicable"] * 2
    assert list(told["why"]) == ["no"] * 2


def test_what_the_folder_does_not_hold_is_told(results):
    with pytest.raises(FolderError, match='no column m_thta, .* mean "m_theta"'):
        results.judge(misspelt)
    with pytest.raises(FolderError, match=r"no weights: .* \[record\] weights = true"):
        results.judge(lambda weights: 1)
    with pytest.raises(UserError, match="the study two_layer gathers no evidence"):
        results.judge(lambda evidence: 1)


def test_results_are_compared_with_results_and_with_paths(results):
    with pytest.raises(FolderError, match="a list of parameters, not 3"):
        results.compare(results, on=3)
    with pytest.raises(FolderError, match="nowhere is not the folder of a sweep"):
        results.compare("nowhere")
    for other in (results, results.folder, str(results.folder)):
        found = results.compare(other)
        assert found.ok == 6 and not found.on
        assert all(each.alike == each.pairs for each in found.measures)

"""The claims that are not about one run: on starts, runs and pairs of a table."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rvsjax.models.no_overlap import slope
from rvsjax.results.verdicts import claim_row, count_claims, false_ones
from rvsjax.theory import COMPARISONS, VERDICTS, Check, verdict
from rvsjax.theory.start_probability import Share, cap_probability, start_probability

__all__ = ["judge_pairs", "judge_runs", "judge_starts", "judge_table"]

Load = Callable[[str, Sequence[str]], pd.DataFrame]
"""``table, columns ->`` those columns of a table of a sweep."""

_SETTING = ("p_d", "p_k", "p_readout", "p_beta")
_OF_STARTS = ("p_start", "p_seed", "m_beta_ratio", *_SETTING)
_OF_PAIRS = ("run_id", "status", "p_algorithm", "p_d", "m_nnz_u", "m_u_empty")
_OF_RUNS = (
    *("run_id", "status", "p_algorithm", "p_gradient", "p_surrogate", "p_dtype"),
    *("p_k", "p_readout", "p_d", "p_eta", "p_nnz", "p_w_star"),
    *("m_theta_0", "m_theta", "m_theta_u", "m_u_empty", "m_steps", "m_converged_at"),
    *("m_support_precision", "m_support_recall", "m_length_min"),
    *("m_beta_ratio", "m_lam_ratio", "m_eta_ratio"),
)
_WORDS = ("run_id", "status", "p_algorithm", "p_gradient", "p_surrogate", "p_dtype")
_WORDS += ("p_readout", "p_w_star", "m_u_empty")
_NUMBERS = {*_OF_PAIRS, *_OF_RUNS} - {*_WORDS}


def judge_table(
    load: Load, there: Iterable[str], *, curves_kept: bool = True
) -> pd.DataFrame:
    """Return a row for each claim, from the tables that `load` reads of a sweep.

    `there` are the columns of `runs`. Of these, few are held at a time. A sweep need
    not have kept its curves.
    """
    rows = [judge_starts(load("runs", _OF_STARTS))]
    parameters = [name for name in there if name.startswith("p_")]
    methods = load("runs", ["p_algorithm"])["p_algorithm"]
    curves = pd.DataFrame({"run_id": [], "nnz_u": []})
    if curves_kept and {"rvscgd", "admm"} <= set(methods):
        curves = load("curves", ["run_id", "nnz_u"])
    asked = dict.fromkeys([*_OF_PAIRS, *parameters])
    rows += judge_pairs(load("runs", list(asked)), curves)
    return pd.DataFrame(rows + judge_runs(load("runs", _OF_RUNS)))


def judge_starts(runs: pd.DataFrame) -> dict[str, Any]:
    """Return the row of `start_probability`: its cases are settings of d and beta/K.

    A start is counted once, whatever else is varied with it: equal seeds have equal
    starts. ``worst_excess`` is the largest distance of a share to its probability;
    other starts count as not applicable, run by run.
    """
    uniform = runs["p_start"].eq("uniform") & runs["p_beta"].notna()
    starts = runs[uniform & runs["m_beta_ratio"].notna()]
    starts = starts.drop_duplicates([*_SETTING, "p_seed"])
    shares = [_share(group) for _, group in starts.groupby(list(_SETTING))]
    found = Counter(start_probability(shares))
    others = int((~uniform).sum())
    counts = {name: found[name] for name in ("holds", "violated", "undecided")}
    distances = [abs(s.satisfied / s.starts - s.probability) for s in shares]
    return claim_row(
        "start_probability",
        counts | {"not_applicable": others},
        worst_excess=max(distances, default=None),
        because=f"w^0 is uniform on the sphere: {others}" if others else None,
    )


def _share(group: pd.DataFrame) -> Share:
    """Return the share of the starts of one setting that satisfy hypothesis (i)."""
    first = group.iloc[0]
    sine = first["p_beta"] / slope(first["p_k"], first["p_readout"])
    satisfied = int((group["m_beta_ratio"] <= 1).sum())
    return Share(satisfied, len(group), cap_probability(first["p_d"], sine))


def judge_pairs(runs: pd.DataFrame, curves: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of the claims on pairs: a case is a run of rvscgd.

    Its partner is the run of admm whose other parameters and seed are the same; without
    one the claim is not applicable to it. The worst run is the one of rvscgd.
    """
    runs = runs[runs["status"].ne("failed")]
    keys = [str(x) for x in runs if str(x).startswith("p_") and x != "p_algorithm"]
    known = runs[runs["p_algorithm"].isin(("rvscgd", "admm"))]
    keys = [key for key in keys if known[key].nunique(dropna=False) > 1] or ["p_d"]
    means = curves.groupby("run_id")["nnz_u"].mean()
    known = known.assign(nnz_u_mean=known["run_id"].map(means).astype(float))
    ours = known[known["p_algorithm"].eq("rvscgd")]
    theirs = known[known["p_algorithm"].eq("admm")]
    theirs = theirs[[*keys, "status", "m_nnz_u", "nnz_u_mean"]]
    paired = ours[keys].merge(theirs, how="left", on=keys).fillna({"status": ""})
    ours, theirs = _arrays(ours), _arrays(paired)
    return [
        _row(name, claim(ours, theirs), ours)
        for name, claim in COMPARISONS["pairs of runs"].items()
    ]


def judge_runs(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of the claims on runs of a table, and on some run of it."""
    columns = _arrays(runs[runs["status"].ne("failed")])
    rows = [
        _row(name, claim(columns), columns)
        for name, claim in COMPARISONS["runs of a table"].items()
    ]
    found = COMPARISONS["some run of a table"].items()
    return rows + [_existential(name, claim(columns), columns) for name, claim in found]


def _arrays(runs: pd.DataFrame) -> dict[str, Any]:
    """Return the columns: numbers with NaN where there is none, words as they are."""
    words = {name: runs[name].to_numpy(object) for name in _WORDS if name in runs}
    numbers = (name for name in runs if name in _NUMBERS or name == "nnz_u_mean")
    return words | {
        str(name): pd.to_numeric(runs[name]).to_numpy(float) for name in numbers
    }


def _row(name: str, check: Check, cases: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a claim that every case is to meet."""
    named = {
        f"verdict_{name}": np.array(VERDICTS, object)[np.asarray(verdict(check))],
        f"obs_{name}": check.observed,
        f"bound_{name}": check.bound,
        f"why_{name}": false_ones(check.hypotheses, len(check.observed)),
    }
    told = {"run_id": cases["run_id"], "m_u_empty": cases["m_u_empty"]}
    [row] = count_claims(pd.DataFrame(told | named)).to_dict("records")
    return {str(key): value for key, value in row.items()}


def _existential(name: str, check: Check, cases: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a claim that one case is to meet: together they are one."""
    row = _row(name, check, cases)
    meant = np.flatnonzero(check.hypothesis & np.isfinite(check.observed))
    if not meant.size:
        return row
    best = meant[np.argmin((check.observed - check.bound)[meant])]
    excess = float((check.observed - check.bound)[best])
    kind = "holds" if excess <= 0 else "undecided"
    counts = {"holds": 0, "violated": 0, "undecided": 0, kind: 1}
    return claim_row(
        name,
        counts | {"not_applicable": row["not_applicable"]},
        worst_run=cases["run_id"][best],
        worst_excess=excess,
        because=row["not_applicable_because"],
    )

"""The claims that are not about one run: about weights, and about starts."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
import pandas as pd

from rvsjax.counts import count_verdicts
from rvsjax.engine import Device, Engine
from rvsjax.spec.plan import Plan
from rvsjax.spec.study import evaluate_pairs, make_trial
from rvsjax.teacher import slope
from rvsjax.theory import PAIR_CLAIMS, VERDICTS
from rvsjax.theory.starts import Share, cap_probability, start_probability

__all__ = ["judge_pairs", "judge_starts"]

_GROUPS = 6  # kinds of program that pairs are drawn for
_TRIALS = 16  # of each: `PAIRS` pairs a trial
_LOOKED_AT = 4096  # runs of a plan, evenly spaced


def judge_pairs(plan: Plan, lanes: Sequence[Device]) -> list[dict[str, Any]]:
    """Return a row for each claim about weights, judged on pairs for a plan's teachers.

    Takes up to 16 runs, evenly spaced, of each of up to 6 kinds of program, and 64
    pairs of weights each.
    """
    engine = Engine(evaluate_pairs, _TRIALS, lanes, long=False)
    trials: dict[Any, list[Any]] = {}
    stride = -(-plan.places // _LOOKED_AT) | 1  # odd: not only even seeds
    for item in plan.every(stride):
        key = make_trial(item._replace(parameters=item.parameters | {"steps": 1}), 2)
        structure = jax.tree.structure(key), item.parameters["d"]
        group = trials.setdefault(structure, [])
        if len(group) < _TRIALS:
            group.append(key)
    groups = list(trials.values())
    chosen = groups[:: max(1, -(-len(groups) // _GROUPS))]
    for group in chosen:  # compiled side by side
        engine.prepare(group[0])
    found = [engine(group) for group in chosen]
    return [_pair_row(name, [record[name] for record in found]) for name in PAIR_CLAIMS]


def _pair_row(name: str, found: list[Any]) -> dict[str, Any]:
    def together(leaves: list[Any]) -> pd.Series:
        return pd.Series(np.concatenate([np.ravel(leaf) for leaf in leaves]))

    verdicts = together([verdict for _, verdict in found])
    excess = together([check.observed - check.bound for check, _ in found])
    why = pd.Series(np.nan, verdicts.index, object)
    for label in {label for check, _ in found for label in check.hypotheses}:
        truth = together([check.hypotheses[label] for check, _ in found])
        why = why.mask(~truth, label)
    return count_verdicts(
        name,
        verdicts.map(dict(enumerate(VERDICTS))),
        excess=excess,
        why=why,
        u_empty=pd.Series(False, verdicts.index),
    )


def judge_starts(runs: pd.DataFrame) -> dict[str, Any]:
    """Return the row of `start_probability`: its cases are settings of d and beta/K.

    A start is counted once, whatever else is varied with it: equal seeds have equal
    starts. ``worst_excess`` is the largest distance of a share to its probability.
    """
    uniform = runs["p_start"].eq("uniform") & runs["p_beta"].notna()
    setting = ["p_d", "p_k", "p_readout", "p_beta"]
    starts = runs[uniform & runs["m_beta_ratio"].notna()]
    starts = starts.drop_duplicates([*setting, "p_seed"])
    shares = []
    for _, group in starts.groupby(setting):
        first = group.iloc[0]
        sine = first["p_beta"] / slope(first["p_k"], first["p_readout"])
        probability = cap_probability(first["p_d"], sine)
        satisfied = int((group["m_beta_ratio"] <= 1).sum())
        shares.append(Share(satisfied, len(group), probability))
    why = pd.Series(["w^0 is uniform on the sphere"] * int((~uniform).sum()), dtype=str)
    verdicts = [*start_probability(shares), *["not-applicable"] * len(why)]
    distances = [abs(s.satisfied / s.starts - s.probability) for s in shares]
    index = pd.RangeIndex(len(verdicts))
    return count_verdicts(
        "start_probability",
        pd.Series(verdicts, index, dtype=object),
        excess=pd.Series(distances, dtype=float).reindex(index),
        why=why,
        u_empty=pd.Series(False, index),
    )

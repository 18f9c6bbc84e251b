"""The claim about starts, on tables of them."""

import numpy as np
import pandas as pd

from rvsjax.judge import judge_starts
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

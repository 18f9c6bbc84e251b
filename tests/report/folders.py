"""Folders made by hand for the tests of the page: a sweep's, or another study's."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd

from rvsjax.results.derived import with_derived
from rvsjax.results.results import Results
from rvsjax.results.schema import find_columns
from rvsjax.results.verdicts import count_claims
from rvsjax.sweep.store import Store

CLAIM = "lemma_5_stated"
VERDICTS = ["holds", "violated", "undecided", "not-applicable"]


class Tables(Results):
    """Results that are given, of whatever columns."""

    def __init__(
        self, folder, runs, curves=None, about=None, finished=True, study="rvscgd"
    ):
        super().__init__(folder)
        self.runs = runs
        self.curves = pd.DataFrame() if curves is None else curves
        self.claims = count_claims(runs)
        folder.mkdir(exist_ok=True)
        whole = {"runs": "-" * 64} if finished else {}
        told = {"asked": {"name": "small", "study": study}, "plan": "p", "whole": whole}
        Store(folder).update(told)
        if about is not None:
            text = about.encode("unicode_escape").decode().replace('"', '\\"')
            (folder / "sweep.toml").write_text(f'about = "{text}"\n')

    def has(self, name):
        return len(self.curves) > 0 if name == "curves" else super().has(name)


def stub(runs, curves, study="rvscgd"):
    """Return runs and curves as figures read results: no folder."""
    return SimpleNamespace(
        runs=with_derived(study, runs),
        curves=curves,
        study=study,
        columns=partial(find_columns, study),
    )


def sweep_runs(number, seed=0):
    """Return runs as a sweep has them: two penalties, NaN here and there, a claim."""
    rng = np.random.default_rng(seed)
    bad = rng.random(number) < 0.1
    runs = pd.DataFrame(
        {
            "run_id": [f"{i:020x}" for i in range(number)],
            "status": np.where(bad, "diverged", "ok"),
            "reason": np.where(bad, "a number was not finite", None),
            "p_algorithm": "rvscgd",
            "p_penalty": rng.choice(["l0", "l1"], number),
            "p_beta": rng.choice([0.1, 0.5, 1.0], number),
            "p_lam": 10.0 ** -rng.integers(1, 5, number),
            "p_eta": rng.lognormal(size=number),
            "p_seed": np.arange(number) % 8,
            "m_theta": np.where(bad, np.nan, rng.lognormal(-4, 3, number)),
            "m_nnz_u": rng.integers(0, 9, number).astype(float),
            "m_support_precision": rng.choice([0.5, 1.0, np.nan], number),
            "m_support_recall": rng.choice([0.5, 1.0], number),
            "m_u_empty": rng.random(number) < 0.2,
            f"verdict_{CLAIM}": rng.choice(VERDICTS, number),
            f"obs_{CLAIM}": rng.normal(size=number),
            f"bound_{CLAIM}": 0.0,
            f"why_{CLAIM}": None,
        }
    )
    runs.loc[bad, f"verdict_{CLAIM}"] = "not-applicable"
    return runs


def sweep_curves(runs, seed=0):
    """Return curves of these runs: those that diverged end early."""
    rng = np.random.default_rng(seed)
    steps = np.array([0, 1, 2, 5, 10, 20, 50, 100])
    number = np.where(runs["status"] == "ok", len(steps), 3)
    rows = np.repeat(np.arange(len(runs)), number)
    step = np.concatenate([steps[:n] for n in number])
    theta = np.exp(-0.05 * step) * rng.lognormal(size=len(rows))
    return pd.DataFrame(
        {
            "run_id": runs["run_id"].to_numpy()[rows],
            "step": step,
            "theta": theta,
            "lagrangian": theta - 0.1,
            "nnz_u": rng.integers(0, 9, len(rows)),
        }
    )


SAME = {"algorithm": "rvscgd", "penalty": "l1", "gradient": "projected", "a": None}
SAME |= {"lam": 0.1, "beta": 0.5, "batch": 8.0, "k": 20, "d": 5, "eta": 0.1, "nnz": 2}
CGD = {"algorithm": "cgd", "penalty": None, "lam": None, "beta": None}


def settings_results(*settings, seeds=3, same=SAME):
    """Runs of each setting, told apart by their numbers: theta is that of the run."""
    rows = [same | setting | {"seed": s} for setting in settings for s in range(seeds)]
    runs = pd.DataFrame(rows).add_prefix("p_").assign(status="ok")
    runs["run_id"] = [f"{i:020x}" for i in range(len(runs))]
    runs["m_theta"] = np.arange(1.0, len(runs) + 1)
    runs["m_support_precision"] = runs["m_support_recall"] = 1.0
    steps = runs[["run_id", "m_theta"]].rename(columns={"m_theta": "theta"})
    curves = pd.concat([steps.assign(step=x) for x in (0, 1, 2)])
    names = ("lagrangian", "nnz_u", "loss_u", "length")
    curves = curves.assign(**{name: curves["theta"] for name in names})
    return stub(runs, curves)

"""A claim judged on the runs of a folder: one row a run, with its verdict."""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rvsjax.errors import UserError, did_you_mean, shown
from rvsjax.results.verdicts import false_ones
from rvsjax.sweep.store import FolderError

if TYPE_CHECKING:
    from rvsjax.results.results import Results
    from rvsjax.theory import Check, Judged

__all__ = ["judge_claim"]

Claim = Callable[..., "Check"]

_TABLES = ("runs", "curves", "weights")
_ASKED = 'it may ask for "runs", "curves" and "weights", or for "evidence"'


def judge_claim(results: "Results", claim: str | Claim) -> pd.DataFrame:
    """Return the verdict of a claim on each run, in the order of ``results.runs``."""
    if not isinstance(claim, str):
        told = _judge_own(results, claim).set_index("run_id")
        return told.reindex(results.runs["run_id"]).reset_index()
    from rvsjax.theory import CLAIMS, COMPARISONS, RUN_CLAIMS, statement

    if results.is_about_runs(claim):
        return _as_recorded(results.runs, claim)
    if claim in RUN_CLAIMS or claim in COMPARISONS["runs of a table"]:
        return judge_claim(results, CLAIMS[claim])
    if claim in CLAIMS:
        what = f"{claim} is not about a run but about {statement(claim).judged_on}"
        raise UserError(f"{what}; its row is in `claims`")
    raise UserError(f'no claim "{claim}"{did_you_mean(claim, CLAIMS)}')


def _as_recorded(runs: pd.DataFrame, claim: str) -> pd.DataFrame:
    told = [runs[f"{kind}_{claim}"] for kind in ("verdict", "obs", "bound", "why")]
    return _table(runs["run_id"], *told)


def _table(run_id: Any, verdict: Any, observed: Any, bound: Any, why: Any) -> Any:
    columns = {"run_id": run_id, "verdict": verdict, "observed": observed}
    columns |= {"bound": bound, "excess": observed - bound, "why": why}
    return pd.DataFrame(columns)


def _judge_own(results: "Results", claim: Claim) -> pd.DataFrame:
    """Judge a function on what its parameters name."""
    asked = _parameters(claim)
    if asked == ["evidence"]:
        return _judge_again(results, claim)
    if not asked or not set(asked) <= set(_TABLES):
        names = ", ".join(asked) or "nothing"
        raise UserError(f"judge: the claim asks for {names}; {_ASKED}")
    runs = results.runs[results.runs["status"].ne("failed")]
    tables = {name: getattr(results, name) for name in asked if name != "runs"}
    if "runs" in asked:
        tables["runs"] = _Arrays(results, runs)
    return _judged(_called(claim, **tables), runs["run_id"].to_numpy())


def _parameters(claim: Claim) -> list[str]:
    if not callable(claim) or isinstance(claim, type):
        what = "is neither the name of a claim nor a function that returns a Check"
        raise UserError(f"judge: {shown(claim)} {what}")
    try:
        told = inspect.signature(claim).parameters.values()
    except ValueError:  # a builtin may not tell
        raise UserError(f"judge: {shown(claim)} does not tell its parameters") from None
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [str(x) if x.kind in several else x.name for x in told]


def _called(claim: Claim, **given: Any) -> Any:
    """Call a claim with what its parameters name, some of which have no name."""
    told = inspect.signature(claim).parameters.values()
    first = [x.name for x in told if x.kind is inspect.Parameter.POSITIONAL_ONLY]
    by_place = [given.pop(name) for name in first]
    return claim(*by_place, **given)


class _Arrays(dict[str, Any]):
    """Columns of the table of runs as arrays, made when they are asked for.

    Numbers are float64, NaN where there is none; words and truth values are as they
    are.
    """

    def __init__(self, results: "Results", runs: pd.DataFrame) -> None:
        super().__init__()
        self.results, self.runs = results, runs

    def __missing__(self, name: str) -> Any:
        if name not in self.runs:
            guess = did_you_mean(str(name), map(str, self.runs.columns))
            where = f"{self.results.folder}/runs has no column {name}"
            raise FolderError(f"{where}, which the claim asks for{guess}")
        column, kinds = self.runs[name], pd.api.types
        is_number = kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column)
        if is_number or column.isna().all():
            self[name] = pd.to_numeric(column).to_numpy(np.float64, na_value=np.nan)
        else:
            self[name] = column.to_numpy()
        return self[name]


def _judged(check: Any, run_ids: Any) -> pd.DataFrame:
    """Return the rows of a check whose parts have an entry a run, or one for all."""
    from rvsjax.theory import VERDICTS, verdict

    checked = _need_check(check)
    number = len(run_ids)
    try:
        hypotheses = {
            str(x): _is_known_true(_spread(y, number))
            for x, y in checked.hypotheses.items()
        }
        numbers = [_spread(x, number) for x in checked[1:]]
    except (TypeError, ValueError):
        what = f"numbers that are not one a run, of {number:,} runs"
        raise UserError(f"judge: the claim returned {what}") from None
    whole = checked._make([hypotheses, *numbers])
    with np.errstate(invalid="ignore"):  # infinity less infinity
        words = np.array(VERDICTS, object)[np.asarray(verdict(whole))]
        why = false_ones(hypotheses, number)
        return _table(run_ids, words, whole.observed, whole.bound, why)


def _need_check(check: Any) -> "Check":
    """Return what a claim has returned, if it is a check."""
    from rvsjax.theory import Check

    if not isinstance(check, Check):
        what = "it must be a rvsjax.theory.Check"
        raise UserError(f"judge: the claim returned {shown(check)}; {what}")
    if not isinstance(check.hypotheses, Mapping):
        what = 'must be a dict: {"the run has converged": its truth}'
        raise UserError(f"judge: the hypotheses of a Check {what}")
    return check


def _spread(part: Any, number: int) -> Any:
    array = np.asarray(part)
    if array.shape not in ((), (number,)) or array.dtype.kind == "c":
        raise ValueError(array.shape)
    array = array if array.dtype == bool else array.astype(np.float64)
    return np.broadcast_to(array, number)


def _is_known_true(truth: Any) -> Any:
    """Return truth values; a hypothesis that has none, null, is false."""
    return (truth == truth) & (truth != 0)


# -- evidence: the runs again ----------------------------------------------------------


def _judge_again(results: "Results", claim: Claim) -> pd.DataFrame:
    """Compute the runs of a folder again, in its blocks, and judge what they leave."""
    from rvsjax.sweep.folder import Folder
    from rvsjax.sweep.resources import find_devices
    from rvsjax.sweep.study_engine import make_engine
    from rvsjax.theory import judge

    folder = Folder(results.folder)
    study, workers = folder.study, find_devices("auto")
    evidence = study.evidence
    if evidence is None:
        what = f"the study {results.study} gathers no evidence"
        raise UserError(f'judge: {what}; a claim on it asks for "runs" or "curves"')
    config = folder.config_on(workers[0].platform)

    def checked(about: Any) -> "Check":
        return _scalars(_called(claim, evidence=about))

    points = study.points(folder.record)
    engine = make_engine(
        study._replace(evaluate=lambda trial: judge({"": checked}, evidence(trial))),
        config,
        workers,
        halves=True,
    )
    done = folder.store.done()
    blocks = (x for x in folder.schedule.blocks() if x.number in done)
    judged = engine.run(blocks, lambda item: study.trial(item, points, config.kernel))
    try:
        found = [
            _of_block([item.run_id for item in block.items], future.result())
            for block, future in judged
        ]
    finally:
        judged.close()  # in this thread, whatever the claim has raised
    return pd.concat(found)


def _scalars(check: Any) -> "Check":
    """Return the check of one run, each of its parts an array of one number."""
    checked = _need_check(check)
    parts = [*checked.hypotheses.values(), *checked[1:]]
    if any(np.shape(x) for x in parts):
        raise UserError("judge: the claim returned numbers that are not one a run")
    truths = {
        str(x): (y if hasattr(y, "dtype") else np.bool_(y)) != 0
        for x, y in checked.hypotheses.items()
    }
    return checked._replace(hypotheses=truths)


def _of_block(run_ids: list[str], judged: "Judged") -> pd.DataFrame:
    from rvsjax.theory import VERDICTS

    false = judged.false[:, 0]
    truths = {x: ~(false >> i & 1).astype(bool) for i, x in enumerate(judged.labels)}
    words = np.array(VERDICTS, object)[judged.verdict[:, 0]]
    observed, bound = (
        x[:, 0].astype(np.float64) for x in (judged.observed, judged.bound)
    )
    return _table(run_ids, words, observed, bound, false_ones(truths, len(run_ids)))

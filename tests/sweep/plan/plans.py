"""Plans of short texts, for the tests of what becomes of a sweep file."""

from rvsjax.sweep.plan.overrides import override, read_setting
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from tests.sweep.plan.mistakes import HEAD

DEFAULTS = {
    "algorithm": "rvscgd",
    "penalty": "l0",
    "a": 1.0,
    "k": 20,
    "d": 50,
    "readout": "sum",
    "nnz": 5,
    "w_star": None,
    "lam": 1e-4,
    "beta": 4e-3,
    "eta": 1e-5,
    "steps": 400_000,
    "start": "uniform",
    "w_start": None,
    "start_angle": None,
    "gradient": "population",
    "surrogate": "relu",
    "batch": None,
    "train_size": None,
    **dict.fromkeys("gamma knot eps cap alpha ridge group n m s".split()),
    "dtype": "float64",
    "precision": "plain",
}
"""Of the study rvscgd, as the contract has them; a is of transformed l1 alone."""


def plan_of(body, *settings, **narrowed):
    raw = parse(HEAD + body)
    for setting in settings:
        raw = override(raw, *read_setting(setting, raw))
    return make_plan(raw, **narrowed)


def values(plan, *names):
    """Return the values of a parameter, run by run; of several, tuples."""
    rows = [tuple(item.parameters[name] for name in names) for item in plan]
    return [row[0] for row in rows] if len(names) == 1 else rows


def ids(plan):
    return [item.run_id for item in plan]

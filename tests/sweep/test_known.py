"""Runs of earlier plans: told by places as they are by ids."""

import random

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.sweep.known import KnownById
from rvsjax.sweep.plan import lookup
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.schedule import PlanRevision, Schedule, contains
from rvsjax.sweep.store.ranges import Ranges
from tests.sweep.plan.plans import ids, plan_of
from tests.sweep.plan.test_plan import EVERYWHERE, as_toml, random_document


def narrower(tables, luck):
    """Yield documents of fewer runs, and options that narrow the one that is given."""
    seeds = tables["seeds"] | {"count": 1}
    yield tables | {"seeds": seeds}, {}
    name = luck.choice([*tables["grid"]])
    grid = tables["grid"] | {name: tables["grid"][name][:1]}
    yield tables | {"grid": grid, "seeds": tables["seeds"] | {"count": 4}}, {}
    yield tables, {"limit": luck.randint(1, 9)}
    name = luck.choice([*EVERYWHERE])
    yield tables, {"only": [f"{name}={EVERYWHERE[name][0]}"]}


def pairs(seed):
    """Yield a plan of a random document, and plans that have some runs in common."""
    luck = random.Random(seed)
    tables = random_document(luck)
    whole = plan_of(as_toml(tables))
    for document, options in narrower(tables, luck):
        try:
            yield whole, plan_of(as_toml(document), **options)
        except SweepFileError:  # leaves no run
            continue


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_contains_another_by_places_as_by_ids(seed):
    for whole, part in pairs(seed):
        assert whole.lookup and part.lookup
        for one, other in ((whole, part), (part, whole)):
            truth = set(ids(other)) <= set(ids(one))
            assert contains(one, other) == truth
            assert lookup.has_points_of(one, other) == truth


@pytest.mark.parametrize("seed", range(8))
def test_blocks_of_a_folder_that_grew_are_those_by_ids(seed, monkeypatch):
    luck = random.Random(seed)
    for whole, part in pairs(seed):
        cut = part.cut(3)
        assert cut
        kept = Ranges(x for x in range(cut.number) if luck.random() < 0.7)
        grown = [PlanRevision(part, 0, kept), PlanRevision(whole, cut.number, None)]
        found = list_of(Schedule(grown, 3))
        some = {number for number, _ in luck.sample(found, len(found) // 2)}
        few = list_of(Schedule(grown, 3), some)
        with monkeypatch.context() as patch:
            patch.setattr(Plan, "lookup", None)
            assert list_of(Schedule(grown, 3)) == found
        assert few == [x for x in found if x[0] in some]


def list_of(known, numbers=None):
    return [(x.number, ids(x.items)) for x in known.blocks(numbers)]


def test_runs_of_a_plan_are_known_without_holding_an_id(monkeypatch):
    monkeypatch.setattr(KnownById, "add", None)
    part, whole = (plan_of(f"[seeds]\ncount = {n}\n") for n in (9, 20))
    kept = Ranges([0, 2])
    known = Schedule([PlanRevision(part, 0, kept), PlanRevision(whole, 3, None)], 4)
    assert [x.number for x in known.blocks()] == [0, 2, 3, 4, 5, 6]
    assert sum(len(x.items) for x in known.blocks()) == 20


def test_of_ratios_and_smokes_runs_are_told_by_ids():
    body = "[grid]\nlam_over_beta = [0.1, 0.2]\nbeta = [0.1, 0.2]\n"
    ratio = plan_of(body)
    assert ratio.lookup is None and plan_of("", smoke=True).lookup is None
    assert contains(ratio, plan_of(body, limit=2))
    assert not contains(plan_of(body, limit=2), ratio)

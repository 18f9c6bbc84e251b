"""Plans united: one sweep where the runs are those of one, else each by itself."""

import pytest

from rvsjax.errors import SweepFileError
from rvsjax.sweep.plan.plan import Plan, make_plan
from rvsjax.sweep.plan.union import UnionPlan, read_plan, united

BASE = {"version": 1, "name": "x", "study": "rvscgd"}


def plan(seeds=2, base=0, constants=(), grid=(), record=(), name="x", **narrowed):
    tables = {"constants": {"k": 3, **dict(constants)}, "grid": dict(grid)}
    tables |= {"seeds": {"count": seeds, "base": base}, "record": dict(record)}
    return make_plan(BASE | tables | {"name": name}, **narrowed)


def ids(*plans):
    return sorted({item.run_id for each in plans for item in each})


LAM = {"lam": [0.1, 0.2]}
ONE = {
    "the same": [plan(), plan()],
    "a larger one": [plan(), plan(4), plan(3)],
    "seeds": [plan(2), plan(2, 2), plan(1, 4)],
    "seeds in common": [plan(3), plan(3, 1)],
    "values": [plan(grid=LAM), plan(grid={"lam": [0.2, 0.3]})],
    "two constants": [plan(constants={"lam": 0.1}), plan(constants={"lam": 0.2})],
    "a constant": [plan(grid=LAM), plan(constants={"lam": 0.3})],
    "selections": [plan(grid=LAM, only=["lam=0.1"]), plan(grid=LAM, only=["lam=0.2"])],
}
SEVERAL = {
    "a gap of seeds": [plan(2), plan(2, 3)],
    "two axes": [plan(grid=LAM), plan(1, 7, constants={"lam": 0.3})],
    "the first runs": [plan(4, limit=1), plan(2, 2)],
    "ranges": [
        plan(grid={"lam": {"lin": [0.1, 0.2], "num": 3}}),
        plan(grid={"lam": {"lin": [0.3, 0.4], "num": 3}}),
    ],
}


@pytest.mark.parametrize("case", [*ONE, *SEVERAL])
def test_the_union_has_every_run_once(case):
    plans = (ONE | SEVERAL)[case]
    found = united(plans, "both", "Why?")
    runs = [item.run_id for item in found]
    assert sorted(runs) == ids(*plans) and found.size == len(runs)
    assert isinstance(found, UnionPlan) == (case in SEVERAL)
    assert found.sweep_file.name == "both" and found.sweep_file.about == "Why?"
    assert sum(number for _, number in found.groups()) == len(runs)


@pytest.mark.parametrize("case", SEVERAL)
def test_a_union_is_read_again_and_changed(case):
    found = united(SEVERAL[case], "both", "")
    again = read_plan(found.as_json())
    assert again.fingerprint == found.fingerprint
    assert [x.run_id for x in again] == [x.run_id for x in found]
    twice = united([again, plan(1, 9)], "both", "")
    assert ids(twice) == ids(again, plan(1, 9)) == ids(read_plan(twice.as_json()))
    more = read_plan(found.as_json(), lambda raw: raw | {"seeds": {"count": 9}})
    assert all(x.sweep_file.seeds.count == 9 for x in more.plans)


def test_what_cannot_be_united_or_narrowed_is_refused():
    two = make_plan(BASE | {"study": "two_layer"})
    with pytest.raises(SweepFileError, match="union.study"):
        united([plan(), two], "both", "")
    with pytest.raises(SweepFileError, match="union.record"):
        united([plan(), plan(record={"curves": 5})], "both", "")
    with pytest.raises(SweepFileError, match="narrows one sweep"):
        united(SEVERAL["two axes"], "both", "").select([], 3, False)
    for asked in (None, {"union": []}, {"union": [5]}, {"union": [{}], "name": 5}):
        with pytest.raises(SweepFileError):
            read_plan(asked)


def test_a_plan_of_one_sweep_is_read_as_before():
    assert type(read_plan(plan().as_json())) is Plan

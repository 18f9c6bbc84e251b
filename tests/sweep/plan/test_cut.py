"""Blocks by number are those that a walk over all runs cuts."""

import random
import time
from typing import Any

import pytest

from rvsjax.sweep.engine import blocks
from rvsjax.sweep.plan import mask
from rvsjax.sweep.plan.cut import first_true
from rvsjax.sweep.plan.mask import make_masks
from rvsjax.sweep.plan.union import UnionPlan
from tests.sweep.plan.plans import plan_of
from tests.sweep.plan.test_plan import EVERYWHERE, as_toml, random_document


def cut_of(plan, size) -> Any:
    return plan.cut(size)


def cut_by_walk(plan, size):
    return [list(x.items) for x in blocks(plan, lambda item: item.static_key, size)]


def ids(items):
    return [item.run_id for item in items]


def agrees(plan, size):
    walked, cut = cut_by_walk(plan, size), plan.cut(size)
    assert cut.number == len(walked)
    for number in random.Random(size).sample(range(cut.number), min(9, cut.number)):
        assert ids(plan.block(number, size)) == ids(walked[number])
        assert cut.length(number) == len(walked[number])
    with pytest.raises(IndexError):
        plan.block(cut.number, size)


@pytest.mark.parametrize("seed", range(8))
def test_blocks_of_a_random_document_are_those_of_a_walk(seed):
    luck = random.Random(seed)
    body = as_toml(random_document(luck))
    plan = plan_of(body)
    for size in (1, 3, 8):
        agrees(plan, size)
    agrees(plan_of(body, limit=luck.randint(1, plan.size)), 4)
    name = luck.choice([*EVERYWHERE])
    value = next(iter(plan)).parameters[name]
    agrees(plan_of(body, only=[f"{name}={'none' if value is None else value}"]), 3)


def test_programs_take_turns_and_the_rest_follows():
    """Points of two programs alternate; d is the fastest axis."""
    body = "[grid]\neta = [0.1, 0.2, 0.3]\nd = [50, 60]\n[seeds]\ncount = 3\n"
    plan = plan_of(body)
    for size in range(1, 10):
        agrees(plan, size)
    found = [{x.parameters["d"] for x in plan.block(n, 4)} for n in range(6)]
    assert found == [{50}, {60}, {50}, {60}, {50}, {60}]
    assert [cut_of(plan, 4).length(n) for n in range(6)] == [4, 4, 4, 4, 1, 1]


def test_ranks_and_places_of_kept_points_are_inverse():
    body = "[grid]\nd = [50, 60, 70]\nlam = [1e-4, 1e-3, 1e-2]\nk = [10, 20]\n"
    plan = plan_of(body + "[[exclude]]\nd = 60\nlam = [1e-3, 1e-4]\n")
    masks = make_masks(plan._classes(), lambda x: x["d"] if plan.complete(x) else None)
    for one in (plan.mask, *masks.values()):
        kept = [i for i in range(plan.product.size) if one.has(i)]
        assert [one.select(i) for i in range(one.size)] == kept
        for i in range(plan.product.size + 1):
            assert one.rank(i) == sum(x < i for x in kept)


def test_a_block_in_the_midst_of_a_billion_runs_is_found_at_once():
    body = "[grid]\nlam = { geom = [1e-5, 1e-1], num = 1000 }\nd = [50, 60]\n"
    plan = plan_of(body + "[seeds]\ncount = 500_000\n")
    begin = time.process_time()
    assert cut_of(plan, 1024).number == 2 * 488_282
    found = plan.block(700_000, 1024)
    assert time.process_time() - begin < 5  # a walk takes an hour
    assert len(found) == 1024 and len({x.static_key for x in found}) == 1


def test_beyond_64_bits_counts_are_whole_numbers_of_python(monkeypatch):
    monkeypatch.setattr(mask, "_LARGEST", 1)
    plan = plan_of(as_toml(random_document(random.Random(3))))
    agrees(plan, 4)
    assert plan.mask.cases[0].numbers[0].dtype == object


def test_a_place_is_searched_among_any_number_of_them():
    assert first_true(2**100, lambda x: x >= 2**99 + 3) == 2**99 + 3


def test_what_is_looked_at_run_by_run_has_no_arithmetic():
    plan = plan_of("[seeds]\ncount = 9\n")
    assert plan_of("[seeds]\ncount = 9\n", smoke=True).cut(2) is None
    assert UnionPlan.of([plan, plan], "both").cut(2) is None
    with pytest.raises(IndexError):
        UnionPlan.of([plan, plan], "both").block(0, 2)

"""A crew gives every order to a place until it is done or given up, and no more."""

import random

import pytest

from rvsjax.sweep.executors.crew import TRIES, Crew
from rvsjax.sweep.executors.orders import Order


def orders(number):
    return (Order(n, [], {}) for n in range(number))


def numbers(assignment):
    return [order.number for order in assignment.orders]


def all_done(crew, kills=(), seed=0, meet=lambda crew, turn: None):
    """Carry out what a crew assigns, in any order; return what is done and given up."""
    draw, under_way = random.Random(seed), []
    done, given_up, turn = [], [], 0
    while True:
        meet(crew, turn)
        under_way += crew.assign()
        if not under_way:
            return done, given_up
        assignment = under_way.pop(draw.randrange(len(under_way)))
        if set(numbers(assignment)) & set(kills):
            given_up += [order.number for order in crew.died(assignment)]
        else:
            done += numbers(assignment)
            crew.done(assignment, 0.1 * len(assignment.orders))
        turn += 1


@pytest.mark.parametrize("seed", range(20))
def test_each_order_is_done_once(seed):
    crew = Crew(orders(200), 200)
    crew.meet({"a": 2, "b": 3})
    done, given_up = all_done(crew, seed=seed)
    assert sorted(done) == [*range(200)]
    assert not given_up and crew.lost == 0


@pytest.mark.parametrize("seed", range(20))
def test_what_kills_its_worker_is_given_up_and_nothing_else(seed):
    crew = Crew(orders(120), 120)
    crew.meet({"a": 2, "b": 1})
    done, given_up = all_done(crew, kills={7, 64, 119}, seed=seed)
    assert sorted(done) == [n for n in range(120) if n not in (7, 64, 119)]
    assert sorted(given_up) == [7, 64, 119]
    assert crew.lost >= 3 * TRIES
    assert not crew.left_out


def test_assignments_grow_with_what_is_known_and_end_small():
    crew = Crew(orders(1000), 1000)
    crew.meet({"a": 1})
    first, second = crew.assign()
    assert [len(x.orders) for x in (first, second)] == [1, 1]
    crew.done(first, 0.01)
    (third,) = crew.assign()
    assert len(third.orders) == 998 // 8  # 2 s would be 200 of them
    crew.done(second, 0.1)
    (fourth,) = crew.assign()
    assert len(fourth.orders) == 20  # of 0.1 s each


def test_a_place_that_loses_block_after_block_gets_no_more():
    crew = Crew(orders(60), 60)
    crew.meet({"good": 1, "bad": 1})
    lost, done = set(), []
    under_way = [*crew.assign()]
    while under_way:
        assignment = under_way.pop(0)
        if assignment.place == "bad":
            assert not crew.died(assignment)
            lost |= set(numbers(assignment))
        else:
            crew.done(assignment, 3.0)
            done += numbers(assignment)
        under_way += crew.assign()
    assert sorted(done) == [*range(60)]
    assert crew.left_out == {"bad"}
    assert len(lost) < 12
    assert not crew.has_orders


def test_a_place_that_is_gone_and_one_that_joins():
    crew = Crew(orders(80), 80)
    places = {0: {"a": 1}, 10: {"a": 1, "b": 2}, 20: {"b": 2}, 30: {}, 31: {"c": 1}}

    def meet(crew, turn):
        if turn in places:
            crew.meet(places[turn])

    done, given_up = all_done(crew, meet=meet)
    assert sorted(done) == [*range(80)]
    assert not given_up


def test_without_a_place_nothing_is_assigned():
    crew = Crew(orders(3), 3)
    assert [*crew.assign()] == []
    assert crew.has_orders

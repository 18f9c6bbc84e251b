"""Accounts of a cluster: shares of processes, losses by machine, all as plain data."""

import json

from rvsjax.errors import DamagedFile
from rvsjax.sweep.executors.accounts import Accounts
from rvsjax.sweep.executors.crew import Assignment
from rvsjax.sweep.executors.orders import Order, Place, Reply


def reply(process, blocks, seconds):
    place = Place("a", process, "cpu", "kind")
    return Reply([None] * blocks, place, 1.0, seconds / 2, seconds)


def test_what_was_computed_and_lost_is_told():
    accounts = Accounts()
    accounts.meet({"n1": "a", "n2": "b", "n3": "b"})
    assert accounts.counts().machines == 2
    for each in (reply(1, 3, 2.0), reply(2, 1, 4.0), reply(1, 2, 6.0)):
        accounts.done(each)
    accounts.meet({"n1": "a"})
    lost = Assignment("n2", [Order(5, [], {}), Order(6, [], {})])
    accounts.lost(lost, DamagedFile("is damaged"))
    counts = accounts.counts()
    assert (counts.machines, counts.lost) == (1, 1)
    assert (counts.compile_seconds, counts.run_seconds) == (3.0, 6.0)
    told = json.loads(json.dumps(accounts.as_json({"n2"})))
    assert told["losses"] == [{"host": "b", "blocks": [5, 6], "why": "DamagedFile"}]
    assert told["left_out"] == ["b"] and told["device"] == "cpu" and told["lanes"] == 2
    shares = [(x["process"], x["blocks"], x["seconds"]) for x in told["places"]]
    assert shares == [(1, 5, 8.0), (2, 1, 4.0)]


def test_a_manifest_is_not_filled_with_losses():
    accounts = Accounts()
    accounts.meet({"n": "a"})
    for number in range(300):
        accounts.lost(Assignment("n", [Order(number, [], {})]), MemoryError())
    told = accounts.as_json(())
    assert told["lost"] == 300 and len(told["losses"]) == 100

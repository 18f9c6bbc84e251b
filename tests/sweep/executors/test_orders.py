"""Orders: blocks as plain data, computed elsewhere to the parts that they are here."""

import json
import socket
from collections import Counter

import jax
import pytest

from rvsjax.errors import UserError
from rvsjax.sweep.execution import ExecutionConfig
from rvsjax.sweep.executors import orders
from rvsjax.sweep.executors.local import LocalExecutor
from rvsjax.sweep.executors.orders import Ticket, block_of, build, order, work
from rvsjax.sweep.executors.task import Task
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.registry import find_study
from rvsjax.sweep.schedule import PlanRevision, Schedule
from rvsjax.sweep.study_engine import study_unpinned

SWEEP = """
version = 1
name = "orders"
study = "rvscgd"
[constants]
d = 6
nnz = 3
steps = 20
[grid]
eta = [0.1, 0.01]
lam = [1e-3, 1e-2]
[seeds]
count = 3
[record]
curves = 5
"""
PLAN = make_plan(parse(SWEEP))
TASK = Task("rvscgd", PLAN.sweep_file.record, ExecutionConfig(4, "plain", True), False)
BLOCKS = [*Schedule([PlanRevision(PLAN, 0, None)], 4).blocks()]
TOLD = {"plan": PLAN.fingerprint}


def ticket(**changes):
    return Ticket(TASK, "cpu", None, build())._replace(**changes)


def test_an_order_is_json_and_becomes_its_block_again():
    for block in BLOCKS:
        sent = order(block, TOLD)
        read = type(sent)(*json.loads(json.dumps(sent)))
        again = block_of(TASK, read)
        assert again.number == block.number
        assert again.key == block.key
        assert [x.run_id for x in again.items] == [x.run_id for x in block.items]
        assert [x.static_key for x in again.items] == [block.key] * len(again.items)


def test_a_worker_makes_the_parts_of_the_local_executor():
    engine = TASK.engine(tuple(jax.devices("cpu")[:1]), ())
    local = LocalExecutor(TASK, engine, lambda block: TOLD)
    here = {x.block: x for x in local.run(BLOCKS, lambda: False, lambda: None)}
    reply = work(ticket(), [order(block, TOLD) for block in BLOCKS])
    assert {x.block: x for x in reply.done} == here
    assert sum((x.statuses for x in reply.done), Counter()) == {"ok": 12}
    assert reply.place.device == "cpu"
    assert reply.seconds > 0


def test_a_worker_of_another_version_refuses():
    other = tuple((n, "9.9" if n == "jax" else x) for n, x in build())
    with pytest.raises(UserError, match=r"jax .*, not 9\.9; install the same there"):
        work(ticket(build=other), [order(BLOCKS[0], TOLD)])


def test_a_worker_with_other_data_refuses():
    task = TASK._replace(config=TASK.config._replace(data="abc"))
    with pytest.raises(UserError, match="has other data .*--data on every machine"):
        work(ticket(task=task), [order(BLOCKS[0], TOLD)])


def test_a_worker_without_the_data_says_so_with_its_name():
    settings = study_unpinned(find_study("lenet"), "cpu")
    config = TASK.config._replace(unpinned=settings)
    task = TASK._replace(study_name="lenet", config=config)
    with pytest.raises(UserError, match=rf"^{socket.gethostname()}: .*/no/such/folder"):
        work(ticket(task=task, data="/no/such/folder"), [order(BLOCKS[0], TOLD)])


def test_a_worker_without_the_device_says_so_with_its_name():
    with pytest.raises(UserError, match=f"^{socket.gethostname()}: "):
        work(ticket(platform="gpu"), [order(BLOCKS[0], TOLD)])


def test_a_worker_without_the_kernel_says_so(monkeypatch):
    config = TASK.config._replace(kernel="native")
    monkeypatch.setattr(orders, "problem", lambda kernel, platform: "no compiler")
    task = TASK._replace(config=config)
    with pytest.raises(UserError, match="--kernel native does not work there: no comp"):
        work(ticket(task=task), [order(BLOCKS[0], TOLD)])


def test_a_worker_with_other_settings_of_xla_refuses():
    config = TASK.config._replace(unpinned="--xla_cpu_max_isa=AVX2")
    with pytest.raises(UserError, match=r"other settings .* \(none, not --xla_cpu_max"):
        work(ticket(task=TASK._replace(config=config)), [order(BLOCKS[0], TOLD)])

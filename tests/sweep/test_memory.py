"""A block that does not fit is halved, or refused where its width was asked for."""

import jax
import jax.numpy as jnp
import numpy as np
import psutil
import pytest

from rvsjax.sweep.engine import Block, Engine, OutOfMemory, memory
from rvsjax.sweep.engine.engine import _kind
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import Store

pytestmark = pytest.mark.slow

MIB = 2**20
SWEEP = """
version = 1
name = "large"
study = "rvscgd"
[constants]
k = 3
d = 4
nnz = 2
steps = 20
[seeds]
count = 8
[record]
curves = 3
"""


def large(x):
    """Take some half MiB for each item, an eighth of it to return."""
    outer = jnp.sort(jnp.outer(x + jnp.arange(256.0), jnp.arange(256.0)), axis=0)
    return jnp.cumsum(outer, axis=1)[::8]


def items(count):
    return [np.float64(i) for i in range(count)]


@pytest.fixture
def leaving(monkeypatch):
    """Return a function that leaves so many MiB free."""
    return lambda mib: monkeypatch.setattr(memory, "free", lambda: mib * MIB)


@pytest.fixture
def lane():
    return jax.devices("cpu")[:1]


def test_what_is_free_is_no_more_than_the_machine_has():
    assert 0 < memory.free() <= psutil.virtual_memory().total


def test_a_program_that_fits_is_left_alone(lane, leaving):
    leaving(10_000)
    engine = Engine(large, 8, lane)
    engine(items(8))
    assert engine._fits == {}


def test_a_block_is_halved_until_it_fits_to_the_same_numbers(lane, leaving):
    wide = Engine(lambda x: large(x), 8, lane)
    expected = wide(items(7))
    leaving(2.8)
    engine = Engine(lambda x: large(x), 8, lane)
    stream = [Block(n, "key", items(7)) for n in (3, 5)]
    for _, future in engine.run(stream, lambda x: x):
        np.testing.assert_array_equal(future.result(), expected)
    assert set(engine.narrow) == {3, 5}
    [width] = set(engine.narrow.values())
    assert width in (1, 2, 4)


def test_a_fixed_width_is_respected(lane, leaving):
    leaving(2.8)
    with pytest.raises(OutOfMemory, match="a block of 8 does not fit: needs .* GiB"):
        Engine(lambda x: large(x), 8, lane, halves=False)(items(8))


def test_one_item_that_does_not_fit_is_said(lane, leaving):
    leaving(1 / 16)
    with pytest.raises(OutOfMemory, match="a block of 1 does not fit"):
        Engine(lambda x: large(x), 8, lane)(items(8))


def test_what_a_device_says_while_it_runs_is_heard(lane, monkeypatch):
    """A GPU is not asked before: it answers RESOURCE_EXHAUSTED."""
    engine = Engine(lambda x: 2 * x, 8, lane)
    whole, widths = engine._apply, []

    def full(some, *where):
        widths.append(len(some))
        if len(some) > 2:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: out of memory")
        return whole(some, *where)

    monkeypatch.setattr(engine, "_apply", full)
    np.testing.assert_array_equal(engine(items(8)), 2 * np.arange(8))
    assert widths == [8, 4, 2, 2, 2, 2]
    engine(items(3))  # remembers what fits
    assert widths[6:] == [2, 1]


def test_a_lane_keeps_its_width_when_another_finds_that_less_fits(lane, monkeypatch):
    """In the middle of a block, between the choice of a width and its program."""
    engine = Engine(lambda x: 5 * x, 8, lane)
    whole = engine._apply

    def meanwhile(some, *where):
        engine._fits[_kind(some[0])] = 2
        return whole(some, *where)

    monkeypatch.setattr(engine, "_apply", meanwhile)
    [(_, future)] = engine.run([Block(0, "key", items(8))], lambda x: x)
    np.testing.assert_array_equal(future.result(), 5 * np.arange(8))
    assert engine.narrow == {}  # it was computed whole, and nothing else is noted


def test_other_errors_of_a_program_are_not_mistaken(lane, monkeypatch):
    engine = Engine(lambda x: 3 * x, 8, lane)

    def broken(some, *where):
        raise jax.errors.JaxRuntimeError("INTERNAL: no reason")

    monkeypatch.setattr(engine, "_apply", broken)
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        engine(items(8))


def test_a_sweep_notes_its_halved_blocks(tmp_path, monkeypatch):
    needs = memory.lacking

    def lacking(program, lanes):
        [trial], _ = program.in_avals
        return "needs more" if trial.seed.shape[0] > 2 else needs(program, lanes)

    monkeypatch.setattr("rvsjax.sweep.engine.compilation.lacking", lacking)
    monkeypatch.setattr("rvsjax.sweep.execution.choose_block_size", lambda *_: 4)
    plan = make_plan(parse(SWEEP))
    run_plan(plan, "", tmp_path, Options(kernel="plain"))
    store = Store(tmp_path)
    assert store.manifest["halved"] == [
        {"block": 0, "width": 2},
        {"block": 1, "width": 2},
    ]
    assert len(store.load("runs")) == 8
    with pytest.raises(OutOfMemory, match="a block of 4 does not fit"):
        run_plan(plan, "", tmp_path / "fixed", Options(width=4, kernel="plain"))

"""The engine on functions and pytrees that have nothing to do with RVSCGD."""

import functools
import subprocess
import sys
import time
from typing import NamedTuple

import jax
import numpy as np
import pytest

from rvsjax.environment.cores import cores
from rvsjax.penalties import L0, L1
from rvsjax.sweep import engine
from rvsjax.sweep.engine import (
    Block,
    Engine,
    Resumable,
    blocks,
    choose_block_size,
    default_workers,
)
from rvsjax.sweep.engine.compilation import Programs


class Item(NamedTuple):
    x: np.ndarray


def square(item):
    return {"y": item.x**2, "sum": (item.x**2).sum()}


def items(*values, size=3):
    return [Item(np.full(size, value, "float64")) for value in values]


def test_a_block_is_the_function_of_each_item():
    result = Engine(square, 4)(items(1, 2, 3))
    assert np.array_equal(result["y"], [[1] * 3, [4] * 3, [9] * 3])
    assert np.array_equal(result["sum"], [3, 12, 27])


@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_results_do_not_depend_on_the_lanes(lanes):
    """Chaotic iterations show a difference in the last bit; two devices, many lanes."""

    def chaos(x):
        return jax.lax.fori_loop(0, 90, lambda _, x: 3.99 * x * (1 - x), x)

    rng = np.random.default_rng(0)
    stream = [Block(n, None, list(rng.uniform(size=(3, 7)))) for n in range(9)]
    devices = jax.devices()
    places = tuple(devices[n % len(devices)] for n in range(lanes))
    found = list(Engine(chaos, 4, places).run(stream, lambda x: x))
    assert [block.number for block, _ in found] == list(range(9))
    alone = Engine(chaos, 4, devices[:1])
    for block, future in found:
        assert np.array_equal(future.result(), alone(block.items))


def test_on_cpu_the_cores_share_one_device():
    lanes = default_workers(jax.devices())
    assert set(lanes) == {jax.devices()[0]}
    assert len(lanes) == cores()


def test_leaves_keep_their_dtype_without_x64():
    code = """
import numpy as np
from rvsjax.sweep.engine import Engine
y = Engine(lambda x: x * 3, 2)([np.float64(0.1), np.float64(0.2)])
z = Engine(lambda x: x * 3, 2)([np.float32(0.1)])
assert y.dtype == "float64" and y[0] == 0.1 * 3, y
assert z.dtype == "float32", z
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_stop_finishes_what_runs_and_begins_nothing_else():
    stream = (Block(n, None, [np.float64(n)]) for n in range(50))
    seen = []
    for block, future in Engine(lambda x: x**2, 1).run(
        stream, lambda x: x, lambda: bool(seen)
    ):
        assert future.result() == block.number**2
        seen.append(block.number)
    assert 1 <= len(seen) < 20
    assert next(stream).number < 20  # the stream was not drained


class Slow(Engine):
    """An engine that writes down which blocks it begins, and takes its time."""

    begun: list

    def compute(self, items, lane, block=None, stop=None):
        self.begun.append(block)
        time.sleep(0.2)
        return np.zeros(len(items)), self.block_size


@pytest.mark.parametrize("how", ["stop", "close"])
def test_no_block_that_waits_is_begun_after_a_stop(how):
    """Nor where the caller goes away, as at a Ctrl-C in Python."""
    slow, seen = Slow(square, 1, jax.devices()[:1] * 2), []
    slow.begun = []
    stream = (Block(n, None, items(n)) for n in range(50))
    running = slow.run(stream, lambda x: x, lambda: how == "stop" and bool(seen))
    for block, _ in running:
        seen.append(block.number)
        begun = len(slow.begun)
        if how == "close":
            break
    running.close()
    assert begun <= 4
    assert len(slow.begun) <= begun + 2  # a lane each may be on its way
    assert seen == [0] if how == "close" else set(seen) == set(slow.begun)


def test_a_failure_is_in_its_own_future():
    stream = [
        Block(0, None, items(1)),
        Block(1, None, items(1, 2, 3)),
        Block(2, None, items(2)),
    ]
    futures = [future for _, future in Engine(square, 2).run(stream, lambda x: x)]
    assert futures[0].result()["sum"] == 3
    with pytest.raises(ValueError, match="1 to 2 items, got 3"):
        futures[1].result()
    assert futures[2].result()["sum"] == 12


def test_two_penalties_are_two_programs():
    """Structures of dataclasses without leaves are told apart."""
    x = np.float64(0.3)
    engine = Engine(lambda item: item[0].prox(item[1], 0.1), 1)
    assert engine([(L0(), x)]) == 0  # sqrt(0.2) = 0.447
    assert engine([(L1(), x)]) == 0.3 - 0.1
    assert jax.tree.structure(L0()) != jax.tree.structure(L1())


def test_one_program_a_structure_and_none_for_new_values():
    def cube(item):
        return item.x**3

    compiled = engine.programs()
    run = Engine(cube, 2)
    run(items(1, 2))
    run(items(5))
    Engine(cube, 2)(items(7, 8))  # another engine in the same process
    assert engine.programs() == compiled + 1
    run(items(1, size=4))  # another shape
    assert engine.programs() == compiled + 2
    Engine(cube, 4)(items(1))  # another width
    assert engine.programs() == compiled + 3


def test_blocks_have_one_key_each_and_a_fixed_place_for_every_item():
    stream = [("a", 1), ("b", 2), ("a", 3), ("a", 4), ("b", 5), ("c", 6)]
    found = list(blocks(stream, lambda item: item[0], 2))
    assert found == [
        Block(0, "a", [("a", 1), ("a", 3)]),
        Block(1, "b", [("b", 2), ("b", 5)]),
        Block(2, "a", [("a", 4)]),
        Block(3, "c", [("c", 6)]),
    ]


def test_blocks_are_lazy():
    def endless():
        i = 0
        while True:
            yield i
            i += 1

    stream = blocks(endless(), lambda i: i % 3, 4)
    assert [next(stream).items for _ in range(2)] == [[0, 3, 6, 9], [1, 4, 7, 10]]


@pytest.mark.parametrize("seed", range(5))
def test_no_item_is_lost_or_doubled(seed):
    rng = np.random.default_rng(seed)
    stream = list(enumerate(rng.integers(0, 4, size=rng.integers(1, 60))))
    cut = list(blocks(stream, lambda item: int(item[1]), 5))
    assert [block.number for block in cut] == list(range(len(cut)))
    assert sorted(item for block in cut for item in block.items) == stream


@pytest.mark.parametrize(
    ("groups", "size", "width"),
    [
        ([1], 50, 8),
        ([32] * 3, 50, 16),
        ([33], 50, 32),
        ([2048], 50, 64),
        ([], 50, 8),
        ([8191], 50, 64),
        ([8192, 5], 50, 128),
        ([10**6], 50, 1024),
        ([10**6], 200, 256),
        ([10**6], 10**6, 64),
    ],
)
def test_the_width_on_cpu(groups, size, width):
    assert choose_block_size(groups, "cpu", size) == width


def test_too_many_items_are_refused():
    with pytest.raises(ValueError, match="1 to 2 items, got 3"):
        Engine(square, 2)(items(1, 2, 3))


@pytest.mark.parametrize("version", ["0.10.2", "0.11.0"])
def test_known_bad_versions_are_refused(monkeypatch, version):
    monkeypatch.setattr(
        engine.platforms.importlib.metadata, "version", lambda name: version
    )
    assert version in engine.known_bad_version()
    with pytest.raises(RuntimeError, match="jax issue"):
        Engine(square, 2)


# -- programs that outlive the process -------------------------------------------------


class Kept(dict):
    """A keeper in memory, which knows how often it was told something."""

    told = 0

    def put(self, key, data):
        self[key] = data
        self.told += 1


def chaos(item):
    return jax.lax.fori_loop(0, 90, lambda _, x: 3.99 * x * (1 - x), item.x).sum()


@pytest.fixture
def forget(monkeypatch):
    """Return a function that makes the engine forget all programs, as a new process."""
    return lambda: monkeypatch.setattr("rvsjax.sweep.engine.compilation._programs", {})


def test_a_kept_program_gives_the_same_bits_and_is_not_compiled(forget, monkeypatch):
    kept, asked = Kept(), items(0.1, 0.2, 0.7)
    forget()
    fresh = Engine(chaos, 4, keeper=kept)(asked)
    assert len(kept) == 1
    forget()
    with monkeypatch.context() as patch:
        patch.setattr(Programs, "_compile", None)  # not to be called
        again = Engine(chaos, 4, keeper=kept)(asked)
    assert np.array_equal(fresh, again)


def test_a_second_process_finds_it(tmp_path):
    (tmp_path / "made.py").write_text("def cube(x):\n    return x**3 / 7\n")
    code = """
import sys, numpy as np, made
from pathlib import Path
from rvsjax.environment.cache import Cache
from rvsjax.sweep.engine import Engine
from rvsjax.sweep.engine.compilation import Programs
if sys.argv[1] == "load":
    Programs._compile = None
found = Engine(made.cube, 2, keeper=Cache(Path("kept")))([np.float64(0.1)])
print(found.tobytes().hex())
"""
    (tmp_path / "kept").mkdir()
    told = [
        subprocess.check_output([sys.executable, "-c", code, how], cwd=tmp_path)
        for how in ("compile", "load")
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x80\x04N."])
def test_what_cannot_be_loaded_is_compiled_anew(forget, data):
    kept = Kept()
    forget()
    expected = Engine(chaos, 2, keeper=kept)(items(0.3))
    (key,) = kept
    kept[key] = data
    forget()
    assert np.array_equal(Engine(chaos, 2, keeper=kept)(items(0.3)), expected)
    assert len(kept[key]) > len(data)


def test_a_function_that_text_cannot_tell_is_not_kept(forget):
    """A closure has values, another package's class has code, that no key shows."""
    kept, factor = Kept(), 3.0
    forget()
    for function in (lambda item: factor * item.x.sum(), functools.partial(square)):
        Engine(function, 2, keeper=kept)(items(1))
    Engine(proximal, 1, keeper=kept)([(L0(), np.float64(0.3))])
    assert not kept


def proximal(item):
    return item[0].prox(item[1], 0.1)


def test_whatever_decides_a_program_is_in_its_key(forget, monkeypatch):
    kept = Kept()
    forget()
    Engine(square, 2, keeper=kept)(items(1))
    Engine(square, 4, keeper=kept)(items(1))  # width
    Engine(square, 2, keeper=kept)(items(1, size=5))  # shape
    Engine(square, 2, keeper=kept)([Item(np.ones(3, "float32"))])  # dtype
    Engine(square, 2, options={}, keeper=kept)(items(1))
    assert len(kept) == 5
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    forget()
    Engine(square, 2, keeper=kept)(items(1))
    assert len(kept) == 6


# -- stages ----------------------------------------------------------------------------


class Walk(NamedTuple):
    x: np.ndarray
    steps: int


def begin(item, table):
    return {"x": item.x + table[0], "sum": item.x.sum()}


def advance(item, carry, number, table):
    x = 3.9 * carry["x"] * (1 - carry["x"]) + 1e-3 * table[number]
    return {"x": x, "sum": carry["sum"] + number}


STAGES = Resumable(begin, advance, lambda item: 5)
TABLE = np.linspace(0, 1, 5)


def by_hand(item):
    x, total = item.x + TABLE[0], item.x.sum()
    for number in range(5):
        x = 3.9 * x * (1 - x) + 1e-3 * TABLE[number]
        total += number
    return {"x": x, "sum": total}


def staged(**options):
    return Engine(STAGES, 2, shared=[TABLE], **options)


def test_stages_are_taken_in_order_with_what_is_shared():
    asked = items(0.1, 0.2)
    found = staged()(asked)
    for i, item in enumerate(asked):
        for name, value in by_hand(item).items():
            np.testing.assert_allclose(found[name][i], value, rtol=1e-13)


def run_blocks(engine, asked, stop=lambda: False):
    stream = blocks(asked, lambda item: item.x.shape, 2)
    return [future.result() for _, future in engine.run(stream, lambda x: x, stop)]


def test_a_function_is_traced_once_however_many_blocks_there_are():
    """Where checkpoints may be, too: to trace a sweep's program takes half a second."""
    traced = []

    def cube(item):
        traced.append(item)
        return item.x**3

    engine = Engine(cube, 2, jax.devices()[:1], checkpoints=Kept())
    assert len(run_blocks(engine, items(1, 2, 3, 4, 5, 6))) == 3
    assert len(traced) == 1


def test_stages_under_way_are_counted_and_those_kept_told_apart():
    """Blocks and threads ask whether to stop: before each stage, and at other times."""
    asked, kept, seen = items(0.1, 0.2), Kept(), []
    first = staged(checkpoints=kept, workers=jax.devices()[:1])

    def stop():
        seen.append(first.under_way.get(0, 0))
        return seen[-1] > 0.5

    assert not run_blocks(first, asked, stop)
    np.testing.assert_allclose(sorted(set(seen)), [0, 0.2, 0.4, 0.6])
    again = staged(checkpoints=kept, workers=jax.devices()[:1])
    run_blocks(again, asked)
    np.testing.assert_allclose(again.resumed, 0.6)
    assert not first.under_way
    assert not again.under_way


def test_stages_go_on_where_they_were_left_to_the_same_bits():
    """Stopped after each number of stages, and gone on with by another engine."""
    asked = items(0.1, 0.2, 0.3)
    whole = run_blocks(staged(), asked)
    for left in range(1, 5):
        kept, calls = Kept(), []

        def stop(kept=kept, left=left):
            return kept.told >= left

        first = staged(checkpoints=kept)
        assert run_blocks(first, asked[:2], stop) == []
        assert kept.told >= left
        again = staged(checkpoints=kept, workers=jax.devices()[:1])
        whole_advance = again._advance

        def counted(*args, calls=calls, advance=whole_advance):
            calls.append(args[2])
            return advance(*args)

        again._advance = counted
        found = run_blocks(again, asked)
        assert calls == [*range(left, 5), *range(5)]  # the first block, the second
        jax.tree.map(np.testing.assert_array_equal, found, whole)


@pytest.mark.parametrize("harm", ["cut", "other", "empty", "shapes"])
def test_a_checkpoint_that_is_none_is_as_if_absent(harm):
    asked = items(0.1, 0.2)
    whole = run_blocks(staged(), asked)
    kept = Kept()
    run_blocks(staged(checkpoints=kept), asked)
    [key] = kept
    kept[key] = {
        "cut": kept[key][:100],
        "other": b"PK no archive",
        "empty": b"",
        "shapes": kept_of_another_shape(),
    }[harm]
    jax.tree.map(
        np.testing.assert_array_equal,
        run_blocks(staged(checkpoints=kept), asked),
        whole,
    )


def kept_of_another_shape():
    kept = Kept()
    run_blocks(staged(checkpoints=kept), items(0.1, 0.2, size=4))
    return next(iter(kept.values()))

"""Numbers are numbers whoever made them; what fits no run is told where it is made."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rvsjax
from rvsjax.environment.numbers import flat, plain
from rvsjax.errors import SweepFileError
from rvsjax.models.no_overlap import Teacher
from rvsjax.penalties import L0, Largest, TransformedL1
from rvsjax.simulation.run import Run
from rvsjax.simulation.simulate import simulate
from rvsjax.sweep.store import FolderError
from rvsjax.types import Hyper


def make(**given):
    teacher = Teacher([0.6, 0.8, 0.0], 20)
    fields = {"teacher": teacher, "start": [0.0, 0.6, -0.8], "penalty": L0()}
    fields |= {"hyper": Hyper(1e-4, 4e-3, 0.1), "algorithm": rvsjax.rvscgd, "steps": 5}
    return Run(**fields | given)


def test_whatever_holds_numbers_is_plain():
    given = {"a": (np.float32(0.5), jnp.arange(2)), "b": range(2), "c": np.array(3)}
    assert plain(given) == {"a": [0.5, [0, 1]], "b": [0, 1], "c": 3}
    assert flat(np.arange(6).reshape(2, 3)) == [0, 1, 2, 3, 4, 5]
    assert flat(np.array([0.5, 2], np.longdouble)) == [0.5, 2.0]
    assert type(plain(np.longdouble(0.5))) is float


@pytest.mark.parametrize(
    "a",
    [
        *(np.uint8(20), np.int8(100), jnp.int8(100), np.int64(20), np.array(20)),
        *(np.float16(300), jnp.float16(300), jnp.bfloat16(20), np.longdouble(20)),
        *(20, np.float32(20), np.float64(20), jnp.float32(20), [20.0], (20,)),
    ],
    ids=lambda a: f"{type(a).__name__} {getattr(a, 'dtype', '')}",
)
@pytest.mark.parametrize("m", [0.01, 30.0])
def test_a_shape_is_the_same_in_few_bits(a, m):
    """The square of 20 is none of 8 bits, that of 300 is infinite in 16."""
    x = jnp.array([-40.0, 0.3, 31.0, 36.0])
    [number] = flat(a)
    given, right = TransformedL1(a), TransformedL1(jnp.float64(number))
    for name in ("prox", "branch"):
        found = getattr(given, name)(x, m)
        assert found.dtype == x.dtype
        np.testing.assert_allclose(found, getattr(right, name)(x, m), rtol=1e-5)
    np.testing.assert_allclose(given.threshold(m), right.threshold(m), rtol=1e-5)
    np.testing.assert_allclose(given.jump(m), right.jump(m), rtol=1e-5, atol=1e-9)


def test_a_run_takes_numbers_in_its_own_dtype():
    end = jax.jit(lambda run: simulate(run).monitor.theta.value)
    right = end(make(hyper=Hyper(*map(jnp.float64, (1e-4, 4e-3, 0.1)))))
    numbers = Hyper(np.float64(1e-4), 4e-3, jnp.float64(0.1))
    assert end(make()) == end(make(hyper=numbers)) == right
    single = make(
        start=jnp.array([0, 0.6, -0.8], "float32"),
        teacher=Teacher(jnp.array([0.6, 0.8, 0], "float32"), 20),
    )
    assert {x.dtype for x in single.hyper} == {np.dtype("float32")}
    assert type(make(steps=np.int64(5), points=jnp.int32(3)).points) is int


WRONG = {
    "a class": ({"penalty": L0}, TypeError, "the penalty is <class"),
    "a word": ({"penalty": "l0"}, TypeError, "the penalty is 'l0'; give an object"),
    "a name": ({"algorithm": "rvscgd"}, ValueError, "algorithm is 'rvscgd'; it must"),
    "a tuple": ({"hyper": (1, 2, 3)}, ValueError, r"hyper must be rvsjax.Hyper\(lam"),
    "below 0": ({"hyper": Hyper(-1, 1, 1)}, ValueError, "lam is -1; it must be finite"),
    "text": ({"hyper": Hyper(1, "b", 1)}, ValueError, "beta is 'b'; it must be finite"),
    "half a step": ({"steps": 1.5}, ValueError, "steps is 1.5; it must be a whole"),
    "one point": (
        {"points": 1},
        ValueError,
        "points is 1; .* whole number, at least 2",
    ),
    "few weights": ({"start": [0, 1]}, ValueError, "start has 2 weights, w_star 3"),
    "a direction": ({"start": 1.0}, ValueError, "start is 1.0; it must be a vector"),
    "no teacher": ({"teacher": "t"}, ValueError, "the teacher is 't'; it must be"),
    "two dtypes": (
        {"start": jnp.array([0, 1, 0], "float32")},
        ValueError,
        "w_star is of float64, start of float32; one dtype is needed",
    ),
}


@pytest.mark.parametrize(("given", "kind", "what"), WRONG.values(), ids=WRONG)
def test_what_fits_no_run_is_told_where_it_is_made(given, kind, what):
    with pytest.raises(kind, match=f"Run: {what}"):
        make(**given)


@pytest.mark.parametrize(
    "a", [0, -1.0, np.float32(-1), jnp.nan, "a", [1.0, 0.0], 10**400]
)
def test_what_is_no_shape_of_transformed_l1_is_told(a):
    with pytest.raises(
        ValueError, match="TransformedL1: a is .*must be finite, above 0"
    ):
        TransformedL1(a)


@pytest.mark.parametrize("s", [2.5, np.float64(2), "2", True])
def test_what_is_no_number_of_entries_is_told(s):
    with pytest.raises(ValueError, match="Largest: s is .*must be a whole number"):
        Largest(s)


def test_what_a_limit_is_asked_of_is_told():
    with pytest.raises(ValueError, match="limit_point: the run is 3; it must be"):
        rvsjax.limit_point(3)
    with pytest.raises(
        ValueError, match=r"near has the shape \(2,\), the start \(3,\)"
    ):
        rvsjax.limit_point(make(), near=[1, 0])


VALUES = [  # a setting, and the same as a file has it
    ({"steps": np.int64(3)}, 1),
    ({"eta": np.array([0.05, 0.1])}, 2),
    ({"eta": (0.05, jnp.float64(0.1))}, 2),
    ({"seeds": np.int64(2)}, 2),
    ({"d": range(5, 8)}, 3),
]


@pytest.mark.parametrize(("given", "runs"), VALUES)
def test_run_takes_what_grid_takes(given, runs, monkeypatch):
    asked = []
    monkeypatch.setattr("rvsjax.api.run_plan", lambda plan, *_: asked.append(plan))
    small = {"nnz": 1, "steps": 3}
    rvsjax.run(rvsjax.grid("x", **small), **given)
    rvsjax.run(rvsjax.grid("x", **small | given))
    ours, theirs = ([item.run_id for item in plan] for plan in asked)
    assert ours == theirs and len(ours) == runs


def test_what_is_no_path_is_told():
    with pytest.raises(
        SweepFileError, match="file  must be a path, or what rvsjax.grid"
    ):
        rvsjax.run(3)
    with pytest.raises(SweepFileError, match="out  must be a path, got 5"):
        rvsjax.run(rvsjax.grid("x"), 5)
    for folder in (3, None, ["out"]):
        with pytest.raises(FolderError, match="is a path, not"):
            rvsjax.load(folder)

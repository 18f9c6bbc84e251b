"""The smallest entries of all kernels together: which, how many, whatever the ties."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.nn.smallest import smallest

SHAPES = {"a": (7, 5), "b": (4, 3, 2), "c": (11, 1)}
SIZE = 70


def expected(flat, number):
    """By a stable sort of NumPy: of equal entries the last ones go first."""
    order = np.argsort(np.abs(flat)[::-1], kind="stable")
    out = np.zeros(len(flat), bool)
    out[len(flat) - 1 - order[:number]] = True
    return out


def tree(flat):
    ends = np.cumsum([np.prod(shape) for shape in SHAPES.values()])
    parts = np.split(np.asarray(flat, np.float32), ends[:-1])
    return {k: x.reshape(SHAPES[k]) for k, x in zip(SHAPES, parts)}


find = jax.jit(smallest)


def found(flat, share):
    pruned = find(tree(flat), np.float32(share))
    return np.concatenate([np.asarray(pruned[k]).ravel() for k in SHAPES])


DRAWS = {
    "distinct": lambda rng: rng.normal(size=SIZE),
    "scales": lambda rng: rng.normal(size=SIZE) * 10.0 ** rng.integers(-44, 38, SIZE),
    "ties": lambda rng: rng.integers(-2, 3, SIZE),
    "equal": lambda rng: np.full(SIZE, 0.5),
    "zeros": lambda rng: np.zeros(SIZE),
}


@pytest.mark.parametrize("kind", DRAWS)
def test_which_and_how_many(kind):
    flat = DRAWS[kind](np.random.default_rng(0)).astype(np.float32)
    for number in range(SIZE + 1):
        got = found(flat, number / SIZE)
        assert got.sum() == number
        np.testing.assert_array_equal(got, expected(flat, number))


def test_a_network_that_diverged_does_not_look_alive():
    """NaN and infinity are the last to go, so that they stay to be seen."""
    flat = np.ones(SIZE, np.float32)
    flat[[3, 40]] = np.nan, -np.inf
    left = np.flatnonzero(~found(flat, (SIZE - 2) / SIZE))
    assert left.tolist() == [3, 40]


def test_kernels_mapped_at_once_are_one_after_another():
    rng = np.random.default_rng(1)
    flats, shares = rng.normal(size=(3, SIZE)), np.float32([0, 0.5, 0.9])
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *map(tree, flats))
    many = jax.jit(jax.vmap(smallest))(stacked, shares)
    for i, share in enumerate(shares):
        one = np.concatenate([np.asarray(many[k][i]).ravel() for k in SHAPES])
        np.testing.assert_array_equal(one, found(flats[i], share))


def test_nan_is_never_taken_out():
    """A network of NaN does not look sparse; of others the smallest go as before."""
    assert not found(np.full(SIZE, np.nan), 0.9).any()
    flat = np.random.default_rng(3).normal(size=SIZE)
    flat[10:30] = np.nan
    assert np.array_equal(found(flat, 0.5), expected(flat, 35) & ~np.isnan(flat))

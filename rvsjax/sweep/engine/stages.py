"""A computation in stages, which can be kept between them and gone on with."""

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

__all__ = ["Resumable", "dump", "load", "only"]

Pytree = Any


class Resumable(NamedTuple):
    """Pure functions that lead from an item to its result, one after another.

    ``begin(item, *shared) -> carry``, then ``advance(item, carry, number, *shared) ->
    carry`` for each number from 0 on, ``count(item)`` of them. The last carry is the
    result.
    """

    begin: Callable[..., Pytree]
    advance: Callable[..., Pytree]
    count: Callable[[Pytree], int]


def only(function: Callable[..., Pytree]) -> Resumable:
    """Return the stages of a function that has none: its begin is its end."""
    return Resumable(function, _nothing, _no_stages)


def _nothing(*_: Pytree) -> Pytree:
    return None


def _no_stages(item: Pytree) -> int:
    return 0


def dump(number: int, carry: Pytree) -> bytes:
    """Return the carry before a stage as plain arrays in bytes."""
    arrays = {f"{i}": np.asarray(x) for i, x in enumerate(jax.tree.leaves(carry))}
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, number=np.asarray(number), **arrays)
    return sink.getvalue()


def load(data: bytes, like: Pytree) -> tuple[int, Pytree] | None:
    """Return what `dump` was given; None for anything that is not a carry `like` it."""
    leaves, structure = jax.tree.flatten(like)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            number = int(kept["number"])
            arrays = [kept[f"{i}"] for i in range(len(leaves))]
    except Exception:  # whatever an archive of another make may cause: begin anew
        return None
    found = [(x.shape, x.dtype) for x in arrays]
    if number < 0 or found != [(x.shape, x.dtype) for x in leaves]:
        return None
    return number, structure.unflatten(arrays)

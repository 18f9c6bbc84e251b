"""Types that every room shares, and the glossary of symbols.

Symbols are the paper's (Dinh and Xin 2020, Frontiers 6:13); words are used elsewhere.

======== ===================================================================
symbol   meaning
======== ===================================================================
w        weights of the student, ``|w| = 1``, shape ``(d,)``
u        sparse copy of the weights, ``u = prox_{(lam/beta) P}(w)``
w_star   weights of the teacher, ``|w_star| = 1``
theta    angle between w and w_star in radians, in ``[0, pi]``
delta    ``pi - theta(w^0, w_star)``
k, d     number of patches, size of the filter
K        ``k / (2 pi)``: slope of the population loss and size of its coarse gradient
lam      weight of the penalty P (``lambda`` is reserved)
beta     weight of the coupling ``|w - u|^2 / 2``
eta      step size
m        ``lam / beta``, the scale of the prox
v        ``w^t - eta E g(w^t) - eta beta (w^t - u^{t+1})``, before normalisation
gamma    angle between w and u
z        multiplier of ``w = u`` in ADMM, shape ``(d,)``
======== ===================================================================

Weights, their gradients and v are ``(d,)``; an array whose shape is not told is a
scalar. `jax.vmap` puts axes of runs in front of either.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol, TypeVar, dataclass_transform

import jax
import jax.numpy as jnp
from jax import Array

__all__ = [
    "Algorithm",
    "Array",
    "Gradient",
    "Hyper",
    "Penalty",
    "State",
    "need_penalty",
    "pytree",
    "static",
]

Gradient = Callable[[Array], Array]
"""``w (d,) -> E g(w) (d,)``, or an estimate of it."""

T = TypeVar("T")


def static(**options: Any) -> Any:
    """Mark a field of a `pytree` class as part of its type, hence of the program."""
    return dataclasses.field(metadata={"static": True}, **options)


@dataclass_transform(frozen_default=True, field_specifiers=(static,))
def pytree(cls: type[T]) -> type[T]:
    """Make a frozen dataclass whose fields are leaves, except those marked `static`.

    Static fields are what a program is compiled for; leaves are what it is mapped over.
    The class itself is among the static data: JAX takes the structures of two
    dataclasses without leaves, such as two penalties, for equal (`register_dataclass`,
    jax 0.10.1 and 0.12.0), and a program of the one could be run for the other.
    `__post_init__` sees what a user makes, not what JAX puts together from leaves.
    """
    made = dataclasses.dataclass(frozen=True)(cls)
    fields = dataclasses.fields(made)  # type: ignore[arg-type]
    leaves = [f.name for f in fields if not f.metadata.get("static")]
    fixed = [f.name for f in fields if f.metadata.get("static")]

    def flatten(tree: T) -> tuple[tuple, tuple]:
        aux = made, *(getattr(tree, name) for name in fixed)
        return tuple(getattr(tree, name) for name in leaves), aux

    def unflatten(aux: tuple, children: Iterable) -> T:
        tree = object.__new__(made)
        for name, value in zip((*leaves, *fixed), (*children, *aux[1:])):
            object.__setattr__(tree, name, value)
        return tree

    jax.tree_util.register_pytree_node(made, flatten, unflatten)
    return made


class Hyper(NamedTuple):
    """Hyperparameters of a run: scalars, traced, so that no value recompiles."""

    lam: Array
    beta: Array
    eta: Array

    @property
    def m(self) -> Array:
        """``lam / beta``, the scale of the prox; 0 where there is no coupling."""
        coupled = self.beta > 0
        return jnp.where(coupled, self.lam / jnp.where(coupled, self.beta, 1), 0)


class State(NamedTuple):
    """State of an algorithm between steps; None where a method has none of it."""

    w: Array  # (d,)
    u: Array  # (d,)
    tail: Array | None = None  # (d,) what w leaves out, where weights are compensated
    z: Array | None = None  # (d,) the multiplier of ADMM


class Penalty(Protocol):
    """A sparsity penalty P and its proximal operator.

    A sum over coordinates, even, 0 at 0. Rounding is bounded, and convergence proved,
    by the slope of the branch: it must not rise beyond the threshold. More may be
    declared by a class:

    - ``thresholded`` and ``convex``, class variables: ``|x - prox(x)| <= t`` for all x,
      and P is convex. Corollary 1.1 is about those that are thresholded and not convex.
    - ``smaller_root(x, largest, m)``: the other root of ``u + m P'(u) = x``, given the
      largest one, where there are two. Without, a limit is sought among the largest.
    - ``steepest(x, m, radius)``: the largest slope of the prox within a radius of x
      ``(d,)``, infinite where it jumps there. With it, P need not be a sum, nor its
      slopes fall; no limit is solved for.
    - ``exact(m, **parameters)``, a static method: the same in 50 digits, an
      `rvsjax.penalties.ExactProx`. Without, its claims cannot be certified.
    """

    def value(self, u: Array) -> Array:
        """Return ``P(u)``, a scalar."""
        ...

    def threshold(self, m: Array) -> Array:
        """Return t, a scalar: the prox is 0 exactly where ``|x| <= t``."""
        ...

    def jump(self, m: Array) -> Array:
        """Return the size of the prox just beyond t, a scalar: 0 if continuous."""
        ...

    def branch(self, x: Array, m: Array) -> Array:
        """Return the largest root of ``u + m P'(u) = x``, shape ``(d,)``."""
        ...

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``argmin_u m P(u) + |u - x|^2 / 2``, shape ``(d,)``."""
        ...


def need_penalty(what: str, penalty: Any) -> None:
    """Raise TypeError where an object is no penalty: a word, or a class itself."""
    if isinstance(penalty, type) or not callable(getattr(penalty, "prox", None)):
        known = "such as rvsjax.L0(), rvsjax.L1() or rvsjax.TransformedL1(1.0)"
        raise TypeError(f"{what}: the penalty is {penalty!r}; give an object {known}")


class Algorithm(NamedTuple):
    """A method as a pair of pure functions.

    ``init(w, hyper, penalty) -> State`` and
    ``step(state, hyper, gradient, penalty) -> (State, |v|)``, where ``|v|`` is the
    length of the new weights before they are normalised, if the method normalises them.
    """

    init: Callable[[Array, Hyper, Penalty], State]
    step: Callable[[State, Hyper, Gradient, Penalty], tuple[State, Array]]

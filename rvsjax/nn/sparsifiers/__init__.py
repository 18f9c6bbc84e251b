"""Methods that make a network sparse, a file each, each with `optimiser` and `sparse`.

``optimiser(network, descent) -> optax.GradientTransformation`` puts what a method adds
around stochastic gradient descent, and ``sparse(network, w, state) -> u`` gives the
sparse network, with biases and normalisations of w. A transformation that takes extra
arguments is told ``progress``, the part of the training that is over, in [0, 1).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import optax

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import Parameters
from rvsjax.nn.sparsifiers import (
    admm,
    dense,
    gradual_pruning,
    magnitude_pruning,
    relaxed_splitting,
)

__all__ = ["METHODS", "Method"]

Transformation = optax.GradientTransformation


class Method(NamedTuple):
    """A method as two pure functions."""

    optimiser: Callable[[Network, Transformation], Transformation]
    sparse: Callable[[Network, Parameters, Any], Parameters]


METHODS = {
    "plain": Method(dense.optimiser, dense.sparse),
    "rvscgd": Method(relaxed_splitting.optimiser, relaxed_splitting.sparse),
    "admm": Method(admm.optimiser, admm.sparse),
    "magnitude": Method(magnitude_pruning.optimiser, magnitude_pruning.sparse),
    "gradual": Method(gradual_pruning.optimiser, gradual_pruning.sparse),
}

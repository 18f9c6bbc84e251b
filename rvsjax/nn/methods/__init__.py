"""How networks become sparse: a file a method, each with `optimiser` and `sparse`.

``optimiser(network, descent) -> optax.GradientTransformation`` puts what a method adds
around stochastic gradient descent, and ``sparse(network, w, state) -> u`` gives the
sparse network, with biases and normalisations of w. A transformation that takes extra
arguments is told ``progress``, the part of the training that is over, in [0, 1).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import optax

from rvsjax.nn.lenet import Parameters
from rvsjax.nn.methods import admm, gradual, magnitude, plain, rvscgd
from rvsjax.nn.network import Network

__all__ = ["METHODS", "Method"]

Transformation = optax.GradientTransformation


class Method(NamedTuple):
    """A method as two pure functions."""

    optimiser: Callable[[Network, Transformation], Transformation]
    sparse: Callable[[Network, Parameters, Any], Parameters]


METHODS = {
    "plain": Method(plain.optimiser, plain.sparse),
    "rvscgd": Method(rvscgd.optimiser, rvscgd.sparse),
    "admm": Method(admm.optimiser, admm.sparse),
    "magnitude": Method(magnitude.optimiser, magnitude.sparse),
    "gradual": Method(gradual.optimiser, gradual.sparse),
}

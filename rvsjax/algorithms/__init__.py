"""Methods under one interface: `init` and `step`, one file a method."""

from rvsjax.algorithms import cgd, compensated, rvscgd
from rvsjax.types import Algorithm

__all__ = ["ALGORITHMS", "COMPENSATED"]

ALGORITHMS = {
    "rvscgd": Algorithm(rvscgd.init, rvscgd.step),
    "cgd": Algorithm(cgd.init, cgd.step),
}

COMPENSATED = {
    "rvscgd": Algorithm(compensated.init, compensated.step),
}
"""The same methods, with weights that are a sum of two numbers."""

"""Methods under one interface: `init` and `step`, one file a method."""

from rvsjax.algorithms import cgd, rvscgd
from rvsjax.types import Algorithm

__all__ = ["ALGORITHMS"]

ALGORITHMS = {
    "rvscgd": Algorithm(rvscgd.init, rvscgd.step),
    "cgd": Algorithm(cgd.init, cgd.step),
}

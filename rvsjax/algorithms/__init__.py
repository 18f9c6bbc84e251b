"""Methods under one interface: `init` and `step`, one file a method.

`hard_projection` is `prox_cgd`, to be run with the penalty `Largest`; `relu_descent` is
to be run with the gradient of `rvsjax.models.relu`.
"""

from rvsjax.algorithms import (
    admm,
    cgd,
    gradient_descent,
    prox_cgd,
    rvscgd,
    rvscgd_compensated,
    rvscgd_free,
)
from rvsjax.types import Algorithm

__all__ = ["ALGORITHMS", "COMPENSATED"]

ALGORITHMS = {
    "rvscgd": Algorithm(rvscgd.init, rvscgd.step),
    "rvscgd_free": Algorithm(rvscgd_free.init, rvscgd_free.step),
    "cgd": Algorithm(cgd.init, cgd.step),
    "prox_cgd": Algorithm(prox_cgd.init, prox_cgd.step),
    "hard_projection": Algorithm(prox_cgd.init, prox_cgd.step),
    "admm": Algorithm(admm.init, admm.step),
    "admm_free": Algorithm(admm.init, admm.step_free),
    "relu_descent": Algorithm(gradient_descent.init, gradient_descent.step),
}

COMPENSATED = {
    "rvscgd": Algorithm(rvscgd_compensated.init, rvscgd_compensated.step),
}
"""The same methods, with weights that are a sum of two numbers."""

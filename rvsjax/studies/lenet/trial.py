"""A network of `lenet` as a sweep names it."""

from typing import Any

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import LeNet
from rvsjax.penalties import make_penalty
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.study import leaf
from rvsjax.types import pytree, static

__all__ = ["LeNetTrial", "make_trial"]


@pytree
class LeNetTrial:
    """A network, and how many of the images it is given."""

    network: Network
    train_images: int | None = static()
    test_images: int | None = static()


def make_trial(item: RunConfig, points: int, kernel: str = "plain") -> LeNetTrial:
    """Turn the names and numbers of an item into a trial; every epoch is recorded."""
    given = item.parameters

    def real(name: str) -> Any:
        return leaf("float32", given[name])

    net = LeNet(
        inputs=given["inputs"],
        surrogate=given["surrogate"] or "relu",
        bits=given["bits"] or None,
        batch_norm=given["batch_norm"],
        full_first=bool(given["full_first"]),
        full_last=bool(given["full_last"]),
    )
    network = Network(
        seed=leaf("uint32", item.seed),
        learning_rate=real("learning_rate"),
        momentum=real("momentum"),
        weight_decay=real("weight_decay"),
        lam=real("lam"),
        beta=real("beta"),
        growth=real("growth"),
        sparsity=real("sparsity"),
        gain=real("gain"),
        penalty=make_penalty(given["penalty"], real),
        architecture=net,
        method=given["method"],
        epochs=given["epochs"],
        batch=given["batch"],
    )
    return LeNetTrial(network, given["train_images"], given["test_images"])

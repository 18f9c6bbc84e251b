"""The vocabulary of each study, by its registered name."""

from rvsjax.sweep.plan.lenet import LENET
from rvsjax.sweep.plan.parameters import Vocabulary
from rvsjax.sweep.plan.rvscgd import RVSCGD
from rvsjax.sweep.plan.two_layer import TWO_LAYER

__all__ = ["VOCABULARIES"]

VOCABULARIES: dict[str, Vocabulary] = {
    vocabulary.study: vocabulary for vocabulary in (RVSCGD, TWO_LAYER, LENET)
}

"""The vocabulary of each study, by its registered name."""

from rvsjax.spec.lenet import LENET
from rvsjax.spec.parameters import Vocabulary
from rvsjax.spec.rvscgd import RVSCGD
from rvsjax.spec.two_layer import TWO_LAYER

__all__ = ["VOCABULARIES"]

VOCABULARIES: dict[str, Vocabulary] = {
    vocabulary.study: vocabulary for vocabulary in (RVSCGD, TWO_LAYER, LENET)
}

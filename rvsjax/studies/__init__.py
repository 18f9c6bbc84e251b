"""What sweeps study, each by its registered name: from an item to its rows."""

from rvsjax.studies import lenet, rvscgd, two_layer
from rvsjax.studies.study import Study
from rvsjax.sweep.plan.plan import Plan

__all__ = ["STUDIES", "Study", "study_of"]

STUDIES: dict[str, Study] = {
    "rvscgd": rvscgd.STUDY,
    "two_layer": two_layer.STUDY,
    "lenet": lenet.STUDY,
}


def study_of(plan: Plan) -> Study:
    """Return the study of a plan."""
    return STUDIES[plan.document.study]

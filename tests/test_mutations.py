"""Mutations stand where they say: each text once in its file, with tests that exist."""

import pytest

from tests import ROOT
from tests.mutations.mathematics import MUTATIONS as MATHEMATICS
from tests.mutations.plan import MUTATIONS as PLAN
from tests.mutations.store import MUTATIONS as STORE


@pytest.mark.parametrize(
    "mutation", [*MATHEMATICS, *STORE, *PLAN], ids=lambda m: m.file
)
def test_a_mutation_can_be_made(mutation):
    assert (ROOT / mutation.file).read_text().count(mutation.old) == 1
    assert mutation.old != mutation.new
    for test in mutation.tests.split():
        assert (ROOT / test.partition("::")[0]).exists(), test

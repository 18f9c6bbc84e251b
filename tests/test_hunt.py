"""No verdict is false: hard runs, judged in floats, replayed in 50 digits."""

import dataclasses
from collections import Counter

import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.penalties import L1
from rvsjax.studies.rvscgd.parameters import PARAMETERS as RVSCGD
from rvsjax.studies.rvscgd.parameters import direction
from rvsjax.sweep.plan.document import parse
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.theory import RUN_CLAIMS, exact
from rvsjax.types import pytree
from tests.hunt import (
    FALSE,
    FEW_SHAPES,
    Finding,
    Shape,
    compare,
    draw,
    examine,
    judge_batch,
    sweep_file,
)

RUNS = 500


def hunt(shape, runs, seed, claims=RUN_CLAIMS, **broken):
    rng = np.random.default_rng([2026, seed])
    drawn = [draw(shape, rng) for _ in range(runs)]
    judge = {"judge": judge_batch(claims, **broken)} if claims is not RUN_CLAIMS else {}
    seen = examine(shape, drawn, **judge)
    return [x for pair in zip(drawn, seen) for x in compare(*pair, claims)]


@pytest.fixture(scope="module")
def found():
    share = -(-RUNS // len(FEW_SHAPES))
    return [
        finding
        for seed, shape in enumerate(FEW_SHAPES)
        for finding in hunt(shape, share, seed)
    ]


def false_ones(found):
    return [x for x in found if x.kind in FALSE]


def test_no_verdict_of_500_hard_runs_is_false(found):
    """If one is, the message has the sweep file that shows it."""
    false = false_ones(found)
    texts = "\n".join(map(sweep_file, false[:5]))
    assert not false, f"{Counter((x.claim, x.kind) for x in false)}\n{texts}"


def test_every_claim_that_has_a_twin_is_decided_often_enough(found):
    """A judge that says `undecided` to everything would never be wrong."""
    verdicts = Counter((x.claim, x.verdict) for x in found)
    for claim in exact.CLAIMS:
        decided = verdicts[claim, "holds"] + verdicts[claim, "violated"]
        assert decided >= 10, claim
        assert 3 * decided >= verdicts[claim, "undecided"], claim
    assert verdicts["lemma_5_stated", "violated"] >= 10


# -- the hunt finds what is wrong ------------------------------------------------------


def changed(name, **fields):
    """The claim with fields of its check replaced."""

    def claim(evidence):
        check = RUN_CLAIMS[name](evidence)
        return check._replace(**{x: change(check) for x, change in fields.items()})

    return {name: claim}


def without(check, label):
    return {name: truth for name, truth in check.hypotheses.items() if name != label}


def nothing(check):
    return jnp.zeros_like(check.allowance)


BROKEN = {
    "no rounding": changed("lemma_5_corrected", allowance=nothing),
    "no condition on eta": changed(
        "lemma_5_corrected", hypotheses=lambda x: without(x, "eta <= 1/(beta + K)")
    ),
    "always": changed("lemma_5_stated", observed=nothing),
    "never": changed("lemma_6_stated", observed=lambda x: x.allowance * 2),
}


@pytest.mark.parametrize("claims", BROKEN.values(), ids=BROKEN)
def test_a_broken_judge_is_found(claims):
    assert false_ones(hunt(Shape("l1", 2, 40), 100, 0, claims))


@pytree
class Wrong(L1):
    """The prox with a larger threshold than its penalty has."""

    def prox(self, x, m):
        return super().prox(x, 3 * m)


def test_a_wrong_prox_is_found():
    shape, claims = Shape("l1", 2, 40), {"l1_bound": RUN_CLAIMS["l1_bound"]}

    def change(run):
        return dataclasses.replace(run, penalty=Wrong())

    assert false_ones(hunt(shape, 100, 0, claims, change=change))


# -- what it is made of ----------------------------------------------------------------


def test_runs_follow_from_their_generator():
    for shape in FEW_SHAPES:
        one, other = (draw(shape, np.random.default_rng(7)) for _ in range(2))
        assert one == other


def test_no_number_is_one_that_a_sweep_file_may_not_have():
    """Beside an entry of 0 a threshold of a negative lam was once drawn."""
    shape, rng = Shape("transformed-l1", 3, 3, "float32"), np.random.default_rng(4)
    drawn = [draw(shape, rng) for _ in range(1500)]
    assert min(x["lam"] for x in drawn) == 0
    assert all(x[name] > 0 for x in drawn for name in ("beta", "eta", "a"))


@pytest.mark.parametrize("shape", FEW_SHAPES[1::4], ids=str)
def test_a_sweep_file_gives_the_very_run(shape):
    """Written as text and read again, no number has lost a bit."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        drawn = draw(shape, rng)
        text = sweep_file(Finding("lemma_7", "holds", "stalled", drawn, {}, {}))
        [item] = make_plan(parse(text))
        there, here = item.parameters, RVSCGD.complete(drawn)
        for name in ("w_star", "w_start"):  # written another way
            assert direction(there.pop(name)) == direction(here.pop(name))
        assert there == here

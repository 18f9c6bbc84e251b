"""No verdict is false: hard runs, judged in floats, replayed in 50 digits."""

import dataclasses
from collections import Counter

import jax.numpy as jnp
import numpy as np
import pytest

from rvsjax.penalties import L1
from rvsjax.studies.rvscgd.parameters import PARAMETERS as RVSCGD
from rvsjax.studies.rvscgd.parameters import direction
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
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

pytestmark = pytest.mark.slow

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


# -- what a hunt of 50,000 runs found --------------------------------------------------

TIED = Shape("l0", 3, 40, k=1)
LOW = Shape("l0", 2, 300, "float32", precision="compensated", k=1)
SHORT = Shape("l0", 2, 3, k=1)
ALONE = Shape("transformed-l1", 1, 40, "float32")

# of each: w_star, w_start, eta, lam, beta, a
FALSE_ONCE = {
    TIED: [
        (
            "0.23570226039551587, -0.23570226039551587, 0.9428090415820635",
            "0.5773502691896258, 0.5773502691896258, -0.5773502691896258",
            *(3.4168721125267503, 0.05933794913080237, 0.13351038554430533),
        ),
        (
            "-0.003454115820901155, -0.9998027652129332, -0.01955760098959319",
            "-0.38741486558858473, 0.01936827602074143, -0.9217020081376428",
            *(4.498817378267022, 0.03155039842256221, 0.06312569555567903),
        ),
        (
            "-2.401643866488939e-07, 0.9999999992043564, -3.9890215435622086e-05",
            "-0.963316135749428, -1.093665906886989e-05, -0.26836919064076475",
            *(3.323921716414344, 0.04190280863176862, 0.08380561739689603),
        ),
        (  # another limit, of one coordinate more, is there or not
            "0.0, -0.9998795743210185, -0.015518919279987753",
            "0.0, -0.999901875893589, -0.014008518282871255",
            *(5.646755652377587, 2.0668215253472355e-06, 0.017163664755853143),
        ),
    ],
    LOW: [
        (
            "-0.3586523138564181, -0.9334712195699648",
            "-0.5708015065989546, -0.8210880830120258",
            *(1.40145742893219, 0.06934130936861038, 0.15915493667125702),
        ),
        (
            "-0.5906838882841645, 0.8069030574495927",
            "0.8069030574495928, 0.5906838882841645",
            *(2.2074363231658936, 0.054105982184410095, 0.12422758340835571),
        ),
    ],
    SHORT: [
        ("1.0, 0.0", "0.0, 1.0", 293.8312769787937, 0.0, 0.1067918234078322),
        (
            "0.4472135954999579, 0.8944271909999159",
            "0.33865375257881314, 0.9409110669262468",
            *(0.0014978680671257918, 0.005888191615554074, 0.058881916155540726),
        ),
        (
            "0.9701425001453319, -0.24253562503633297",
            "0.9701426768552819, -0.24253491819543918",
            *(3.8771094593800663, 1.4494973591581814e-08, 4.928291021137817e-07),
        ),
    ],
    ALONE: [  # lam within an epsilon of K/sqrt(d): the bound on C is 5e7
        (
            "-1.0",
            "-1.0",
            0.12463056296110153,
            *[3.183098793029785] * 2,
            3364.610107421875,
        )
    ],
}


@pytest.mark.parametrize("shape", FALSE_ONCE, ids=str)
def test_a_tie_decides_no_verdict(shape):
    """Limits at the threshold of l0, at last or on the way, and lam at its bound."""
    names = ("w_star", "w_start", "eta", "lam", "beta", "a")
    usual = draw(shape, np.random.default_rng(0))
    drawn = [usual | dict(zip(names, numbers)) for numbers in FALSE_ONCE[shape]]
    pairs = zip(drawn, examine(shape, drawn))
    assert not false_ones([x for pair in pairs for x in compare(*pair)])


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

"""What is set and has no meaning for any run is told in a sentence, never refused."""

import pytest

from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse

HEAD = 'version = 1\nname = "x"\nstudy = "{}"\n'
NOTHING = "{} has no meaning beside the other values; it changes nothing"
TOLD = {
    "a batch": ("[constants]\nbatch = 64", [NOTHING.format("batch")]),
    "a shape": ('[constants]\npenalty = "l1"\na = 2.0', [NOTHING.format("a")]),
    "an axis of one": ("[grid]\nbatch = [64]", [NOTHING.format("batch")]),
    "two": (
        "[constants]\nbatch = 64\na = 2.0",
        ["batch, a have no meaning beside the other values; they change nothing"],
    ),
    "used by some": (
        '[constants]\na = 2.0\n[grid]\npenalty = ["l1", "transformed-l1"]',
        [],
    ),
    "used": ('[constants]\nbatch = 64\ngradient = "minibatch"', []),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_has_no_meaning_is_told_once(case):
    text, notes = TOLD[case]
    plan = make_plan(parse(HEAD.format("rvscgd") + text))
    assert plan.notes == notes


def test_it_is_told_of_every_study():
    text = HEAD.format("two_layer") + "[constants]\nspread = 0.2"
    assert make_plan(parse(text)).notes == [NOTHING.format("spread")]

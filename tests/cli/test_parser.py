"""An option of the wrong kind is refused in a sentence, by its own name."""

import pytest

from rvsjax.cli.parser import make_parser

WRONG = {
    "text": ("x", "argument --seed: must be a whole number"),
    "half": ("1.5", "argument --seed: must be a whole number"),
    "5000 digits": ("9" * 5000, "argument --seed: must be a whole number"),
    "below 0": ("-1", "argument --seed: must be 0 or more"),
}


@pytest.mark.parametrize(("seed", "said"), WRONG.values(), ids=WRONG)
def test_a_seed_that_is_none_is_refused(capsys, seed, said):
    with pytest.raises(SystemExit) as refused:
        make_parser("verify").parse_args(["folder", f"--seed={seed}"])
    assert refused.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(said)


def test_a_seed_is_a_whole_number():
    assert make_parser("verify").parse_args(["folder", "--seed", "0"]).seed == 0

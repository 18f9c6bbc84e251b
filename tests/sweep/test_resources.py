"""Kernel, device and block mean in Python what they mean on the command line."""

import numpy as np
import pytest

import rvsjax
from rvsjax.cli.parser import make_parser
from rvsjax.errors import SweepFileError, UserError
from rvsjax.simulation import kernels
from rvsjax.sweep.options import Options, SweepStatus
from rvsjax.sweep.resources import DEVICES, KERNELS, check_resources, find_devices


def test_the_words_are_those_of_the_kernels_and_of_the_command_line():
    assert {*KERNELS} == {"auto", *kernels.KERNELS}
    options = {x.dest: x for x in make_parser("sweep")._actions}
    assert options["kernel"].choices == KERNELS
    assert options["device"].choices == DEVICES


@pytest.mark.parametrize("block", ["auto", None, 1, 2**20, np.int64(7)])
def test_what_is_asked_for_is_taken(block):
    """The number as the option has it."""
    asked = check_resources("native", "cpu", block)
    words = ["--block", str(block)] if block else []
    told = make_parser("sweep").parse_args(["x.toml", *words]).block
    assert asked == ("native", "cpu", told)
    assert check_resources("auto", "auto", block).kernel is None


WRONG = {
    "a word": ({"kernel": "fast"}, "kernel  must be one of auto, plain, .* 'fast'"),
    "another kind": ({"device": ["cpu"]}, r"device  must be one of .* got \['cpu'\]"),
    "none": ({"block": 0}, "block  must be a whole number from 1 to 1,048,576"),
    "half": ({"block": 1.5}, "block .*, got 1.5"),
    "too many": ({"block": 2**20 + 1}, "block .*, got 1048577"),
    "truth": ({"block": True}, "block .*, got True"),
    "all": ({"kernel": 1, "device": 2, "block": ""}, "(?s)kernel .*device .*block "),
    "a kind of bar": ({"progress": "bar"}, "progress  must be True, False or None"),
}


@pytest.mark.parametrize(("given", "said"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_before_anything_is_read(given, said):
    with pytest.raises(SweepFileError, match=said):
        rvsjax.run("no such file.toml", **given)


def test_a_device_that_is_not_here_is_told():
    with pytest.raises(UserError, match="--device tpu: JAX finds none here"):
        find_devices("tpu")


def test_they_reach_the_runner(monkeypatch, tmp_path):
    heard = []

    def run_plan(plan, source, out, options):
        heard.append(options)
        return SweepStatus(out, 0, False)

    monkeypatch.setattr("rvsjax.api.run_plan", run_plan)
    sweep = rvsjax.grid("few", study="two_layer")
    rvsjax.run(sweep, kernel="plain", device="cpu", block=4)
    rvsjax.run(sweep)
    asked, usual = heard
    assert (asked.kernel, asked.width) == ("plain", 4)
    assert asked.workers == find_devices("cpu")
    assert (usual.kernel, usual.width) == (Options().kernel, Options().width)
    assert usual.workers == find_devices("auto")

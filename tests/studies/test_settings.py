"""Whole sweeps of every study under settings of JAX: the same programs, rows, bytes.

Each sweep is run twice in one process, the second time under all settings together. A
program of the second is that of the first whose text is the same: none is compiled
again, and another text has none.
"""

import jax
import pytest

from rvsjax import STUDIES
from rvsjax.environment.jax_settings import pinned
from rvsjax.sweep.engine import compilation
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from tests import ROOT
from tests.environment.hostile import OTHER, settings

SWEEPS = {
    "rvscgd": """
[constants]
d = 5
steps = 20
penalty = "transformed-l1"
[record]
curves = 4
weights = true
""",
    "rvscgd of samples": """
[constants]
d = 5
k = 3
steps = 5
gradient = "minibatch"
batch = 4
dtype = "float32"
""",
    "two_layer": """
[constants]
k = 3
d = 4
steps = 20
[record]
curves = 4
weights = true
""",
    "lenet": """
[constants]
epochs = 1
batch = 60
train_images = 120
test_images = 60
penalty = "l1"
""",
}
QUICK = {"xla_backend_optimization_level": 0}


def test_each_study_is_here():
    assert {name.partition(" ")[0] for name in SWEEPS} == {*STUDIES}


def run(name, folder):
    """Return the bytes of the whole tables of a sweep of two blocks."""
    study = name.partition(" ")[0]
    text = f'version = 1\nname = "x"\nstudy = "{study}"\n{SWEEPS[name]}'
    text += "[seeds]\ncount = 3\n"
    digits = str(ROOT / "tests" / "digits") if study == "lenet" else None
    options = Options(
        width=2, kernel="plain", workers=tuple(jax.devices()[:1]), data=digits
    )
    ending = run_plan(make_plan(parse(text)), text, folder, options)
    assert (ending.blocks_left, ending.failed) == (0, False)
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


@pytest.mark.parametrize("name", SWEEPS)
def test_settings_of_jax_move_no_byte_of_a_sweep(name, tmp_path, monkeypatch):
    compiled = {}

    def lowered(function, arguments):
        with pinned():
            return jax.jit(function).lower(*arguments)

    def compile_first(self, function, arguments, device):
        program = lowered(function, arguments)
        return compiled.setdefault(program.as_text(), program.compile(QUICK))

    def compile_again(self, function, arguments, device):
        return compiled[lowered(function, arguments).as_text()]

    monkeypatch.setenv("RVSJAX_CACHE", "off")
    monkeypatch.setattr(compilation, "_programs", {})
    monkeypatch.setattr(compilation.Programs, "_compile", compile_first)
    usual = run(name, tmp_path / "usual")
    jax.clear_caches()
    compilation._programs.clear()
    monkeypatch.setattr(compilation.Programs, "_compile", compile_again)
    with settings(**OTHER):
        assert run(name, tmp_path / "hostile") == usual
    assert {"runs.parquet", "claims.parquet"} <= usual.keys()

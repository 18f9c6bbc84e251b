"""Every study of `STUDIES`: a small sweep, and all that can be asked of a folder.

A study comes under these tests by a sweep of its own in `SWEEPS`. Its programs are
compiled once, and all that follows runs them: under other settings of JAX a program is
that of the first whose text is the same, and another text has none.
"""

import contextlib
import shutil

import jax
import pyarrow.parquet as pq
import pytest

import rvsjax
from rvsjax import STUDIES
from rvsjax.cli.main import main
from rvsjax.environment.jax_settings import pinned
from rvsjax.results.schema import find_columns
from rvsjax.results.validation import is_known_study
from rvsjax.sweep.engine import compilation
from rvsjax.sweep.plan.parameters import RunConfig
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.registry import find_parameters, find_study
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import Store
from tests import ROOT
from tests.environment.hostile import OTHER, settings

pytestmark = pytest.mark.slow

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
OF_SAMPLES = """
[constants]
d = 5
k = 3
steps = 5
gradient = "minibatch"
batch = 4
dtype = "float32"
"""
IDS = {  # of the run of all defaults and seed 0, for ever
    "rvscgd": "9cab2529435ec32ead55",
    "two_layer": "3e25c3a4821c9f9bb5ee",
    "lenet": "bcbd8e1f8c6a89d8535f",
}
OF_CLAIMS = ("hyp_", "obs_", "bound_", "verdict_", "why_")
QUICK = {"xla_backend_optimization_level": 0}


def run(study, folder, lines=None):
    """Return the bytes of the whole tables of a sweep of two blocks."""
    text = f'version = 1\nname = "small"\nstudy = "{study}"\n{lines or SWEEPS[study]}'
    text += "[seeds]\ncount = 3\n"
    options = Options(width=2, kernel="plain", workers=tuple(jax.devices()[:1]))
    ending = run_plan(make_plan(parse(text)), text, folder, options)
    assert (ending.blocks_left, ending.failed) == (0, False)
    return bytes_of(folder)


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def lowered(function, arguments):
    with pinned():
        return jax.jit(function).lower(*arguments)


class Compiled:
    """Programs by their text, compiled quickly, in place of those of the engine."""

    def __init__(self):
        self.programs = {}

    def compile(self, programs, function, arguments, device):
        program = lowered(function, arguments)
        text = program.as_text()
        self.programs[text] = self.programs.get(text) or program.compile(QUICK)
        return self.programs[text]

    def find(self, programs, function, arguments, device):
        return self.programs[lowered(function, arguments).as_text()]


@contextlib.contextmanager
def compiled_once():
    compiled = Compiled()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RVSJAX_DATA", str(ROOT / "tests" / "digits"))
        patch.setenv("RVSJAX_CACHE", "off")
        patch.setattr(compilation, "_programs", {})
        patch.setattr(compilation.Programs, "_compile", lambda *a: compiled.compile(*a))
        yield compiled


@pytest.fixture(scope="module", params=SWEEPS)
def sweep(request, tmp_path_factory):
    """Return a study, the folder of its sweep and the programs of that."""
    folder = tmp_path_factory.mktemp("study") / "small"
    with compiled_once() as compiled:
        run(request.param, folder)
        yield request.param, folder, compiled


def test_it_is_resumed_to_the_same_bytes(sweep, tmp_path):
    """Without one of its blocks, the folder is completed to the same tables."""
    study, folder, _ = sweep
    part = tmp_path / "part"
    shutil.copytree(folder, part)
    for table in find_study(study).names:
        for path in Store(part).parts(table)[1:]:
            (part / "parts" / path.path.name).unlink()
    for path in part.glob("*.parquet"):
        path.unlink()
    assert run(study, part) == bytes_of(folder)
    assert {"runs.parquet", "claims.parquet"} <= bytes_of(folder).keys()


def test_it_is_rerun_verified_reported_and_compared(sweep, tmp_path, capsys):
    _, folder, _ = sweep
    run_id = rvsjax.load(folder).runs["run_id"][1]
    assert main(["rerun", str(folder), run_id]) == 0
    assert "bit for bit" in capsys.readouterr().out
    assert main(["verify", str(folder), "--sample", "2", "--seed", "1"]) == 0
    assert main(["report", str(folder)]) == 0
    assert (folder / "figures" / "small.png").stat().st_size > 10_000
    both = tmp_path / "both"
    assert main(["compare", str(folder), str(folder), "--out", str(both)]) == 0
    assert "Traceback" not in capsys.readouterr().err


def test_every_column_is_described(sweep):
    study, folder, _ = sweep
    for table in find_study(study).names:
        if not (folder / f"{table}.parquet").exists():
            continue
        known = {*find_columns(study, table)}
        known |= {f"p_{name}" for name in find_parameters(study).names}
        columns = pq.read_schema(folder / f"{table}.parquet").names
        assert {x for x in columns if not x.startswith(OF_CLAIMS)} <= known
    mains = sorted(
        told.order for told in find_columns(study, "runs").values() if told.is_main
    )
    assert mains == [*range(1, len(mains) + 1)]  # none shares its place


def run_under_settings(compiled, *sweep):
    """Run a sweep under all settings together, with programs that are there."""
    jax.clear_caches()
    with pytest.MonkeyPatch.context() as patch, settings(**OTHER):
        patch.setattr(compilation, "_programs", {})
        patch.setattr(compilation.Programs, "_compile", lambda *a: compiled.find(*a))
        return run(*sweep)


def test_settings_of_jax_move_no_byte(sweep, tmp_path):
    study, folder, compiled = sweep
    assert run_under_settings(compiled, study, tmp_path / "x") == bytes_of(folder)


def test_settings_of_jax_move_no_byte_of_samples(tmp_path):
    with compiled_once() as compiled:
        usual = run("rvscgd", tmp_path / "usual", OF_SAMPLES)
        again = run_under_settings(compiled, "rvscgd", tmp_path / "x", OF_SAMPLES)
        assert again == usual


def test_each_study_has_a_sweep_here():
    assert {*SWEEPS} == {*STUDIES} == {*IDS}


@pytest.mark.parametrize("name", STUDIES)
def test_its_parameters_are_words_and_name_its_runs(name):
    """Runs of two studies never share an id, whatever they are called."""
    words = find_parameters(name)
    assert words.study == name and is_known_study(name)
    assert 0 < len(words.static) < len(words.names)
    assert words.decisive | set(words.since) <= set(words.names)
    assert set(words.smoke) <= set(words.names)
    assert RunConfig(words.complete({}), 0).run_id == IDS[name]


def test_no_other_word_is_a_study():
    assert len({*IDS.values()}) == len(STUDIES)
    assert not is_known_study("no study") and not is_known_study(["rvscgd"])

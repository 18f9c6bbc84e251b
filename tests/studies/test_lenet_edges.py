"""Networks that end badly, folders of networks that hold a wrong number, small sweeps.

On 240 real digits of `tests/digits`, for an epoch or two.
"""

import json

import pyarrow as pa
import pytest

import rvsjax
from rvsjax.cli.main import main
from rvsjax.sweep import execution
from rvsjax.sweep import verify as verifying
from rvsjax.sweep.execution import choose_config
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from tests import ROOT

pytestmark = pytest.mark.slow

DIGITS = ROOT / "tests" / "digits"
HEAD = 'version = 1\nname = "nets"\nstudy = "lenet"\n'
CONSTANTS = '[constants]\nepochs = 2\nbatch = 40\nsurrogate = "clipped"\nlam = 1e-5\n'


def swept(folder, *lines, more="", arguments=()):
    """Run a sweep of networks by the command line; return its folder and exit code."""
    file, out = folder / "nets.toml", folder / "out"
    file.write_text(HEAD + CONSTANTS + "\n".join(lines) + "\n" + more)
    asked = "--data", str(DIGITS), "--out", str(out), "--quiet", *arguments
    return out, main(["sweep", str(file), *asked])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out, code = swept(tmp_path_factory.mktemp("nets"), more="[seeds]\ncount = 3\n")
    assert code == 0
    return out


def test_verify_computes_networks_in_their_blocks_to_the_bit(folder, capsys):
    asked = "verify", str(folder), "--data", str(DIGITS), "--seed", "1"
    assert main([*asked]) == 0
    assert "3 rows computed again, 3 agree" in capsys.readouterr().out


@pytest.mark.parametrize("column", ["m_accuracy_w", "m_sparsity_u", "m_loss_train"])
def test_verify_finds_a_wrong_number(folder, monkeypatch, capsys, column):
    def held(store, run_id, names):
        there = truth(store, run_id, names)
        runs = there["runs"]
        wrong = pa.array([runs[column][0].as_py() + 1e-7])
        place = runs.column_names.index(column)
        return there | {"runs": runs.set_column(place, column, wrong)}

    truth = verifying.tables_in_folder
    monkeypatch.setattr(verifying, "tables_in_folder", held)
    assert main(["verify", str(folder), "--data", str(DIGITS), "--json"]) == 3
    [*wrong] = json.loads(capsys.readouterr().out)["wrong"]
    assert len(wrong) == 3
    assert {x["column"] for row in wrong for x in row["differences"]} == {column}


def test_rerun_takes_the_folder_of_the_images(folder, capsys):
    run_id = rvsjax.load(folder).runs["run_id"][0]
    assert main(["rerun", str(folder), run_id, "--data", str(DIGITS)]) == 0
    assert "bit for bit" in capsys.readouterr().out
    assert main(["rerun", str(folder), run_id, "--data", str(DIGITS.parent)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_networks_have_no_claim_to_certify(folder, capsys):
    assert main(["certify", str(folder)]) == 0
    assert "violates a claim" in capsys.readouterr().err


def test_a_dry_run_counts_the_images_that_there_are(tmp_path, capsys):
    swept(tmp_path, arguments=["--dry-run", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["run_steps"] == 2 * 240 // 40
    assert told["memory_bytes"] > 300 * 28 * 28


@pytest.mark.parametrize(
    "setting",
    [
        ("learning_rate=1e8",),
        # its one step is its last, and the loss is that of before: finite
        ("learning_rate=1e38", "train_images=40", "epochs=1"),
    ],
)
def test_a_network_that_diverged_has_no_measures(tmp_path, capsys, setting):
    arguments = [x for each in setting for x in ("--set", each)]
    more = "[record]\nweights = true\n"
    out, code = swept(tmp_path, more=more, arguments=arguments)
    runs = rvsjax.load(out).runs
    assert runs["status"].tolist() == ["diverged"]
    assert "not finite at epoch" in runs["reason"][0]
    assert runs[["m_accuracy_w", "m_sparsity_u", "m_loss_u"]].isna().all(axis=None)
    capsys.readouterr()
    asked = "verify", str(out), "--data", str(DIGITS)
    assert (code, main([*asked])) == (0, 0), capsys.readouterr().out


@pytest.mark.parametrize(
    "lines", [("batch_norm = true", "epochs = 1"), ("batch_norm = true", "batch = 200")]
)
def test_moments_need_no_more_images_than_there_are(tmp_path, monkeypatch, lines):
    """Also of a batch larger than the part of the images that they are taken from."""
    monkeypatch.setattr("rvsjax.studies.lenet.evaluate._CALIBRATION", 30)
    kept = [x for x in CONSTANTS.splitlines() if x.split()[0] not in str(lines)]
    (tmp_path / "nets.toml").write_text(HEAD + "\n".join([*kept, *lines]) + "\n")
    asked = "--data", str(DIGITS), "--out", str(tmp_path / "o"), "--quiet"
    assert main(["sweep", str(tmp_path / "nets.toml"), *asked]) == 0
    assert rvsjax.load(tmp_path / "o").runs["status"].tolist() == ["ok"]


def test_a_smoke_has_steps_whatever_the_batch(tmp_path):
    text = HEAD + CONSTANTS.replace("batch = 40", "batch = 5000")
    [item] = make_plan(parse(text), smoke=True)
    assert item.parameters["train_images"] == 2 * item.parameters["batch"]


def test_one_image_has_no_variance(tmp_path, capsys):
    text = CONSTANTS.replace("batch = 40", "batch = 1\nbatch_norm = true")
    (tmp_path / "one.toml").write_text(HEAD + text)
    assert main(["sweep", str(tmp_path / "one.toml")]) == 2
    assert "batch  must be at least 2 with batch_norm" in capsys.readouterr().err


def test_networks_ask_for_no_kernel_and_have_their_width_on_cpu_alone(monkeypatch):
    monkeypatch.setattr(execution, "choose", lambda platform: pytest.fail("asked"))
    plan = make_plan(parse(HEAD + CONSTANTS + "[seeds]\ncount = 500\n"))
    on_cpu, on_gpu = (choose_config(plan, where) for where in ("cpu", "gpu"))
    assert on_cpu.kernel == on_gpu.kernel == "plain"
    assert on_cpu.block_size == 2 < on_gpu.block_size

"""Networks through the same engine and store: rows, epochs kept, data that must fit.

On 240 real digits of `tests/digits`, for two epochs: enough to see, not to learn.
"""

import dataclasses
import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

import rvsjax
from rvsjax.cli.main import main
from rvsjax.nn.data import load_data
from rvsjax.nn.evaluation import examine
from rvsjax.nn.training import begin, train_epoch
from rvsjax.studies.lenet import study as lenet
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store
from tests import ROOT

pytestmark = pytest.mark.slow

DIGITS = ROOT / "tests" / "digits"
EPOCHS = 3
SWEEP = f"""
version = 1
name = "nets"
study = "lenet"
[constants]
epochs = {EPOCHS}
batch = 40
surrogate = "clipped"
penalty = "l1"
lam = 1e-3
learning_rate = 0.05
[seeds]
count = 3
"""
LANES = tuple(jax.devices()[:1])


def options(**more):
    return Options(width=2, workers=LANES, data=str(DIGITS), **more)


def run(folder, **more):
    plan = make_plan(parse(SWEEP))
    return run_plan(plan, SWEEP, folder, options(**more))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("lenet") / "nets"
    run(out)
    return out


def test_a_row_is_what_the_pure_functions_say(folder):
    """One network, trained by hand in the order that the study promises."""
    data = load_data(DIGITS)
    [item, *_] = make_plan(parse(SWEEP))
    trial = lenet.STUDY.trial(item, 2)
    arrays = [jax.numpy.asarray(x) for x in data[:4]]
    images, labels, test_images, test_labels = arrays
    with jax.enable_x64(False):
        training = begin(trial.network)
        epoch = jax.jit(train_epoch)
        for number in range(EPOCHS):
            key = jax.random.fold_in(jax.random.key(0, impl="threefry2x32"), number)
            order = jax.random.permutation(key, len(images))[: len(images) // 40 * 40]
            order = order.reshape(-1, 40).astype("int32")
            training = epoch(
                trial.network, training, images, labels, order, np.int32(number)
            )
        scores = jax.jit(examine)(
            trial.network, training, test_images, test_labels, images
        )
    results = rvsjax.load(folder)
    row = results.runs.set_index("run_id").loc[item.run_id]
    assert row["status"] == "ok" and row["m_epochs"] == EPOCHS
    for which in ("w", "u"):
        score = getattr(scores, which)
        for name in ("accuracy", "loss", "sparsity"):
            expected = float(getattr(score, name))
            assert row[f"m_{name}_{which}"] == pytest.approx(expected, abs=0.02)
        for layer, share in score.layers.items():
            assert row[f"m_sparsity_{which}_{layer}"] == pytest.approx(
                float(share), abs=0.02
            )
    assert row["m_loss_train"] == pytest.approx(float(training.loss), abs=1e-3)
    assert 0 < row["m_sparsity_u"] < 1 and row["m_sparsity_w"] == 0


def test_the_curves_have_every_epoch(folder):
    results = rvsjax.load(folder)
    for _, curve in results.curves.groupby("run_id"):
        assert list(curve["step"]) == list(range(EPOCHS + 1))
        assert curve["loss_train"].isna().tolist() == [True] + [False] * EPOCHS
        assert curve.drop(columns="loss_train").notna().all(axis=None)
        assert curve["loss_train"].iloc[-1] < curve["loss_train"].iloc[1]


class Stop:
    """Says stop once so many checkpoints were written."""

    def __init__(self, monkeypatch, number):
        self.left, put = number, rvsjax.sweep.store.checkpoints.Checkpoints.put

        def counted(checkpoints, key, data):
            put(checkpoints, key, data)
            self.left -= 1

        monkeypatch.setattr(rvsjax.sweep.store.checkpoints.Checkpoints, "put", counted)

    def is_set(self):
        return self.left <= 0


@pytest.mark.parametrize("number", [1, EPOCHS, EPOCHS + 2])
def test_stopped_between_epochs_it_goes_on_to_the_same_bytes(
    folder, tmp_path, monkeypatch, number
):
    """In the first block, at its end, in the second; no epoch is trained again."""
    out = tmp_path / "nets"
    with monkeypatch.context() as patch:
        ending = run(out, stop=Stop(patch, number))
    assert ending.blocks_left
    kept = list((out / "checkpoints").glob("*"))
    assert len(kept) == (number % EPOCHS > 0)
    counted = Stop(monkeypatch, 10**6)
    assert not run(out).blocks_left
    assert 10**6 - counted.left == 2 * EPOCHS - number
    for name in ("runs", "curves"):
        whole = (folder / f"{name}.parquet").read_bytes()
        assert (out / f"{name}.parquet").read_bytes() == whole
    assert not (out / "checkpoints").exists()


def test_other_data_is_refused(folder, tmp_path):
    """Of the same sizes, with one pixel changed: a folder has one set of images."""
    out, other = tmp_path / "nets", tmp_path / "digits"
    shutil.copytree(folder, out)
    shutil.copytree(DIGITS, other)
    import gzip

    path = other / "train-images-idx3-ubyte.gz"
    data = bytearray(gzip.decompress(path.read_bytes()))
    data[-1] ^= 1
    path.write_bytes(gzip.compress(data))
    plan = make_plan(parse(SWEEP))
    with pytest.raises(FolderError, match="other data"):
        run_plan(plan, SWEEP, out, dataclasses.replace(options(), data=str(other)))
    manifest = json.loads((out / "manifest.json").read_text())
    assert len(manifest["data"]) == 16
    assert "240 images to train" in manifest["sessions"][0]["data"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train_images = 241", "needs 241, the data has 240"),
        ("test_images = 61", "needs 61, the data has 60"),
        ("batch = 241", "train_images: the sweep needs 241"),
    ],
)
def test_more_images_than_there_are_is_a_sentence(tmp_path, line, said):
    name = line.split()[0]
    lines = [x for x in SWEEP.splitlines() if not x.startswith(f"{name} =")]
    text = "\n".join(lines).replace("[constants]", f"[constants]\n{line}")
    plan = make_plan(parse(text))
    with pytest.raises(FolderError, match=said):
        run_plan(plan, text, tmp_path / "out", options())


@pytest.mark.parametrize("how", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("data", "said"), [("nowhere", "is not a folder"), (".", "has no file")]
)
def test_data_that_is_not_there_is_a_sentence(tmp_path, capsys, data, said, how):
    path, out = tmp_path / "nets.toml", str(tmp_path / "o")
    path.write_text(SWEEP)
    assert main(["sweep", str(path), "--data", data, "--out", out, *how]) == 2
    assert said in capsys.readouterr().err
    assert not Path(out).exists()


def test_images_of_another_size_are_refused(tmp_path, capsys):
    """Refused in a sentence, before anything is compiled."""
    data = load_data(DIGITS)._replace(train_images=np.zeros((50, 8, 8), np.uint8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rvsjax.studies.lenet.dataset.load_data", lambda folder: data)
        with pytest.raises(FolderError, match="28 x 28 pixels, got 8 x 8"):
            lenet.STUDY.material(None, ())


def test_the_store_keeps_no_checkpoint_of_another_sweep(tmp_path):
    """Of another plan or setting, under another key or damaged: as if absent."""
    from rvsjax.sweep.store.checkpoints import Checkpoints

    Checkpoints(tmp_path, "one").put("0-2-0", b"carry")
    assert Checkpoints(tmp_path, "one").get("0-2-0") == b"carry"
    assert Checkpoints(tmp_path, "two").get("0-2-0") is None
    assert Checkpoints(tmp_path, "one").get("0-2-2") is None
    [path] = (tmp_path / "checkpoints").iterdir()
    path.rename(path.with_name("1-2-0.part"))
    assert Checkpoints(tmp_path, "one").get("1-2-0") is None
    (tmp_path / "checkpoints" / "2-2-0.part").write_bytes(b"")
    assert Checkpoints(tmp_path, "one").get("2-2-0") is None
    for block in (1, 2):
        Checkpoints(tmp_path, "one").forget(block)
    assert not (tmp_path / "checkpoints").exists()
    assert Store(tmp_path).done() == set()

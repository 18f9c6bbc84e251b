"""A data set of images: four files in a folder, under the names of MNIST."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rvsjax.errors import DataError
from rvsjax.nn.data.idx import Idx, read_idx

__all__ = ["MNIST_MD5", "Arrays", "Images", "read_folder"]

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Training images and labels, test images and labels."""

MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""MD5 of MNIST's files by name, uncompressed, since mirrors compress differently."""


class Images(NamedTuple):
    """Images and labels, to train on and to test with, all uint8."""

    train_images: np.ndarray  # (n, height, width), 0 to 255
    train_labels: np.ndarray  # (n,)
    test_images: np.ndarray  # (m, height, width)
    test_labels: np.ndarray  # (m,)
    source: str  # which data, from where, and whether they were checked


def read_folder(folder: Path, place: str = "", only_mnist: bool = False) -> Images:
    """Read the four files of a folder; `place` is how the source calls it.

    If one of them is MNIST's, by its checksum, all must be. If none is, they are those
    of another data set, which is read unchecked, or refused with `only_mnist`.
    """
    paths = {name: _find(folder, name) for name in MNIST_MD5}
    files = {
        name: read_idx(path, axes=3 if "images" in name else 1)
        for name, path in paths.items()
    }
    other = [name for name in files if files[name].md5 != MNIST_MD5[name]]
    if other and (only_mnist or len(other) < len(files)):
        first = other[0]
        raise DataError(
            f"{paths[first]} is not the one of MNIST: the MD5 sum of its bytes, "
            f"uncompressed, is {files[first].md5}, expected {MNIST_MD5[first]}: "
            "get it anew"
        )
    arrays = _together(paths, files)
    counts = f"{len(arrays[0]):,} images to train and {len(arrays[2]):,} to test"
    place = place or f"from {folder}"
    if other:
        return Images(*arrays, f"{counts} {place}: not MNIST, so no checksum is known")
    return Images(*arrays, f"MNIST, {counts}, {place}; checksums are right")


def _find(folder: Path, name: str) -> Path:
    """Return the file of a name, in a folder as the sources of MNIST lay it out.

    A folder of the name is none: Kaggle has the file in one, beside a file with a
    point in its name; torchvision has the files in ``MNIST/raw``.
    """
    names = [name, name.replace("-idx", ".idx")]
    names += [f"{found}.gz" for found in names]
    places = [folder, folder / name, folder / "raw", folder / "MNIST" / "raw"]
    paths = [place / found for place in places for found in names]
    for is_there in (os.path.isfile, _is_special):  # which do not raise
        for path in paths:
            if is_there(path):
                return path
    lacks = f"has no file {name} or {name}.gz"
    raise DataError(
        f"{folder} {lacks if os.path.isdir(folder) else 'is not a folder'}; expected "
        f"the four files of a data set in IDX form: {', '.join(MNIST_MD5)}, there or "
        "in its folder MNIST/raw"
    )


def _is_special(path: Path) -> bool:
    """Say whether a path is a pipe or device, which is refused by name."""
    return os.path.exists(path) and not os.path.isdir(path)


def _together(paths: dict[str, Path], files: dict[str, Idx]) -> Arrays:
    """Return the arrays, which must fit each other, in the order of their names."""
    arrays = tuple(file.array for file in files.values())
    assert len(arrays) == 4
    places = list(paths.values())
    for i in (0, 2):
        if len(arrays[i]) != len(arrays[i + 1]) or not arrays[i].size:
            raise DataError(
                f"{places[i]} holds {len(arrays[i]):,} images and {places[i + 1].name} "
                f"{len(arrays[i + 1]):,} labels; expected a label for each image, and "
                "at least one"
            )
    if arrays[0].shape[1:] != arrays[2].shape[1:]:
        sizes = [" x ".join(map(str, arrays[i].shape[1:])) for i in (0, 2)]
        raise DataError(
            f"{places[0]} holds images of {sizes[0]} pixels and {places[2].name} of "
            f"{sizes[1]}; expected one size"
        )
    return arrays

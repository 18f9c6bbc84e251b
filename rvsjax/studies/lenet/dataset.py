"""The images and labels that all networks of a sweep share."""

import hashlib
from collections.abc import Iterable
from typing import Any

from rvsjax.nn.data import load_data
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.store import FolderError
from rvsjax.sweep.study import Dataset

__all__ = ["find_material"]


def find_material(folder: str | None, items: Iterable[RunConfig]) -> Dataset:
    """Find images and labels.

    Raises DataError where there are none, FolderError where they are not what the items
    need.
    """
    found = load_data(folder)
    arrays, sizes = tuple(found[:4]), found.train_images.shape[1:]
    if sizes != (28, 28):
        shown = " x ".join(map(str, sizes))
        raise FolderError(f"LeNet needs images of 28 x 28 pixels, got {shown}")
    if max(found.train_labels.max(), found.test_labels.max()) > 9:
        raise FolderError("LeNet needs labels from 0 to 9")
    for item in items:
        _need_images(item.parameters, len(arrays[0]), len(arrays[2]), found.source)
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}".encode() + array.tobytes())
    return Dataset(arrays, digest.hexdigest()[:16], found.source)


def _need_images(asked: dict[str, Any], train: int, test: int, source: str) -> None:
    """Refuse data with fewer images than a sweep names, or than one minibatch has."""
    for name, least, there in (
        ("train_images", max(asked["train_images"] or 1, asked["batch"]), train),
        ("test_images", asked["test_images"] or 1, test),
    ):
        if there < least:
            what = (
                f"{name}: the sweep needs {least:,}, the data has {there:,} ({source})"
            )
            raise FolderError(f"{what}; name others with --data, or ask for fewer")

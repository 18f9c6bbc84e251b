"""Results folders: what was finished is kept, what was damaged is never taken."""

from rvsjax.errors import DamagedFile, FolderError
from rvsjax.sweep.store.parts import Part
from rvsjax.sweep.store.store import Store

__all__ = ["DamagedFile", "Part", "Store", "FolderError"]

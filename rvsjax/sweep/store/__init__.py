"""Results folders: what was finished is kept, what was damaged is never taken."""

from rvsjax.errors import Damaged, StoreError
from rvsjax.sweep.store.parts import Part
from rvsjax.sweep.store.store import Store

__all__ = ["Damaged", "Part", "Store", "StoreError"]

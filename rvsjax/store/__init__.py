"""Results folders: what was finished is kept, what was damaged is never taken."""

from rvsjax.store.folder import Store
from rvsjax.store.parts import Part
from rvsjax.store.problem import StoreError

__all__ = ["Part", "Store", "StoreError"]

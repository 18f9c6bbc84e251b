"""Plans that a folder has had, each with numbers of its own for its blocks."""

from typing import Any, NamedTuple

from rvsjax.sweep.store.losses import read_losses
from rvsjax.sweep.store.ranges import Ranges, blocks_of

__all__ = ["Revision", "revision_of", "revisions"]


class Revision(NamedTuple):
    """A plan of a folder, from its first block on."""

    first: int
    mark: str
    kept: Ranges | None  # blocks; None: all, of the present plan
    setting: dict[str, Any]  # that its parts were computed with, if not the folder's

    def has(self, block: int) -> bool:
        """Say whether a block is one that the plan kept when the sweep grew."""
        return self.kept is None or block in self.kept


def revisions(manifest: dict[str, Any]) -> list[Revision]:
    """Return the plans that a folder has had, the present one last."""
    if not manifest:
        return []
    earlier = [
        Revision(entry["first"], entry["mark"], _kept(entry), entry.get("setting", {}))
        for entry in manifest.get("earlier", [])
    ]
    mark = manifest.get("mark", manifest["plan"])
    return [*earlier, Revision(manifest.get("first", 0), mark, None, {})]


def _kept(entry: dict[str, Any]) -> Ranges:
    lost = {x.block for x in read_losses(entry) if x.places is None}
    kept = blocks_of(entry)
    return Ranges(x for x in kept if x not in lost) if lost else kept


def revision_of(block: int, known: list[Revision]) -> Revision | None:
    """Return the plan that a block belongs to."""
    return next((x for x in reversed(known) if x.first <= block), None)

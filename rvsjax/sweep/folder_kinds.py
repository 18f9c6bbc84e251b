"""Kinds of device of a folder: settled with its first part, and not mixed unasked."""

from typing import Any

from rvsjax.sweep.device_kind import DeviceKind, need_same_kind
from rvsjax.sweep.store import Store

__all__ = ["need_kind", "note_kind"]


def need_kind(store: Store, kind: DeviceKind) -> None:
    """Refuse another kind than that of the blocks that are done, if any are.

    Needs `alone`.
    """
    known = store.manifest.get("kinds", {})
    if known and kind.name not in known and not store.done():
        store.update({"kinds": {}})
    else:
        need_same_kind(store.folder, known, kind)


def note_kind(store: Store, kind: DeviceKind, mixed: bool) -> None:
    """Note the kind that computed a block; refuse another unless they may mix."""

    def need(known: dict[str, Any]) -> None:
        if not mixed:
            need_same_kind(store.folder, known, kind)

    store.note_kind(kind.name, kind.as_json(), need)

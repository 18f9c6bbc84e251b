"""Losses of a folder: rows of its blocks that are no longer there, on purpose.

Where folders are merged, a run that several have is kept once: the blocks of the others
lose it. A block keeps the runs that it was computed with, to be computed so again.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["Loss", "are_losses", "read_losses", "write_losses"]


class Loss(NamedTuple):
    """Rows of a block that are not there, for plans whose blocks begin at `at`."""

    at: int
    block: int
    places: frozenset[int] | None  # of its runs in the block; None: of all


def read_losses(stage: dict[str, Any]) -> tuple[Loss, ...]:
    """Return the losses of a stage of a manifest."""
    return tuple(
        Loss(x["at"], x["block"], frozenset(x["places"]) if "places" in x else None)
        for x in stage.get("losses", [])
    )


def write_losses(losses: Iterable[Loss]) -> dict[str, Any]:
    """Return losses as entries of a stage, none where nothing was lost."""
    told = [
        {"at": x.at, "block": x.block}
        | ({} if x.places is None else {"places": sorted(x.places)})
        for x in losses
    ]
    return {"losses": told} if told else {}


def are_losses(told: Any) -> bool:
    """Say whether a manifest, which may be anybody's, tells losses so."""
    return isinstance(told, list) and all(map(_is_loss, told))


def _is_loss(told: Any) -> bool:
    if not isinstance(told, dict):
        return False
    places = told.get("places", [])
    return isinstance(places, list) and all(
        type(x) is int and x >= 0 for x in (told.get("at"), told.get("block"), *places)
    )

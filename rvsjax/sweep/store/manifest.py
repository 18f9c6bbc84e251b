"""The manifest: what was asked of a folder, and all that its parts do not tell.

It holds a digest of what it says; one without, of before, is taken at its word.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import untrusted
from rvsjax.sweep.store.losses import are_losses
from rvsjax.sweep.store.ranges import are_blocks

__all__ = ["difference", "encode", "read"]

_WIDEST = 2**24  # runs in a block
_HEADS = ("name", "study")


def read(path: Path) -> dict[str, Any]:
    """Return a manifest, empty if there is no file, or `DamagedFile`."""
    try:
        content = json.loads(untrusted.content(path))
        if not _is_manifest(content):
            raise DamagedFile("is not a manifest")
        if content.pop("digest", None) not in (None, _digest(content)):
            raise DamagedFile("is damaged: its digest is another")
    except FileNotFoundError:
        return {}
    except RecursionError:
        raise DamagedFile("is no manifest: too deep") from None
    except ValueError as error:
        raise DamagedFile(f"is damaged ({error})") from None
    return content


def encode(content: dict[str, Any]) -> bytes:
    """Return the bytes of a manifest, with its digest."""
    said = json.loads(json.dumps(content))
    return (json.dumps(said | {"digest": _digest(said)}, indent=2) + "\n").encode()


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def difference(
    there: dict[str, Any], now: dict[str, Any], where: str = ""
) -> Iterator[str]:
    """Say which keys differ: ``seeds.count is 32 there, 2 now``.

    Of sweeps of another name or study that alone: nothing else is comparable.
    """
    heads = [key for key in _HEADS if there.get(key) != now.get(key)]
    for key in heads or there | now:
        old, new = there.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            inside = "" if key == "narrowed" else f"{where}{key}."  # a word of ours
            yield from difference(old, new, inside)
        elif old != new:
            yield f"{where}{key} is {_told(old)} there, {_told(new)} now"


def _told(value: Any) -> str:
    return "not set" if value is None else repr(value)


def _is_manifest(content: Any) -> bool:
    if not isinstance(content, dict):
        return False
    width, whole = content.get("width", 1), content.get("whole", {})
    lists = [content.get(name, []) for name in ("sessions", "halved", "earlier")]
    return (
        isinstance(content.get("plan"), str)
        and isinstance(content.get("asked"), dict)
        and isinstance(content["asked"].get("name", ""), str)
        and isinstance(content.get("mark", ""), str)
        and _is_count(content.get("first", 0))
        and _is_width(width)
        and isinstance(whole, dict)
        and _are_kinds(content.get("kinds", {}))
        and all(isinstance(entries, list) for entries in lists)
        and all(isinstance(entry, dict) for entries in lists for entry in entries)
        and all(map(_is_stage, content.get("earlier", [])))
        and all(map(_is_halved, content.get("halved", [])))
        and all(re.fullmatch("[a-z]+", name) for name in whole)
    )


def _are_kinds(content: Any) -> bool:
    return isinstance(content, dict) and all(
        isinstance(x, dict) and all(isinstance(y, str) for y in x.values())
        for x in content.values()
    )


def _is_halved(content: dict[str, Any]) -> bool:
    return (
        _is_count(content.get("block"))
        and _is_count(content.get("width"))
        and content["width"] > 0
    )


def _is_stage(content: dict[str, Any]) -> bool:
    return (
        isinstance(content.get("asked"), dict)
        and isinstance(content.get("mark"), str)
        and _is_count(content.get("first"))
        and are_blocks(content)
        and isinstance(content.get("part", ""), str)
        and _is_setting(content.get("setting", {}))
        and are_losses(content.get("losses", []))
    )


def _is_setting(content: Any) -> bool:
    return isinstance(content, dict) and _is_width(content.get("width", 1))


def _is_width(value: Any) -> bool:
    return _is_count(value) and 0 < value <= _WIDEST


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0

"""The manifest: what was asked of a folder, and all that its parts do not tell.

It holds a digest of what it says; one without, of before, is taken at its word.
"""

import hashlib
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rvsjax.store.parts import Damaged

__all__ = ["difference", "encode", "read"]

_MOST = 64 * 2**20  # bytes


def read(path: Path) -> dict[str, Any]:
    """Return a manifest, empty if there is no file; `Damaged` where it is not one."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Damaged("is no manifest: it is not a file")
        if status.st_size > _MOST:
            raise Damaged(f"is no manifest: it has more than {_MOST >> 20} MiB")
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except RecursionError:
        raise Damaged("is no manifest: too deep") from None
    except ValueError as error:
        raise Damaged(f"is damaged ({error})") from None
    if not _is_manifest(content):
        raise Damaged("is not a manifest")
    if content.pop("digest", None) not in (None, _digest(content)):
        raise Damaged("is damaged: its digest is another")
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
    """Say which keys differ: ``seeds.count is 32 there, 2 now``."""
    for key in there | now:
        old, new = there.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from difference(old, new, f"{where}{key}.")
        elif old != new:
            yield f"{where}{key} is {old!r} there, {new!r} now"


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
        and _is_count(width)
        and width > 0
        and isinstance(whole, dict)
        and all(isinstance(entries, list) for entries in lists)
        and all(isinstance(entry, dict) for entries in lists for entry in entries)
        and all(map(_is_stage, content.get("earlier", [])))
        and all(re.fullmatch("[a-z]+", name) for name in whole)
    )


def _is_stage(content: dict[str, Any]) -> bool:
    return (
        isinstance(content.get("asked"), dict)
        and isinstance(content.get("mark"), str)
        and _is_count(content.get("first"))
        and isinstance(content.get("blocks"), list)
        and all(map(_is_count, content["blocks"]))
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0

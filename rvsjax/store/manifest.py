"""The manifest: what was asked of a folder, and all that its parts do not tell."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rvsjax.store.parts import Damaged

__all__ = ["difference", "read"]

_MOST = 64 * 2**20  # bytes


def read(path: Path) -> dict[str, Any]:
    """Return a manifest, empty if there is no file; `Damaged` where it is not one."""
    try:
        if path.stat().st_size > _MOST:
            raise Damaged(f"is no manifest: it has more than {_MOST >> 20} MiB")
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except RecursionError:
        raise Damaged("is no manifest: too deep") from None
    except (OSError, ValueError) as error:
        raise Damaged(f"cannot be read ({error})") from None
    if not _is_manifest(content):
        raise Damaged("is not a manifest")
    return content


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
    width, sessions = content.get("width", 1), content.get("sessions", [])
    earlier, whole = content.get("earlier", []), content.get("whole", {})
    halved = content.get("halved", [])
    return (
        isinstance(content.get("plan"), str)
        and isinstance(content.get("asked"), dict)
        and isinstance(content["asked"].get("name", ""), str)
        and isinstance(content.get("mark", ""), str)
        and _is_count(content.get("first", 0))
        and _is_count(width)
        and width > 0
        and isinstance(sessions, list)
        and all(isinstance(session, dict) for session in sessions)
        and isinstance(earlier, list)
        and all(map(_is_stage, earlier))
        and isinstance(whole, dict)
        and isinstance(halved, list)
        and all(map(_is_halved, halved))
    )


def _is_halved(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and _is_count(content.get("block"))
        and _is_count(content.get("width"))
        and content["width"] > 0
    )


def _is_stage(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and isinstance(content.get("asked"), dict)
        and isinstance(content.get("mark"), str)
        and _is_count(content.get("first"))
        and isinstance(content.get("blocks"), list)
        and all(map(_is_count, content["blocks"]))
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0

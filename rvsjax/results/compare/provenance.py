"""Differences of device, versions and settings between two folders."""

import json
from collections.abc import Iterator
from typing import Any

from rvsjax.results.compare.pairing import Differing

__all__ = ["differing_settings"]

_FOLDER = ("name", "kernel", "width", "quick", "data")
_SESSION = ("device", "platform", "processor", "python", "commit")
_MOST = 60  # characters of what others noted


def differing_settings(a: dict[str, Any], b: dict[str, Any]) -> list[Differing]:
    """Return what differs between two manifests: device, versions, kernel, width, ...

    A folder that was computed by several calls may have several of each.
    """
    ours, theirs = _settings(a), _settings(b)
    return [
        Differing(name, *(", ".join(x.get(name, ["not told"])) for x in (ours, theirs)))
        for name in ours | theirs
        if ours.get(name) != theirs.get(name)
    ]


def _settings(manifest: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for name, value in _told(manifest):
        found.setdefault(name, set()).add(_text(value))
    return {name: sorted(values) for name, values in found.items()}


def _told(manifest: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    whole = {"name": manifest.get("asked", {}).get("name")} | manifest
    yield from ((name, whole[name]) for name in _FOLDER if name in whole)
    for session in manifest.get("sessions", []):
        versions = session.get("versions")
        noted = {name: session[name] for name in _SESSION if name in session}
        yield from (noted | (versions if isinstance(versions, dict) else {})).items()


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."

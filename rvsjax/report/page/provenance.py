"""Provenance of the numbers: versions, device, commit and timings of each call."""

from collections import Counter
from math import isfinite
from typing import Any

from rvsjax.errors import counted
from rvsjax.report.words import duration_text, short

__all__ = ["provenance_content"]

_MOST_SESSIONS = 20


def provenance_content(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each call that computed something, the last ones where there are many.

    A manifest may be anybody's: what is not there, or is something else, is left out.
    """
    sessions = manifest.get("sessions")
    told = [x for x in sessions or [] if isinstance(x, dict)]
    return [_session(x) for x in told[-_MOST_SESSIONS:]]


def _session(session: dict[str, Any]) -> dict[str, Any]:
    seconds, versions = _table(session, "seconds"), _table(session, "versions")
    flags = session.get("flags")
    told = {
        "data": session.get("data"),
        "device": session.get("device"),
        "processor": session.get("processor"),
        "workers": session.get("lanes"),
        "blocks": session.get("blocks"),
        "Python": session.get("python"),
        **versions,
        "commit": session.get("commit"),
        "executor": session.get("executor"),
        "computed by": _machines(session.get("places")),
        "tasks lost and done again": session.get("lost"),
        "machines left out": _listed(session.get("left_out")),
        "blocks of other shards": session.get("taken_over"),
        "arguments": " ".join(map(str, flags)) if isinstance(flags, list) else None,
    }
    return {
        "begin": short(session.get("begin", "at an unknown time"), 40),
        "seconds": [(short(k, 40), duration_text(x)) for k, x in seconds.items()],
        "facts": [(short(k, 40), short(x)) for k, x in told.items() if x is not None],
    }


def _table(session: dict[str, Any], name: str) -> dict[str, Any]:
    found = session.get(name)
    return dict(list(found.items())[:20]) if isinstance(found, dict) else {}


def _listed(words: Any) -> str | None:
    return ", ".join(map(str, words)) if words and isinstance(words, list) else None


def _machines(places: Any) -> str | None:
    """Return what each machine computed: ``a: 40 blocks, 3 min; b: ...``."""
    told = (
        [x for x in places if isinstance(x, dict)] if isinstance(places, list) else []
    )
    blocks, seconds = Counter[str](), Counter[str]()
    for place in told:
        host = short(place.get("host", "unknown"), 40)
        blocks[host] += _number(place.get("blocks"))
        seconds[host] += _number(place.get("seconds"))
    lines = [
        f"{host}: {counted(number, 'block')}, {duration_text(seconds[host])}"
        for host, number in blocks.most_common(_MOST_SESSIONS)
    ]
    return "; ".join(lines) or None


def _number(value: Any) -> int:
    return round(value) if isinstance(value, int | float) and isfinite(value) else 0

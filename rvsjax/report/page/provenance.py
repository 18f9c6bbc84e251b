"""Provenance of the numbers: versions, device, commit and timings of each call."""

from typing import Any

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

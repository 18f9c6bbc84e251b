"""Certificates of a folder, read with the care that a stranger's files need."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from rvsjax.sweep.store import DamagedFile, FolderError
from rvsjax.sweep.store.untrusted import content

__all__ = ["read_certificates"]

_CERTIFICATE = ["claim", "run_id", "part", "step", "excess", "stands"]
_KINDS = (str, str, str, int | None, str | None, bool)


def read_certificates(folder: Path) -> pd.DataFrame:
    """Return one row a certificate; FolderError where a file is none."""
    rows = [_read_certificate(path) for path in sorted(folder.glob("*.json"))]
    return pd.DataFrame(rows, columns=_CERTIFICATE)


def _read_certificate(path: Path) -> list[Any]:
    try:
        told = json.loads(content(path))
        row = [told[name] for name in _CERTIFICATE]
        if all(map(isinstance, row, _KINDS)):
            return row
    except (DamagedFile, OSError, ValueError, LookupError, TypeError, RecursionError):
        pass
    raise FolderError(f"{path} is not a certificate; delete it")

"""Reference pages and what makes them; ``python -m docs.reference`` writes them."""

import json
from pathlib import Path
from typing import Any

from docs.reference.claims import claims_page
from docs.reference.columns import columns_page
from docs.reference.command_line import command_line_page
from docs.reference.schema import sweep_schema
from docs.reference.sweep_file import sweep_file_page
from docs.reference.sweeps import sweeps_page

__all__ = ["FOLDER", "make"]

FOLDER = Path(__file__).parent


def make() -> dict[str, str]:
    """Return each generated file of this folder, by name."""
    return {
        "sweep_file.md": sweep_file_page(),
        "command_line.md": command_line_page(),
        "columns.md": columns_page(),
        "sweeps.md": sweeps_page(),
        "claims.md": claims_page(),
        "sweep.schema.json": _laid_out(sweep_schema(), levels=4) + "\n",
    }


def _laid_out(value: Any, levels: int, indent: str = "") -> str:
    """Return JSON with a line for each key of the outer levels, one for all below."""
    if not levels or not isinstance(value, dict):
        return json.dumps(value)
    inner = f"{indent} "
    lines = [
        f"{inner}{json.dumps(key)}: {_laid_out(one, levels - 1, inner)}"
        for key, one in value.items()
    ]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"

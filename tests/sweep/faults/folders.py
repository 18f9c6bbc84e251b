"""What is in the folder of a fake sweep, whatever happened to it."""

import hashlib
import json
import re
from pathlib import Path

from tests.sweep.faults.fake import OUT, TABLES


def contents(home: Path) -> dict[str, bytes]:
    """Return each file but locks; of the manifest, what does not tell of sessions."""
    found = {}
    for path in sorted((home / OUT).rglob("*")):
        name = str(path.relative_to(home / OUT))
        if path.is_file() and not name.startswith(".locks"):
            found[name] = path.read_bytes()
    manifest = json.loads(found["manifest.json"])
    for name in ("sessions", "digest"):
        manifest.pop(name, None)
    found["manifest.json"] = json.dumps(manifest, sort_keys=True).encode()
    return found


def state(home: Path) -> frozenset[tuple[str, bytes]]:
    """Return all that the next process can find, which does the same in any such."""
    files = [path for path in home.rglob("*") if path.is_file()]
    files = [path for path in files if ".locks" not in path.parts]
    name = re.compile(r"\.[0-9a-f]{8}\.tmp")  # random
    return frozenset((name.sub("", str(p)), p.read_bytes()) for p in files)


def parts(home: Path) -> list[Path]:
    return sorted((home / OUT / "parts").glob("*.parquet"))


def is_whole(part: Path) -> bool:
    """Say whether a part has the bytes that its name tells."""
    return hashlib.sha256(part.read_bytes()).hexdigest() in part.name


def finished(home: Path) -> set[int]:
    """Return the blocks of which every table is there, whole."""
    names = [part.name.split("-") for part in parts(home) if is_whole(part)]
    there = {(int(block), table) for block, table, _ in names}
    blocks = {block for block, _ in there}
    return {n for n in blocks if all((n, table) in there for table in TABLES)}

"""Parts that arrive from elsewhere are read as a stranger's before they are kept."""

import hashlib

import pyarrow as pa
import pytest

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import Store
from rvsjax.sweep.store.parts import encode_block


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "out")
    with found.hold():
        found.open("plan", {"name": "x"}, "", ["curves", "runs"])
        found.configure({"width": 2})
    return found


def made(store, block=3, tables=("curves", "runs"), column=(1.5, 2.5), **told):
    whole = {name: pa.table({"x": [*column]}) for name in tables}
    return encode_block(whole, block, store.told(block) | told)


def renamed(parts, change):
    return {change(name): data for name, data in parts.items()}


def rewritten(parts, change):
    """Return other bytes under names that tell their digests."""
    changed = {}
    for name, data in parts.items():
        data = change(data)
        digest = hashlib.sha256(data).hexdigest()
        changed[f"{name.rpartition('-')[0]}-{digest}.parquet"] = data
    return changed


def flipped(data):
    return data[:8] + bytes([data[8] ^ 255]) + data[9:]


def test_parts_of_the_block_pass(store):
    store.check(3, made(store))


BAD = {
    "another block": lambda s: made(s, 4),
    "a table less": lambda s: made(s, tables=("runs",)),
    "a table more": lambda s: made(s, tables=("curves", "pairs", "runs")),
    "runs first": lambda s: dict(reversed(made(s).items())),
    "none": lambda s: {},
    "another plan": lambda s: made(s, plan="other"),
    "another setting": lambda s: made(s, setting='{"width": 4}'),
    "another block inside": lambda s: renamed(
        made(s, 4), lambda name: name.replace("000004", "000003")
    ),
    "a path": lambda s: renamed(made(s), lambda name: f"../{name}"),
    "a name of its own": lambda s: renamed(made(s), lambda name: "manifest.json"),
    "other bytes": lambda s: {name: data + b"x" for name, data in made(s).items()},
    "garbage": lambda s: rewritten(made(s), lambda data: b"PAR1" * 9),
    "cut": lambda s: rewritten(made(s), lambda data: data[:-9]),
    "a flipped bit": lambda s: rewritten(made(s), flipped),
    "a column of bytes": lambda s: made(s, column=(b"a", b"b")),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_none_of_it_is_refused(store, what):
    with pytest.raises(DamagedFile):
        store.check(3, BAD[what](store))
    assert not [*(store.folder / "parts").iterdir()]

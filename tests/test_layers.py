"""The README's table of rooms, kept: a file imports only from rooms above its own."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
ROOMS = re.findall(r"^\| `([a-z_]+)(?:\.py|/)` \|", README, re.MULTILINE)
ALONE = {"engine", "store", "exact", "cache"}
STRANGERS = {
    "penalties": {"teacher", "smooth", "algorithms"},
    "algorithms": {"teacher", "penalties", "smooth"},
    "report": {"spec", "engine", "sweep", "theory", "simulate", "types"},
    "counts": {"spec", "engine", "sweep", "theory", "simulate", "types"},
    "compare": {"spec", "engine", "sweep", "theory", "simulate", "types"},
    "results": {"spec", "engine", "sweep", "theory", "simulate", "types"},
}


def room_of(path):
    return path.relative_to(ROOT / "rvsjax").parts[0].removesuffix(".py")


def imports(path):
    """Yield the rooms and packages that a file imports, in functions as well."""
    for node in ast.walk(ast.parse(path.read_text())):
        modules = []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        yield from (module.split(".") for module in modules)


# __init__.py and __main__.py of the package itself only hand over to rooms
FILES = sorted(
    path
    for path in (ROOT / "rvsjax").rglob("*.py")
    if path.name != "__main__.py" and path != ROOT / "rvsjax" / "__init__.py"
)


def test_the_table_has_every_room():
    assert {room_of(path) for path in FILES} == set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_from_rooms_above(path):
    room = room_of(path)
    above = set(ROOMS[: ROOMS.index(room)]) | {room, "__version__"}
    allowed = ({room} if room in ALONE else above) - STRANGERS.get(room, set())
    if room == "engine":
        allowed |= {"pinned"}  # settings of JAX, for any function
    used = {parts[1] for parts in imports(path) if parts[0] == "rvsjax"}
    if room in ("certify", "rerun", "sweep", "verify"):
        used -= {"cli"}  # python -m rvsjax.sweep hands over before anything else
    assert used <= allowed


def test_rooms_that_must_not_know_jax():
    for path in FILES:
        if room_of(path) in ("store", "results", "compare", "report"):
            assert "jax" not in {parts[0] for parts in imports(path)}, path


def test_no_room_for_odds_and_ends():
    names = {path.stem for path in FILES}
    assert not names & {"utils", "helpers", "common", "misc"}

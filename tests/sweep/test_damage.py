"""Damage to a folder: found, told, moved aside, computed again; never taken."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rvsjax
from rvsjax.results.results import Results
from rvsjax.sweep import job
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse
from rvsjax.sweep.runner import Options, run_plan
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.store.ledger import Ledger, stamp
from rvsjax.sweep.verify import stale_tables

pytestmark = pytest.mark.slow

SWEEP = """
version = 1
name = "harmed"
study = "rvscgd"
[constants]
k = 3
d = 4
nnz = 2
steps = 20
eta = 0.1
penalty = "l1"
lam = {lam}
[seeds]
count = {seeds}
[record]
curves = 3
weights = true
"""
BLOCKS = 4
TABLES = ("runs", "curves", "pairs", "weights")
FILES = tuple(f"{name}.parquet" for name in (*TABLES, "claims"))


def plan(lam=0.01, seeds=8):
    return make_plan(parse(SWEEP.format(lam=lam, seeds=seeds)))


def run(folder, asked=None, **options):
    """Run a plan; return what was said, and how many blocks were computed."""
    said, blocks = [], [0]
    options = {"width": 2, "kernel": "plain"} | options
    listening = {"say": said.append, "watch": lambda told: blocks.append(told.blocks)}
    run_plan(asked or plan(), "", folder, Options(**options | listening))
    return said, blocks[-1]


def whole_tables(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


def listing(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "out"
    run(folder)
    return folder


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A folder with every second block."""
    folder = tmp_path_factory.mktemp("begun") / "out"
    assert run(folder, shard=(1, 2)) == ([], BLOCKS / 2)
    return folder


@pytest.fixture(scope="module")
def others(finished, tmp_path_factory):
    """Folders of another sweep, and of the same one in wider blocks."""
    folder = tmp_path_factory.mktemp("others")
    run(folder / "sweep", plan(lam=0.02))
    asked, wider = plan(), Store(folder / "width")
    with wider.hold():
        wider.open(asked.fingerprint, asked.as_json(), "", TABLES)
        wider.configure({"width": 3, "kernel": "plain", "quick": False})
        three = pq.read_table(finished / "runs.parquet")[:3]
        wider.append(0, {"runs": three})
    return folder


@pytest.fixture(params=["finished", "begun"])
def folder(request, tmp_path):
    whole = request.getfixturevalue(request.param)
    return shutil.copytree(whole, tmp_path / "out")


def part(folder, table="runs", place=-1):
    return Store(folder).parts(table)[place].path


def missing(folder):
    """Return how many blocks were not computed, were the folder unharmed."""
    return BLOCKS - len({path.name[:6] for path in (folder / "parts").iterdir()})


# -- one file --------------------------------------------------------------------------


def flip(path, place, bit=None):
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << (random.Random(place).randrange(8) if bit is None else bit)
    path.write_bytes(data)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-9])


def elsewhere(path):
    """Put a link in the place of a file."""
    target = Path.cwd() / f"elsewhere-{path.name}"
    path.rename(target)
    path.symlink_to(target)


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def turn_into_folder(path):
    path.unlink()
    path.mkdir()


HARM = {
    "first byte": lambda path: flip(path, 0),
    "a third": lambda path: flip(path, path.stat().st_size // 3),
    "footer": lambda path: flip(path, path.stat().st_size - 300),
    "length of the footer": lambda path: flip(path, path.stat().st_size - 7),
    "last byte": lambda path: flip(path, path.stat().st_size - 1),
    "truncated": truncate,
    "halved": lambda path: path.write_bytes(path.read_bytes()[: 2**9]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "foreign": lambda path: path.write_text("dear diary"),
    "another table": lambda path: pd.DataFrame({"x": [1]}).to_parquet(path),
    "link": elsewhere,
    "broken link": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "pipe": pipe,
    "folder": turn_into_folder,
}


def check_readers(folder, whole):
    """Each table is refused in a sentence, or rows of the right one; nothing moves."""
    there = listing(folder)
    for name in (*TABLES, "claims"):
        if name == "claims" and not Store(folder).has("claims"):
            continue  # counted from the runs, which are read as well
        try:
            read = rows(Store(folder).load(name))
        except FolderError as error:
            assert str(folder) in str(error) and "run the same sweep" in str(error)
            continue
        assert len(set(read)) == len(read)
        assert set(read) <= set(rows(Store(whole).load(name)))
    assert listing(folder) == there


def rows(table):
    """Return rows as text, numbers of one kind: a block has fewer nulls than all."""

    def plain(value):
        if isinstance(value, np.ndarray):
            return value.tolist()
        if pd.isna(value):
            return None
        return value if isinstance(value, str) else float(value)

    return [str([plain(x) for x in row]) for row in table.itertuples(index=False)]


def check_mended(folder, whole, blocks, *harmed):
    """Run again: `blocks` are computed, these files told and moved; then all is well.

    `harmed` are names of files; their sentences come in this order.
    """
    said, computed = run(folder)
    assert computed == blocks
    assert len(said) == len(harmed)
    for sentence, name in zip(said, harmed, strict=True):
        assert f"/{name} " in sentence and "moved to" in sentence
        assert "\n" not in sentence
    moved = [path.name for path in (folder / "quarantine").glob("*")]
    assert sorted(moved) == sorted(Path(name).name for name in harmed)
    assert whole_tables(folder) == whole_tables(whole)
    assert len(rvsjax.load(folder).runs) == 8
    assert run(folder) == ([], 0)
    assert not list(folder.rglob("*.tmp"))


HARMS = [list(HARM)[place::4] for place in range(4)]  # each run mends four


@pytest.mark.parametrize("harms", HARMS, ids=", ".join)
def test_harmed_parts_are_computed_again(finished, folder, harms):
    """Two tables of a block, and the two others of another: each is found."""
    places = {"curves": 0, "runs": 0, "pairs": -1, "weights": -1}
    paths = [part(folder, table, place) for table, place in places.items()]
    blocks = missing(folder) + 2
    for path, harm in zip(paths, harms, strict=True):
        HARM[harm](path)
    check_readers(folder, finished)
    check_mended(folder, finished, blocks, *(f"parts/{path.name}" for path in paths))


@pytest.mark.parametrize("harms", HARMS, ids=", ".join)
def test_harmed_tables_are_made_again(finished, tmp_path, harms):
    folder = shutil.copytree(finished, tmp_path / "out")
    names = ("curves", "pairs", "runs", "claims")  # as they are checked
    paths = [folder / f"{name}.parquet" for name in names]
    for path, harm in zip(paths, harms, strict=True):
        HARM[harm](path)
    found = [path.name for path in paths if path.exists()]  # not so a broken link
    check_readers(folder, finished)
    check_mended(folder, finished, 0, *found)
    assert not any(path.is_symlink() for path in paths)


def test_lost_tables_are_made_again(finished, tmp_path):
    for name in (*FILES, "sweep.toml"):
        folder = shutil.copytree(finished, tmp_path / name)
        (folder / name).unlink()
        check_readers(folder, finished)
        check_mended(folder, finished, 0)
        assert (folder / name).exists()


def test_lost_parts_are_computed_again(finished, folder):
    blocks = missing(folder) + 1
    for table in ("pairs", "weights"):
        part(folder, table).unlink()
    check_readers(folder, finished)
    check_mended(folder, finished, blocks)


# -- files that are no parts, or not of this place -------------------------------------


def add(folder, source, name=None):
    path = folder / "parts" / (name or source.name)
    shutil.copy(source, path)
    return f"parts/{path.name}"


def stranger(folder, others):
    (folder / "parts/notes.txt").write_text("buy milk")
    return "parts/notes.txt"


def strange_folder(folder, others):
    (folder / "parts/backup").mkdir()
    shutil.copy(part(folder), folder / "parts/backup")
    return "parts/backup"


def strange_link(folder, others):
    (folder / "parts/link").symlink_to(folder)
    return "parts/link"


def part_of_another_sweep(folder, others):
    return add(folder, part(others / "sweep"))


def part_of_wider_blocks(folder, others):
    """Its plan and the number of its block are right, its runs are others."""
    return add(folder, part(others / "width", place=0))


def part_of_a_block_too_many(folder, others):
    return add(folder, part(folder), "000099" + part(folder).name[6:])


STRANGE = [stranger, strange_folder, strange_link, part_of_another_sweep]
STRANGE += [part_of_wider_blocks, part_of_a_block_too_many]


@pytest.mark.parametrize("harm", STRANGE)
def test_what_does_not_belong_there_is_moved(finished, folder, others, harm):
    blocks = missing(folder)
    name = harm(folder, others)
    check_readers(folder, finished)
    check_mended(folder, finished, blocks, name)


def in_the_place_of(path, source, name):
    path.unlink()
    return [add(path.parents[1], source, name)]


REPLACED = {
    "another sweep": lambda path, others: in_the_place_of(
        path, part(others / "sweep", place=0), None
    ),
    "another sweep, renamed": lambda path, others: in_the_place_of(
        path, part(others / "sweep", place=0), path.name
    ),
    "wider blocks": lambda path, others: in_the_place_of(
        path, part(others / "width", place=0), None
    ),
    "another table, renamed": lambda path, others: in_the_place_of(
        path,
        part(path.parents[1], "pairs", 0),
        part(path.parents[1], "pairs", 0).name.replace("pairs", "runs"),
    ),
}


@pytest.mark.parametrize("harm", REPLACED.values(), ids=REPLACED)
def test_a_part_that_was_exchanged_is_computed_again(finished, folder, others, harm):
    blocks = missing(folder) + 1
    names = harm(part(folder, "runs", 0), others)
    check_readers(folder, finished)
    check_mended(folder, finished, blocks, *names)


def test_parts_that_swapped_names_are_computed_again(finished, folder):
    blocks = missing(folder) + 2
    one, other = part(folder, place=0), part(folder)
    aside = folder / "aside"
    one.rename(aside), other.rename(one), aside.rename(other)
    check_readers(folder, finished)
    names = (f"parts/{path.name}" for path in (one, other))
    check_mended(folder, finished, blocks, *names)


def test_much_damage_at_once(finished, folder, others):
    """All that is found is told, in one go; every block is lost."""
    names = []
    for path in (part.path for part in Store(folder).parts("runs")):
        truncate(path)
        names.append(f"parts/{path.name}")
    names += [stranger(folder, others), part_of_another_sweep(folder, others)]
    (folder / "manifest.json").write_text("{")
    check_mended(folder, finished, BLOCKS, "manifest.json", *sorted(names))


def test_the_same_harm_twice_keeps_both(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "out")
    for text in ("one", "two"):
        (folder / "parts/notes.txt").write_text(text)
        run(folder)
    kept = sorted((folder / "quarantine").iterdir())
    assert [path.read_text() for path in kept] == ["one", "two"]


# -- the manifest ----------------------------------------------------------------------


def other_value(path):
    text = path.read_text()
    assert text.count('"width": 2') == 1
    path.write_text(text.replace('"width": 2', '"width": 3'))


MANIFEST = HARM | {
    "other width": other_value,
    "list": lambda path: path.write_text("[]"),
    "deep": lambda path: path.write_text("[" * 10_000),
    "too little": lambda path: path.write_text('{"plan": "x"}'),
    "not text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
}
del MANIFEST["broken link"], MANIFEST["link"]  # is followed, and holds what it should


@pytest.mark.parametrize("harm", MANIFEST.values(), ids=MANIFEST)
def test_a_harmed_manifest_costs_no_block(finished, begun, tmp_path, harm):
    """The setting is in every part, with the plan: finished blocks are used."""
    folder = shutil.copytree(begun, tmp_path / "out")
    blocks = missing(folder)
    harm(folder / "manifest.json")
    there = listing(folder)
    with pytest.raises(
        FolderError, match=r"manifest.json is .*run the same sweep again"
    ):
        rvsjax.load(folder)
    assert listing(folder) == there
    said, computed = run(folder, width=None, kernel=None)
    assert (len(said), computed) == (1, blocks)
    assert "manifest.json is" in said[0] and "moved to" in said[0]
    assert whole_tables(folder) == whole_tables(finished)
    manifest = Results(folder).manifest
    assert (manifest["width"], manifest["kernel"]) == (2, "plain")
    assert run(folder) == ([], 0)


def test_a_lost_manifest_costs_no_block(finished, folder):
    blocks = missing(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(FolderError, match="no manifest.json"):
        rvsjax.load(folder)
    said, computed = run(folder, width=None, kernel=None)
    assert computed == blocks
    assert len(said) == 1 and "manifest.json was lost" in said[0]
    assert whole_tables(folder) == whole_tables(finished)
    assert run(folder) == ([], 0)


def test_every_digit_of_a_manifest_counts(finished, tmp_path):
    """No flipped bit goes unnoticed, but in the word `digest`: the rest is right."""
    folder = shutil.copytree(finished, tmp_path / "out")
    path = folder / "manifest.json"
    whole = path.read_bytes()
    right = Store(folder).manifest
    unnoticed = set()
    for place in range(0, len(whole), 3):
        flip(path, place)
        try:
            read = Store(folder).manifest
        except FolderError:
            continue
        finally:
            path.write_bytes(whole)
        unnoticed |= {name for name in read.keys() - right.keys() if read[name]}
        assert {name: read.get(name) for name in right} == right
    assert len(unnoticed) <= len("digest")


def forged(folder, **entries):
    """Write entries into a manifest by hand, without a digest."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text()) | entries
    del told["digest"]
    path.write_text(json.dumps(told))


def test_a_forged_manifest_moves_no_file_of_others(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "out")
    (tmp_path / "thesis.parquet").write_text("years of work")
    forged(folder, whole={"../thesis": "0" * 64})
    said, _ = run(folder)
    assert "manifest.json is not a manifest" in said[0]
    assert (tmp_path / "thesis.parquet").read_text() == "years of work"
    assert whole_tables(folder) == whole_tables(finished)


def test_a_forged_history_is_refused(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "out")
    stage = {"asked": {"seeds": []}, "mark": "x", "first": 0, "blocks": [0]}
    forged(folder, earlier=[stage], first=1)
    with pytest.raises(FolderError, match="a sweep that this version cannot read"):
        run(folder)


def test_the_manifest_of_another_sweep_is_refused(finished, folder, others):
    before = listing(folder)
    shutil.copy(others / "sweep/manifest.json", folder / "manifest.json")
    with pytest.raises(FolderError, match="constants.lam is 0.02 there, 0.01 now"):
        run(folder)
    assert [path for path in listing(folder) if ".locks" not in path] == [
        path for path in before if ".locks" not in path
    ]


def test_the_manifest_of_a_smaller_sweep_mixes_nothing(finished, folder, tmp_path):
    """The folder seems to grow out of a sweep that its parts are not of."""
    run(tmp_path / "small", plan(seeds=3))
    shutil.copy(tmp_path / "small/manifest.json", folder / "manifest.json")
    run(folder)
    runs = Results(folder).runs
    assert sorted(runs["run_id"]) == sorted(Results(finished).runs["run_id"])
    assert run(folder) == ([], 0)


@pytest.fixture(scope="module")
def grown(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grown") / "out"
    run(folder, plan(seeds=5))
    run(folder)
    return folder


@pytest.mark.parametrize("harm", ["torn", "lost"])
def test_a_grown_folder_without_its_manifest_is_mended(finished, grown, tmp_path, harm):
    """It is computed again, since its parts are of plans that nobody knows now."""
    folder = shutil.copytree(grown, tmp_path / "out")
    if harm == "torn":
        (folder / "manifest.json").write_text('{"plan": "')
    else:
        (folder / "manifest.json").unlink()
    said, computed = run(folder)
    assert computed == BLOCKS
    assert len(said) == 1 + len(listing(grown / "parts"))
    assert whole_tables(folder) == whole_tables(finished)
    assert run(folder) == ([], 0)


def test_a_grown_folder_without_its_manifest_is_again_what_it_was(grown, tmp_path):
    """Asked for the sweep that it had first, it keeps those parts alone."""
    folder = shutil.copytree(grown, tmp_path / "out")
    (folder / "manifest.json").unlink()
    run(tmp_path / "first", plan(seeds=5))
    said, computed = run(folder, plan(seeds=5))
    assert computed == 0
    assert len(said) == 1 + 2 * len(TABLES)  # two blocks were added to it
    assert whole_tables(folder) == whole_tables(tmp_path / "first")


# -- damage that leaves no trace: the ledger takes a part for what it was -------------


def rot(path):
    """Change a part, and let the ledger have seen it so."""
    ledger = Ledger(path.parents[1])
    entry = ledger.read()[path.name]
    flip(path, path.stat().st_size // 2)
    ledger.add([(path.name, entry._replace(stamp=stamp(path)))])


def test_a_rotten_part_is_found_before_its_rows_reach_a_table(
    finished, begun, tmp_path
):
    folder = shutil.copytree(begun, tmp_path / "out")
    run(folder, shard=(1, 2))  # its parts are noted now
    path = part(folder)
    rot(path)
    said, computed = run(folder)
    assert computed == 1  # after the others
    [sentence] = said
    assert f"parts/{path.name} is damaged" in sentence and "moved to" in sentence
    assert whole_tables(folder) == whole_tables(finished)
    assert run(folder) == ([], 0)


@pytest.mark.parametrize("finds", ["verify", "retry"])
def test_a_rotten_part_beneath_whole_tables_is_found_and_mended(
    finished, tmp_path, finds
):
    folder = shutil.copytree(finished, tmp_path / "out")
    assert run(folder) == ([], 0)
    rot(part(folder))
    assert run(folder) == ([], 0)
    if finds == "verify":
        with pytest.raises(FolderError, match="run the same sweep again"):
            stale_tables(folder)
        said, computed = run(folder)
    else:
        said, computed = run(folder, retry=frozenset(["failed"]))
    assert len(said) == 1 and computed == 1
    assert whole_tables(folder) == whole_tables(finished)


def test_a_sweep_in_packs_has_the_same_tables_and_is_mended(
    finished, tmp_path, monkeypatch
):
    monkeypatch.setattr(job, "_pack_size", lambda blocks: 3)
    folder = tmp_path / "out"
    assert run(folder) == ([], BLOCKS)
    assert whole_tables(folder) == whole_tables(finished)
    names = [path.name[:13] for path in sorted(folder.glob("parts/0000/*.zip"))]
    assert names == ["000000-000002", "000003-000003"]
    victim = next(folder.glob("parts/0000/000000*"))
    flip(victim, victim.stat().st_size // 2)
    [sentence], computed = run(folder)
    assert computed == 3 and "is damaged" in sentence and "moved to" in sentence
    assert whole_tables(folder) == whole_tables(finished)
    run(folder, plan(seeds=10))
    assert len(rvsjax.load(folder).runs) == 10
    assert run(folder, plan(seeds=10)) == ([], 0)


# -- every byte ------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path):
    store = Store(tmp_path / "tiny")
    with store.hold():
        store.open("plan", {}, "", ["runs"])
        store.append(0, {"runs": pa.table({"x": [1, 2], "y": ["a", None]})})
        store.append(1, {"runs": pa.table({"x": [3, 4], "y": ["b", "c"]})})
    return store


def check_every_byte(store, path):
    whole = path.read_bytes()
    places = [(place, None) for place in range(len(whole))]
    # names of columns that are no letters any more
    places += [(place, 7) for place, byte in enumerate(whole) if byte in b"xy"]
    for place, bit in places:
        flip(path, place, bit)
        with pytest.raises(FolderError, match="damaged"):
            Store(store.folder).load("runs")
        path.write_bytes(whole)
    assert store.load("runs")["x"].tolist() == [1, 2, 3, 4]


def test_a_flipped_bit_anywhere_in_a_part_is_noticed(tiny):
    check_every_byte(tiny, tiny.parts("runs")[0].path)


def test_a_flipped_bit_anywhere_in_a_whole_table_is_noticed(tiny):
    tiny.compact()
    tiny.seal(["runs"])
    check_every_byte(tiny, tiny.folder / "runs.parquet")


FLIPS = """
import sys
from pathlib import Path

import pyarrow as pa

from rvsjax.sweep.store import DamagedFile, FolderError
from rvsjax.sweep.store import parts
from rvsjax.sweep.store import tables

columns = {"run_id": ["a", "b"], "m_x": [1.5, None], "u": [[0.5, None], [1.0, 2.0]]}
path = Path("weights.parquet")
tables.write(path, [pa.table(columns)])
whole = path.read_bytes()
begin = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
readers = {
    "table": tables.read,
    "columns": lambda path: tables.read(path, ["run_id", "u"]),
    "pieces": lambda path: list(tables.pieces(path)),
    "schema": parts.schema,
}
for place in range(begin, len(whole)):
    for flipped in (0x01, 0x06, 0xFF):
        changed = bytearray(whole)
        changed[place] ^= flipped
        path.write_bytes(changed)
        for name, read in readers.items():
            try:
                read(path)
            except (DamagedFile, FolderError):
                pass
print("read", len(whole) - begin)
"""


def test_no_flip_in_a_footer_ends_the_process(tmp_path):
    """Arrow calls abort() for what it finds of a column; nothing but a child can tell.

    A folder that nobody sealed has no digest that such a file could be told by.
    """
    child = [sys.executable, "-c", FLIPS]
    ended = subprocess.run(child, cwd=tmp_path, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("read ")


def test_every_length_of_a_part_is_noticed(tiny):
    path = tiny.parts("runs")[0].path
    whole = path.read_bytes()
    for length in range(0, len(whole), 3):
        path.write_bytes(whole[:length])
        with pytest.raises(FolderError, match="damaged"):
            tiny.load("runs")


def test_a_manifest_without_a_digest_is_taken_at_its_word(tiny):
    """Folders from before manifests had one go on."""
    path = tiny.folder / "manifest.json"
    told = json.loads(path.read_text())
    del told["digest"]
    path.write_text(json.dumps(told))
    store = Store(tiny.folder)
    with store.hold():
        assert store.open("plan", {}, "", ["runs"]) == []
        store.update({"width": 3})
    assert "digest" in json.loads(path.read_text())

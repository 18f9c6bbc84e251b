"""The results folder, with tables that have nothing to do with RVSCGD."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rvsjax.sweep.store import FolderError, Store, atomic, united


def table(*values):
    return {"runs": pa.table({"x": list(values), "y": [f"{v}" for v in values]})}


def opened(folder, plan="plan", asked=(), source="", tables=("runs",)):
    """Return a store that was opened, and is held by nobody any more."""
    store = Store(folder)
    with store.hold():
        store.open(plan, dict(asked), source, tables)
    return store


@pytest.fixture
def store(tmp_path):
    asked = {"seeds": {"count": 3}, "name": "x"}
    return opened(tmp_path / "out", "plan-1", asked, "name = 'x'\n")


def names(store):
    return sorted(path.name for path in store.folder.rglob("*") if path.is_file())


def test_blocks_come_back_in_order_whatever_the_order_of_writing(store):
    for block in (2, 0, 1):
        store.append(block, table(block * 10, block * 10 + 1))
    assert store.done() == {0, 1, 2}
    assert store.load("runs")["x"].tolist() == [0, 1, 10, 11, 20, 21]
    store.compact()
    assert store.load("runs")["x"].tolist() == [0, 1, 10, 11, 20, 21]


def test_the_compacted_table_has_the_same_bytes_whatever_the_order(tmp_path):
    contents = []
    for name, order in (("a", (0, 1, 2)), ("b", (2, 1, 0))):
        store = opened(tmp_path / name, tables=["runs"])
        for block in order:
            store.append(block, table(block))
        store.compact()
        contents.append((store.folder / "runs.parquet").read_bytes())
    assert contents[0] == contents[1]


def test_a_part_names_its_block_plan_and_checksum(store):
    store.append(7, table(1))
    [part] = store.parts("runs")
    assert part.path.name == f"000007-runs-{part.digest}.parquet"
    assert len(part.digest) == 64
    metadata = pq.read_schema(part.path).metadata
    assert metadata[b"rvsjax.plan"] == b"plan-1"
    assert metadata[b"rvsjax.block"] == b"7"


def test_no_temporary_file_is_left(store):
    store.append(0, table(1))
    store.compact()
    assert not [name for name in names(store) if name.endswith(".tmp")]
    assert {"manifest.json", "sweep.toml", "runs.parquet"} <= set(names(store))


def test_a_part_is_not_there_before_it_is_whole(store, monkeypatch):
    """Stop at the sync: the block is not done, nothing half-written is in the way."""

    def stop(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", stop)
        with pytest.raises(KeyboardInterrupt):
            store.append(0, table(1))
    assert store.done() == set()
    assert not [name for name in names(store) if name.endswith(".tmp")]
    store.append(0, table(1))
    assert store.load("runs")["x"].tolist() == [1]


def test_old_parts_go_first_and_the_rows_are_written_last(store, monkeypatch):
    steps = []

    def hear(step, path):
        if step in ("rename", "remove") and path.suffix == ".parquet":
            steps.append((step, path.name.split("-")[1]))

    monkeypatch.setattr(atomic, "failpoint", hear)
    store.tables = ("curves", "runs")
    for value in 1, 2:
        store.append(0, table(value) | {"curves": pa.table({"x": [value]})})
    written = [("rename", "curves"), ("rename", "runs")]
    assert steps == [*written, ("remove", "curves"), ("remove", "runs"), *written]


def test_a_block_computed_again_replaces_the_old_one(store):
    store.append(0, table(1))
    store.append(1, table(5))
    store.append(0, table(2))
    assert len(store.parts("runs")) == 2
    assert store.load("runs")["x"].tolist() == [2, 5]


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_a_damaged_part_is_never_read(store, damage):
    store.append(0, table(*range(100)))
    [part] = store.parts("runs")
    data = bytearray(part.path.read_bytes())
    if damage == "flip":
        data[len(data) // 3] ^= 4
    part.path.write_bytes({"empty": b"", "truncate": data[:-9]}.get(damage, data))
    with pytest.raises(FolderError, match="damaged"):
        store.load("runs")


def test_a_part_of_another_sweep_or_block_is_never_read(store, tmp_path):
    other = opened(tmp_path / "other", "plan-2")
    other.append(0, table(9))
    [part] = other.parts("runs")
    (store.folder / "parts" / part.path.name).write_bytes(part.path.read_bytes())
    with pytest.raises(FolderError, match="another sweep"):
        store.load("runs")
    other.append(1, table(8))
    one = other.parts("runs")[1].path
    one.rename(one.with_name("000005" + one.name[6:]))
    with pytest.raises(FolderError, match="another block"):
        other.load("runs")


def test_a_flipped_bit_in_the_whole_table_is_noticed(store):
    store.append(0, table(*range(5000)))
    store.compact()
    path = store.folder / "runs.parquet"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(FolderError, match="damaged"):
        store.load("runs")


def test_another_sweep_is_refused_with_the_difference(store):
    with pytest.raises(FolderError, match="seeds.count is 3 there, 5 now"):
        opened(store.folder, "plan-2", {"seeds": {"count": 5}, "name": "x"})


def test_what_was_not_set_is_told_in_words(store):
    asked = {"seeds": {"count": 3}, "name": "x", "constants": {"dtype": "float32"}}
    narrowed = {"only": {}, "limit": None}
    old = opened(store.folder.parent / "old", "plan-1", asked | {"narrowed": narrowed})
    now = asked | {"constants": {}, "narrowed": {"only": {"k": [3]}, "limit": 7}}
    with pytest.raises(FolderError) as refused:
        opened(old.folder, "plan-2", now)
    told = str(refused.value).split("(")[1].split(")")[0].split("; ")
    assert told == [
        "constants.dtype is 'float32' there, not set now",
        "only.k is not set there, [3] now",
        "limit is not set there, 7 now",
    ]


def test_of_a_sweep_of_another_name_the_name_is_told_alone(store):
    told = r"holds another sweep \(name is 'x' there, 'y' now\);"
    with pytest.raises(FolderError, match=told):
        opened(store.folder, "plan-2", {"seeds": {"count": 5}, "name": "y"})


def test_a_file_is_not_the_folder_of_a_sweep(tmp_path):
    (tmp_path / "file.toml").touch()
    with pytest.raises(FolderError, match="file.toml is not the folder of a sweep"):
        assert Store(tmp_path / "file.toml").manifest is None


def test_the_folder_keeps_the_file_that_was_asked_last(store):
    opened(store.folder, "plan-1", {}, "changed comment")
    assert (store.folder / "sweep.toml").read_text() == "changed comment"


def test_the_same_sweep_by_another_version_is_refused(store):
    asked = {"seeds": {"count": 3}, "name": "x"}
    with pytest.raises(FolderError, match="by a version with other columns"):
        opened(store.folder, "plan-2", asked)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FolderError, match="no manifest.json"):
        opened(tmp_path)


def test_a_block_is_done_with_all_of_its_tables(tmp_path):
    store = opened(tmp_path / "out", tables=["curves", "runs"])
    both = table(1) | {"curves": pa.table({"x": [1]})}
    store.append(0, both)
    store.append(1, both)
    store.parts("curves")[0].path.unlink()
    assert store.done() == {1}


def test_a_folder_that_was_taken_half_is_taken_again(tmp_path):
    """Killed between its first files, or begun by several processes at once."""
    (tmp_path / "out" / "parts").mkdir(parents=True)
    (tmp_path / "out" / "sweep.toml").write_text("name = 'x'")
    (tmp_path / "out" / ".manifest.json.17.tmp").write_text("{")
    store = opened(tmp_path / "out", tables=["runs"])
    assert store.manifest["plan"] == "plan"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(FolderError, match="is not a folder"):
        opened(tmp_path / "out")


BROKEN = ["{", "[]", "\x00", "{}", '{"plan": "p"}', '{"plan": "p", "asked": []}']
BROKEN += ['{"plan": "p", "asked": {}, "width": "8"}']
BROKEN += ['{"plan": "p", "asked": {}, "width": -3}']
BROKEN += ['{"plan": "p", "asked": {}, "sessions": 3}']


@pytest.mark.parametrize("content", BROKEN)
def test_a_torn_manifest_is_a_sentence(store, content):
    (store.folder / "manifest.json").write_text(content)
    with pytest.raises(FolderError, match="run the same sweep again"):
        _ = store.manifest


def test_the_manifest_keeps_what_it_had(store):
    store.update({"width": 16})
    store.update({"sessions": []})
    manifest = json.loads((store.folder / "manifest.json").read_text())
    assert manifest["plan"] == "plan-1"
    assert manifest["width"] == 16


def test_parts_without_all_columns_are_united(store):
    """A block that failed has fewer columns; its others are null."""
    store.append(0, {"runs": pa.table({"x": [1]})})
    store.append(1, table(2))
    store.compact()
    assert store.load("runs")["y"].isna().tolist() == [True, False]


def test_an_empty_folder_holds_no_table(tmp_path):
    with pytest.raises(FolderError, match="holds no table"):
        Store(tmp_path).load("runs")


def test_a_few_columns_are_those_of_the_whole_table(store):
    """From parts and from the whole table; a name that is not there is left out."""
    for block in range(2):
        store.append(block, table(block, block + 5))
    for _ in range(2):
        whole, few = store.load("runs"), store.load("runs", ["y", "z"])
        assert few.equals(whole[["y"]])
        store.compact()
    assert store.columns("runs") == ["x", "y"]


def test_a_block_written_again_takes_the_place_of_both_kinds_of_before(store):
    """Of this process, and of one before it."""
    store.append(0, table(1))
    store.append(0, table(2))
    again = opened(store.folder, "plan-1", store.manifest["asked"])
    again.append(0, table(3))
    again.append(1, table(4))
    again.append(0, table(5))
    assert again.load("runs")["x"].tolist() == [5, 4]
    assert len(list((store.folder / "parts").iterdir())) == 2


def test_a_large_table_is_scanned_a_piece_at_a_time(store, monkeypatch):
    for block in range(4):
        store.append(block, table(*range(3 * block, 3 * block + 3)))
    store.compact()
    store.seal(["runs"])
    [whole] = store.scan("runs", ["x"])
    assert whole.equals(store.load("runs", ["x"])) and store.count("runs") == 12
    monkeypatch.setattr(united, "MOST_ROWS", 5)
    pieces = list(store.scan("runs", ["x", "z"]))
    assert [len(x) for x in pieces] == [5, 5, 2]
    assert [x for piece in pieces for x in piece["x"]] == list(range(12))
    path = store.path("runs")
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(FolderError, match="damaged"):
        list(store.scan("runs"))

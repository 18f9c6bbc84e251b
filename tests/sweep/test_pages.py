"""The counts of lists in a Parquet file, against Arrow's own and against its damage."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rvsjax.errors import FolderError
from rvsjax.sweep.store import untrusted
from rvsjax.sweep.store.pages import _Compact, values

FLOATS = pa.list_(pa.float64())


def written(table, **options):
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file


def weights(lengths, kind=FLOATS):
    rng = np.random.default_rng(3)
    lists = [None if n is None else rng.normal(size=n).tolist() for n in lengths]
    columns = {"run_id": [f"r{i}" for i in range(len(lists))]}
    return pa.table(columns | {"w": pa.array(lists, kind), "m": [1.0] * len(lists)})


def of_metadata(file):
    """Return what Arrow says of all columns, in all row groups."""
    told = pq.ParquetFile(file).metadata
    groups = [told.row_group(i) for i in range(told.num_row_groups)]
    every = [group.column(i) for group in groups for i in range(told.num_columns)]
    return sum(column.num_values for column in every)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_dictionary": False},
        {"data_page_version": "2.0", "use_dictionary": False},
        {"compression": "zstd", "write_page_checksum": True, "use_dictionary": False},
        {"row_group_size": 7, "use_dictionary": False},
        {"data_page_size": 64, "use_dictionary": False, "write_batch_size": 2},
        {"write_statistics": False, "version": "1.0", "use_dictionary": False},
        {"write_page_index": True, "use_dictionary": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [FLOATS, pa.list_(pa.float32())], ids=str)
def test_values_are_counted_as_arrow_counts_them(options, kind):
    """An empty list and a null count as one each, and so does a dictionary's number."""
    lengths = [3, 0, None, 200, 1] * 5
    file = written(weights(lengths, kind), **options)
    different = 0 if options.get("use_dictionary") is False else 25 + 5 * 204 + 1
    assert values(file) == of_metadata(file) + different
    assert of_metadata(file) == 25 + 5 * 206 + 25


def test_a_field_of_another_kind_is_passed_over_as_arrow_does():
    """A harmless place told in 32 bits would hide the true one, in 64."""
    true, other, end = b"\x96\x0a", b"\x05\x12\x02", b"\x00"  # field 9: 5, and 1
    assert _Compact(true + other + end).fields() == {(9, 6): 5, (9, 5): 1}
    with pytest.raises(ValueError, match="twice"):
        _Compact(true + b"\x06\x12\x02" + end).fields()


NUMBER = 5 * 10**7  # of zeros: 400 MB in a file of a few kB


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """A file of kilobytes whose only row is a list of many zeros."""
    path = tmp_path_factory.mktemp("bomb") / "weights.parquet"
    zeros = pa.ListArray.from_arrays([0, NUMBER], pa.array(np.zeros(NUMBER)))
    pq.write_table(pa.table({"w": zeros}), path, compression="zstd")
    assert path.stat().st_size < 2**16
    return path


def test_a_long_list_in_a_small_file_is_refused_before_it_is_read(bomb, monkeypatch):
    free = type("Memory", (), {"available": 8 * NUMBER})
    monkeypatch.setattr(untrusted.psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", None)
    with bomb.open("rb") as file:
        with pytest.raises(FolderError, match="asks for 0.6 GiB of memory"):
            untrusted.table(file, bomb)
        with pytest.raises(FolderError, match="asks for 0.6 GiB of memory"):
            list(untrusted.pieces(file, bomb, 10))


def test_a_list_that_fits_is_read(bomb):
    with bomb.open("rb") as file:
        assert len(untrusted.table(file, bomb)["w"][0]) == NUMBER


def test_each_flipped_byte_is_counted_or_refused():
    """No hang and no other error, whatever the bytes say."""
    data = bytearray(written(weights([3, 1]), use_dictionary=False).getvalue())
    for place in range(4, len(data)):
        for mask in (0xFF, 0x80, 0x01):
            data[place] ^= mask
            try:
                assert values(io.BytesIO(data)) >= 0
            except (ValueError, LookupError, TypeError):
                pass
            data[place] ^= mask

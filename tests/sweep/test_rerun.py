"""What a folder holds is compared where it is of the kind that is computed here."""

import pyarrow as pa
import pytest

from rvsjax.sweep.rerun import need_kinds
from rvsjax.sweep.store import FolderError, Store

HERE = {"curves": pa.table({"step": [0, 1], "theta": [0.5, 0.25], "word": ["a", "b"]})}


def held(**columns):
    """Tables as computed here, with other columns."""
    curves = HERE["curves"].to_pydict() | columns
    return {"curves": pa.table(curves)}


ALIKE = {
    "the same": {},
    "floats that are whole": {"step": [0.0, 1.0]},
    "nothing": {"step": pa.nulls(2), "theta": pa.nulls(2)},
    "null among numbers": {"step": [None, 3]},
    "few bits": {"step": pa.array([0, 200], pa.uint8())},
    "whole in place of numbers": {"theta": [1, 2]},
    "another column": {"younger": ["a", "b"]},
}


@pytest.mark.parametrize("columns", ALIKE.values(), ids=ALIKE)
def test_numbers_are_compared_however_they_are_kept(columns, tmp_path):
    need_kinds(Store(tmp_path), held(**columns), HERE)


UNLIKE = {
    "half a step": ({"step": [0.5, 1]}, "step should hold whole numbers, not others"),
    "no number": ({"step": [0, float("nan")]}, "step should hold whole numbers"),
    "endless": ({"step": [0, float("inf")]}, "step should hold whole numbers"),
    "beyond float64": ({"step": [0, 2**63 - 1]}, "step should hold whole numbers"),
    "beyond int64": (
        {"step": pa.array([0, 2**64 - 1], pa.uint64())},
        "step should hold whole numbers",
    ),
    "words": ({"step": ["0", "1"]}, "step should hold numbers, not words"),
    "words for theta": ({"theta": ["0", "1"]}, "theta should hold numbers, not words"),
    "numbers for words": ({"word": [0, 1]}, "word should hold words, not numbers"),
}


@pytest.mark.parametrize(("columns", "what"), UNLIKE.values(), ids=UNLIKE)
def test_what_is_of_another_kind_is_refused(columns, what, tmp_path):
    with pytest.raises(FolderError, match=f"curves is no table .*: its column {what}"):
        need_kinds(Store(tmp_path), held(**columns), HERE)

"""Ranges: the set that they stand for."""

import random

import pytest

from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.store.ranges import Ranges, blocks_of, write_blocks


def test_they_are_the_set_of_their_numbers():
    luck = random.Random(0)
    for _ in range(200):
        numbers = {luck.randrange(40) for _ in range(luck.randrange(30))}
        found = Ranges(numbers)
        assert list(found) == sorted(numbers) and len(found) == len(numbers)
        assert [x for x in range(-1, 42) if x in found] == sorted(numbers)
        assert Ranges.parse(str(found)) == found == Ranges(found)


def test_those_that_follow_each_other_take_little_room():
    assert str(Ranges(range(2**22))) == f"0-{2**22 - 1}"
    assert str(Ranges([7, 3, 4, 5, 9, 7])) == "3-5,7,9"
    assert "3" not in Ranges([3]) and None not in Ranges([3])


@pytest.mark.parametrize("text", ["x", "1,", "3-1", "5,3", "1-4,4", "-1", "1--2", " 1"])
def test_what_does_not_rise_is_none(text):
    with pytest.raises(ValueError, match="no set"):
        Ranges.parse(text)


def test_a_manifest_lists_few_blocks_as_before_and_many_as_ranges():
    assert write_blocks(iter([3, 1, 2])) == {"blocks": [1, 2, 3]}
    many = {*range(3000), 5000}
    assert write_blocks(many) == {"ranges": "0-2999,5000"}
    for numbers in ([], [4], many):
        assert list(blocks_of(write_blocks(numbers))) == sorted(numbers)


def stage(**blocks):
    return {"asked": {}, "mark": "x", "first": 0, **blocks}


def test_a_folder_of_four_million_blocks_that_grew_opens_again(tmp_path):
    store = Store(tmp_path)
    earlier = stage(**write_blocks(range(2**22)))
    store.update({"plan": "p", "asked": {}, "earlier": [earlier], "first": 2**22})
    assert (tmp_path / "manifest.json").stat().st_size < 1000
    assert Store(tmp_path).manifest["earlier"] == [earlier]


@pytest.mark.parametrize(
    "blocks", [{}, {"ranges": 3}, {"ranges": "3-1"}, {"ranges": "1", "blocks": [1]}]
)
def test_stages_that_tell_no_blocks_are_none(tmp_path, blocks):
    Store(tmp_path).update({"plan": "p", "asked": {}, "earlier": [stage(**blocks)]})
    with pytest.raises(FolderError, match="is not a manifest"):
        assert not Store(tmp_path).manifest

"""Ranges: the set that they stand for."""

import random

import pytest

from rvsjax.sweep.store.ranges import Ranges


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

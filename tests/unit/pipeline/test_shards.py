"""Shards are put together in the order of their members, and what is finished is never computed again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntklab.files import save_arrays
from ntklab.pipeline.shards import by, joined, ranges


@pytest.fixture
def shard(tmp_path):
    """Writes a shard whose array holds its members' numbers."""

    def written(width: int, first: int, last: int, group: str = "c4"):
        path = tmp_path / f"{group}-{width}-{first}.npz"
        settings = {"width": width, "group": group, "first": first, "last": last}
        save_arrays(path, {"f": width + np.arange(first, last + 1)}, {"settings": settings})
        return path

    return written


def test_shards_are_joined_in_the_order_of_their_members(shard):
    paths = [shard(100, 4, 5), shard(200, 0, 1), shard(100, 0, 3)]
    found = by(paths, "width")
    assert list(found) == [100, 200]
    assert joined(found[100], "f").tolist() == [100, 101, 102, 103, 104, 105]
    assert joined(found[200], "f").tolist() == [200, 201]


def test_several_keys_give_tuples_in_the_order_of_the_paths(shard):
    paths = [shard(100, 0, 1, "c8"), shard(100, 0, 1), shard(200, 0, 1)]
    assert list(by(paths, "group", "width")) == [("c8", 100), ("c4", 100), ("c4", 200)]


@st.composite
def finished_blocks(draw) -> tuple[int, int, list[tuple[int, int]]]:
    """A count, a size, and blocks of earlier runs: of other sizes and counts, some of them overlapping."""
    count, size = draw(st.integers(1, 40)), draw(st.integers(1, 12))
    starts = draw(st.lists(st.integers(0, 45), max_size=8))
    return count, size, [(first, first + draw(st.integers(0, 12))) for first in starts]


@given(finished_blocks())
def test_ranges_cover_everything_once_and_keep_what_is_finished(drawn):
    count, size, finished = drawn
    found = ranges(count, size, finished)
    assert [i for first, last in found for i in range(first, last + 1)] == list(range(count))
    for first, last in found:
        assert (first, last) in finished or last - first < size
    kept = [block for block in found if block in finished]
    for first, last in finished:  # whoever is not kept does not fit, or overlaps one that is
        overlaps = any(first <= b and a <= last for a, b in kept)
        assert last >= count or overlaps, f"{first}-{last} was finished and fits"


@given(st.integers(1, 60), st.integers(1, 20))
def test_without_finished_shards_there_are_plain_blocks(count, size):
    found = ranges(count, size)
    assert all(last - first + 1 == size for first, last in found[:-1])
    assert len(found) == -(-count // size) and found[-1][1] == count - 1


def test_finished_shards_stay_whatever_their_size():
    assert ranges(10, 4) == [(0, 3), (4, 7), (8, 9)]
    assert ranges(10, 2, [(0, 3), (4, 7), (8, 9)]) == [(0, 3), (4, 7), (8, 9)]  # smaller jobs: nothing again
    assert ranges(12, 4, [(0, 3), (4, 7), (8, 9)]) == [(0, 3), (4, 7), (8, 9), (10, 11)]  # more members: only these
    assert ranges(6, 4, [(0, 3), (4, 7)]) == [(0, 3), (4, 5)]  # one that reaches too far is not used
    assert ranges(9, 4, [(3, 4)]) == [(0, 2), (3, 4), (5, 8)]  # gaps are filled
    assert ranges(9, 4, [(0, 1), (0, 5)]) == [(0, 5), (6, 8)]  # of two from the same member the longer

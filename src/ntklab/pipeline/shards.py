"""Shards put together: each is a file of arrays with a range of members (batches, draws) of one ensemble."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ntklab.files import Arrays


def by(paths: Iterable[Path], *keys: str) -> dict[Any, list[Arrays]]:
    """Shards by the values of the settings `keys` in their headers, each list in the order of its first members.

    One key gives plain values, several give tuples, in the order in which they first occur.
    """
    found = defaultdict(list)
    for shard in map(Arrays, paths):
        values = tuple(shard.header["settings"][key] for key in keys)
        found[values if len(keys) > 1 else values[0]].append(shard)
    for shards in found.values():
        shards.sort(key=lambda shard: shard.header["settings"]["first"])
    return dict(found)


def joined(shards: Iterable[Arrays], name: str) -> np.ndarray:
    """The array of that name of all shards, along its first axis."""
    return np.concatenate([shard[name] for shard in shards])


def number_of_members(shards: Iterable[Arrays]) -> int:
    """Members of an ensemble, from the ranges in its shards' headers."""
    return sum(1 + shard.header["settings"]["last"] - shard.header["settings"]["first"] for shard in shards)


def ranges(count: int, size: int, finished: Iterable[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """First and last of 0 .. count - 1 in consecutive blocks, one job each.

    Blocks of `finished` that fit stay, the longest first, and what is between them is divided into blocks of at most
    `size`: another size, or more members, computes nothing again.
    """
    longest = {first: last for first, last in sorted(finished) if last < count}
    found, first = [], 0
    while first < count:
        following = min((start for start in longest if start > first), default=count)
        last = longest.get(first, min(first + size, following, count) - 1)
        found.append((first, last))
        first = last + 1
    return found

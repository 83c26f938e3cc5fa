"""Second moments of an ensemble's outputs, with one group of members left out at a time.

Of a deviation d of the members' outputs (from the orbit mean, from the infinite-width mean, from zero), two numbers say all:
(E d)^2, what an infinite ensemble has, estimated without bias from pairs of different members, and E d^2, what a member has.
An ensemble of M has (E d)^2 + (E d^2 - (E d)^2) / M in expectation, whatever the networks do: an identity of independent
members, against which disjoint blocks of M members check the arithmetic. (E d)^2 is a degenerate U-statistic where E d
vanishes; its jackknife is then conservative.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntklab.metrics.invariance import orbit_deviation
from ntklab.metrics.resampling import groups_of
from ntklab.metrics.statistics import block_means
from ntklab.types import MemberPredictions

Deviations = Float[np.ndarray, "member time entry"]
ByReplicate = Float[np.ndarray, "replicate time"]
"""Row 0 of all members, the others with one group left out."""


class Moment(NamedTuple):
    """One mean square at one time: of ensembles of `members` (inf, 1 or disjoint blocks of a size in between)."""

    quantity: str
    members: float
    time_index: int
    replicate: int
    value: float


def second_moments(
    deviations: Deviations, sizes: Sequence[int] = (), groups: int | None = None
) -> dict[float, ByReplicate]:
    """Mean squares over entries by size of ensemble: inf, without bias; 1; and means over the disjoint blocks of each size.

    Sizes of which there are fewer than three blocks are left out. `InputError` for fewer than three members.
    """
    members, _, entries = deviations.shape
    parts = [np.arange(0), *groups_of(members, groups)]
    total, norms = deviations.sum(axis=0), np.square(deviations).sum(axis=-1)
    found: dict[float, list[np.ndarray]] = {np.inf: [], 1.0: []}
    for part in parts:
        left = members - len(part)
        rest, squares = total - deviations[part].sum(axis=0), norms.sum(axis=0) - norms[part].sum(axis=0)
        found[np.inf].append((np.square(rest).sum(axis=-1) - squares) / (left * (left - 1) * entries))
        found[1.0].append(squares / (left * entries))
    for size in sizes:
        if size > 1 and members >= 3 * size:
            squares = np.square(block_means(deviations, size)).mean(axis=-1)
            found[float(size)] = [_weights(part, size, len(squares)) @ squares for part in parts]
    return {size: np.stack(values) for size, values in found.items()}


def _weights(part: np.ndarray, size: int, blocks: int) -> Float[np.ndarray, " block"]:
    """Weights of the blocks in their mean when the members in `part` are left out.

    A block of which a fraction is left out loses the root of it: then the squared deviations that the groups of one block
    cause add up to that of leaving out the block, and the jackknife's variance is right for blocks larger than groups too.
    Forming new blocks of the members that are left would move all of them, and with them the replicates, by chance.
    """
    missing = np.bincount(part // size, minlength=blocks)[:blocks] / size
    weights = 1 - np.sqrt(missing)
    return weights / weights.sum()


def moments_of(
    quantity: str, deviations: Deviations, sizes: Sequence[int] = (), groups: int | None = None
) -> Iterator[Moment]:
    """The same as rows."""
    for size, values in second_moments(deviations, sizes, groups).items():
        for (replicate, time), value in np.ndenumerate(values):
            yield Moment(quantity, size, time, replicate, float(value))


def ensemble_moments(
    predictions: MemberPredictions,
    limit: Float[np.ndarray, "time input element"],
    sizes: Sequence[int] = (),
    groups: int | None = None,
) -> Iterator[Moment]:
    """Squared spread over the orbit, squared distance to the infinite-width mean `limit`, and mean square, in float64.

    Blocks of the given sizes for the spread only.
    """
    predictions = predictions.astype(np.float64)
    deviations = {
        "squared_spread": orbit_deviation(predictions),
        "squared_distance": predictions - limit,
        "mean_square": predictions,
    }
    for quantity, deviation in deviations.items():
        of_quantity = sizes if quantity == "squared_spread" else ()
        yield from moments_of(quantity, deviation.reshape(*deviation.shape[:2], -1), of_quantity, groups)

"""How far the means of two ensembles are from each other, with and without the noise of finitely many members.

d_m = A_m - B_m, the difference of two members with the same index, is one draw of a quantity whose mean is the difference
of the infinite ensembles: members are independent, within and between the ensembles (spec 2.7 of the experiments).

Members come in pairs whose outputs at initialisation are opposite. A pair's mean has the same expectation as a member and
far less noise, because most of it stems from the initial outputs: it is what the unbiased floor is estimated from. The
plain difference and its noise line are those of independent members, the first of each pair.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntklab.metrics.ensemble_invariance import Measurement
from ntklab.metrics.ensemble_moments import Moment, moments_of
from ntklab.metrics.statistics import Estimate, first_of_pairs, pair_means, squared_mean, sub_ensembles
from ntklab.types import Numbers

SHOWN, FOLLOWED = 20, 3
"""Inputs of a set whose mean outputs are shown after training, and those that are followed over time."""

Differences = Float[np.ndarray, "member time entry"]
"""A_m - B_m on all inputs and outputs."""
Pairs = Float[np.ndarray, "pair time entry"]


def root_mean_square(f: Float[np.ndarray, "*leading entry"]) -> Float[Numbers, "*leading"]:
    """sqrt(mean f^2) over the last axis."""
    return np.sqrt(np.square(f).mean(axis=-1))


def noise(differences: Float[np.ndarray, "member entry"], size: int) -> Estimate:
    """What the difference of the means of `size` members is if the infinite ensembles agree: sqrt(mean var d / size)."""
    members = len(differences)
    each = np.square(differences - differences.mean(axis=0)).mean(axis=-1) * members / (members - 1)
    value = np.sqrt(each.mean() / size)
    # d sqrt(v / size) = dv / (2 size sqrt(v / size)), dv the error of the mean of `each`.
    return Estimate(value, each.std(ddof=1) / np.sqrt(members) / (2 * size * value), members)


def measure_difference(differences: Differences, sizes: Sequence[int], scale: float) -> Iterator[Measurement]:
    """Difference, noise and unbiased floor at every time, in units of `scale`; the floor in units of its square.

    The members are an even number, in pairs that follow each other.
    """
    independent, pairs = _independent_and_pairs(differences, scale)
    for size in (size for size in sizes if size <= len(independent)):
        difference = sub_ensembles(root_mean_square, independent, size, squared=True)
        for time, (value, stderr) in enumerate(zip(difference.value, difference.stderr, strict=True)):
            yield Measurement(float(size), time, "difference", float(value), float(stderr), difference.n)
            yield _row(size, time, "noise", noise(independent[:, time], size))
    for time in range(differences.shape[1]):
        yield _row(len(differences), time, "difference_floor", squared_mean(pairs[:, time]))


def difference_moments(
    differences: Differences, sizes: Sequence[int], scale: float, groups: int | None = None
) -> Iterator[Moment]:
    """Mean squared difference of the infinite ensembles, of single members and of blocks, with groups of pairs left out."""
    yield from moments_of("squared_difference", differences.astype(np.float64) / scale, sizes, groups)


class MeanLogit(NamedTuple):
    """Mean output of an ensemble for one input at one time, with its standard error."""

    time_index: int
    input: int
    output: int
    quantity: str
    value: float
    stderr: float
    n: int


def chosen_logits(ntk: Float[np.ndarray, "time input output"]) -> list[tuple[int, int, int]]:
    """Time, input and output of what is shown: all outputs of the first inputs after training, one of a few at all times.

    The output that is followed is the largest of the infinite-width mean after training: chosen by theory alone.
    """
    times, inputs, outputs = ntk.shape
    after = [(times - 1, image, output) for image in range(min(SHOWN, inputs)) for output in range(outputs)]
    largest = ntk[-1].argmax(axis=-1)
    return after + [
        (time, image, int(largest[image])) for image in range(min(FOLLOWED, inputs)) for time in range(times - 1)
    ]


def mean_logits(
    outputs: Float[np.ndarray, "member time input output"], chosen: Sequence[tuple[int, int, int]]
) -> Iterator[MeanLogit]:
    """The means of pairs of members that follow each other, at the chosen times, inputs and outputs."""
    pairs = pair_means(outputs)
    mean, error = pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
    for where in chosen:
        yield MeanLogit(*where, "mean_logit", float(mean[where]), float(error[where]), len(pairs))


def _independent_and_pairs(differences: Differences, scale: float) -> tuple[Pairs, Pairs]:
    """The first members of all pairs, and the pairs' means."""
    differences = differences.astype(np.float64) / scale
    return first_of_pairs(differences), pair_means(differences)


def _row(members: int, time: int, quantity: str, estimate: Estimate) -> Measurement:
    return Measurement(float(members), time, quantity, float(estimate.value), float(estimate.stderr), estimate.n)

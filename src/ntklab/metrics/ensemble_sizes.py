"""Classifiers averaged over sub-ensembles of every size that a pool of networks can form, and what that does to their orbits.

What is estimated for a size m is the expectation over all sub-ensembles of m of the pool's networks (a U-statistic), not that of
the few disjoint ones: the mean over the blocks of many random partitions of the pool. The jackknife over networks leaves each
out in turn: the mean over the blocks without it. A class is the largest of several logits, so that one network more or less
flips some: replicates of one ensemble would jump too much, those of the mean over many ensembles do not.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.special import softmax

from ntklab.errors import InputError
from ntklab.metrics.orbit_classification import chance_corrected
from ntklab.metrics.resampling import GROUPS, groups_of
from ntklab.metrics.two_way import TwoWay

NOISE = 0.03
"""Of the jackknife's variance over networks, what the random choice of sub-ensembles adds; it sets their number."""

HALVES = 200
"""Random partitions of the whole pool into two halves."""

BINS = 15
"""Of confidence, equally wide, for the calibration error."""

AT_ONCE = 2**23
"""Averaged logits in memory at a time."""

Logits = Float[np.ndarray, "member input element class"]
ByReplicate = Float[np.ndarray, "row column *shape"]
"""A number of every sub-ensemble (row) on all inputs (column 0), and with one group of inputs left out."""


class SubEnsembles(NamedTuple):
    """Sub-ensembles of one size of a pool, and how their statistics are averaged.

    `averages` are the weights of the rows in the mean (row 0) and in the replicates without each network of the pool.
    `deviations`, of the whole pool only, are of what the replicates around its statistic are made: see `_whole`.
    """

    means: Float[np.ndarray, "row member"]
    averages: Float[np.ndarray, "replicate row"]
    deviations: Float[np.ndarray, "deviation row"] | None = None

    def over(self, kind: str, *values: ByReplicate) -> list[TwoWay]:
        """Averages over the sub-ensembles of a kind of networks."""
        found = []
        for each in values:
            inputs = np.tensordot(self.averages[0], each, axes=1)
            if self.deviations is None:
                members = np.tensordot(self.averages[1:], each[:, 0], axes=1)
            else:
                members = inputs[0] + np.tensordot(self.deviations, each[:, 0], axes=1)
            found.append(TwoWay(inputs[0], {kind: members}, inputs[1:]))
        return found


def sub_ensembles_of(members: int, size: int, rng: np.random.Generator) -> SubEnsembles:
    """Those of `size` of a pool of `members`; single networks exactly. With the same generator, smaller ones are parts of larger.

    `InputError` for a size that the pool does not have, or a pool of fewer than three.
    """
    if not 1 <= size <= members:
        raise InputError(f"sub-ensembles of {size} asked, of {members} networks")
    groups_of(members)  # raises for too few
    if size == members:
        return _whole(members, rng)
    if size == 1:
        means = np.eye(members)
    else:
        blocks = members // size
        # Of as many blocks the noise is (members - 1) / (1 - size / members) / blocks of the variance.
        partitions = math.ceil((members - 1) / (1 - size / members) / NOISE / blocks)
        means = _partitions(members, size, partitions, rng).reshape(-1, members)
    averages = np.vstack([np.ones(len(means)), (means == 0).T.astype(float)])
    return SubEnsembles(means, averages / averages.sum(axis=1, keepdims=True))


def _partitions(
    members: int, size: int, number: int, rng: np.random.Generator
) -> Float[np.ndarray, "partition block member"]:
    """Weights of the networks in the means of the disjoint blocks of random partitions."""
    means = np.zeros((number, members // size, members))
    for partition in means:
        order = rng.permutation(members)
        for place, block in enumerate(partition):
            block[order[place * size : (place + 1) * size]] = 1 / size
    return means


def _whole(members: int, rng: np.random.Generator) -> SubEnsembles:
    """The pool as one ensemble, whose variance over networks a single pool does not show.

    That of an ensemble of half as many stands for it, which varies more: half the mean square of the difference of two disjoint
    halves, over random ones. Replicates are the statistic plus and minus these differences, scaled to the jackknife's variance.
    """
    halves = _partitions(members, members // 2, HALVES, rng)
    means = np.vstack([np.full((1, members), 1 / members), halves.reshape(-1, members)])
    differences = np.zeros((HALVES, HALVES, halves.shape[1]))
    differences[np.arange(HALVES), np.arange(HALVES), :2] = [0.5, -0.5]
    scaled = np.sqrt(2 / (2 * HALVES - 1)) * differences.reshape(HALVES, -1)
    deviations = np.hstack([np.zeros((2 * HALVES, 1)), np.vstack([scaled, -scaled])])
    return SubEnsembles(means, np.eye(1, len(means)), deviations)


def columns_of(inputs: int) -> Float[np.ndarray, "input column"]:
    """Weights of the inputs in the mean over all of them, and in those without one of their groups."""
    groups = groups_of(inputs, min(GROUPS, inputs))
    weights = np.ones((inputs, 1 + len(groups)))
    for number, group in enumerate(groups, start=1):
        weights[group, number] = 0
    return weights / weights.sum(axis=0)


class Tally(NamedTuple):
    """What sub-ensembles predict on the orbits of one set of inputs."""

    same: Float[np.ndarray, "row column element"]
    """Fraction of inputs with the class of the identity at each element but the identity."""
    shares: Float[np.ndarray, "row column class"]
    """Fraction of all predictions, on all inputs at all elements, in each class."""


def tally(f: Logits, chosen: SubEnsembles) -> Tally:
    """Predictions of the mean logits of all sub-ensembles (or of the mean of whatever else f holds, probabilities)."""
    members, inputs, elements, classes = f.shape
    groups = groups_of(inputs, min(GROUPS, inputs))
    starts, sizes = [group[0] for group in groups], np.array([len(group) for group in groups])
    number_of_group = np.repeat(np.arange(len(groups)), sizes)
    # Classes first, so that the largest is found in passes over whole arrays.
    flat = np.ascontiguousarray(np.moveaxis(f, -1, 1)).reshape(members, -1)
    same, shares = [], []
    for means in _batches(chosen.means.astype(f.dtype), flat.shape[1]):
        predicted = _largest((means @ flat).reshape(len(means), classes, inputs, elements))
        kept = np.add.reduceat(predicted[..., 1:] == predicted[..., :1], starts, axis=1, dtype=np.int32)
        same.append(_left_out(kept, sizes))
        places = predicted + classes * (number_of_group + len(groups) * np.arange(len(means))[:, None])[..., None]
        counts = np.bincount(places.ravel(), minlength=len(means) * len(groups) * classes)
        shares.append(_left_out(counts.reshape(len(means), len(groups), classes), sizes * elements))
    return Tally(np.concatenate(same), np.concatenate(shares))


def _left_out(
    counts: Int[np.ndarray, "row group x"], sizes: Int[np.ndarray, " group"]
) -> Float[np.ndarray, "row column x"]:
    """Means over all inputs, and without one group of them, from the groups' sums."""
    total = counts.sum(axis=1, keepdims=True)
    whole = total / sizes.sum()
    return np.concatenate([whole, (total - counts) / (sizes.sum() - sizes)[:, None]], axis=1)


def _batches(means: np.ndarray, numbers: int) -> list[np.ndarray]:
    return np.array_split(means, min(len(means), 1 + len(means) * numbers // AT_ONCE))


def _largest(f: Float[np.ndarray, "row class *rest"]) -> Int[np.ndarray, "row *rest"]:
    """Class of the largest, the first of equal ones."""
    best, place = f[:, 0].copy(), np.zeros((len(f), *f.shape[2:]), dtype=np.int32)
    for c in range(1, f.shape[1]):
        larger = f[:, c] > best
        np.copyto(place, c, where=larger)
        np.maximum(best, f[:, c], out=best)
    return place


def together(tallies: Sequence[Tally]) -> Tally:
    """Several sets of as many inputs each as one; group k of the inputs is left out of all of them."""
    return Tally(*(np.mean(parts, axis=0) for parts in zip(*tallies, strict=True)))


def on_elements(
    found: Tally, chosen: SubEnsembles, kind: str, places: Sequence[int] | None = None
) -> Mapping[str, TwoWay]:
    """Agreement with the class at the identity over the elements but that ("same"; of `places`, counted from 1 for the first
    after it), the agreement by chance ("concentration"), and the first corrected for the second ("kappa")."""
    same = found.same if places is None else found.same[..., np.asarray(places) - 1]
    agreed, concentrated = chosen.over(kind, same.mean(axis=-1), np.square(found.shares).sum(axis=-1))
    corrected = TwoWay(
        chance_corrected(agreed.value, concentrated.value)[()],
        {kind: chance_corrected(agreed.members[kind], concentrated.members[kind])},
        chance_corrected(agreed.inputs, concentrated.inputs),
    )
    return {"same": agreed, "concentration": concentrated, "kappa": corrected}


def orbit_same_predictions(agreed: TwoWay, order: int) -> TwoWay:
    """OSP, 1 to the order, from the agreement over the elements but the identity."""
    return agreed.times(order - 1).plus(1)


def labelled(
    f: Float[np.ndarray, "member input class"], labels: Int[np.ndarray, " input"], chosen: SubEnsembles, kind: str
) -> Mapping[str, TwoWay]:
    """Accuracy of the mean logits and of the mean probabilities, and the calibration errors of both.

    "accuracy_shifted" is with the label of the input before in place of each one's. The expected calibration error (Guo et al.
    2017) is the mean over BINS of confidence of |accuracy - mean confidence|, weighted by their inputs; 0 if right as often as
    confident.
    """
    columns, found = columns_of(f.shape[1]), {}
    for suffix, values in (("", f), ("_probabilities", softmax(f, axis=-1))):
        means = np.tensordot(chosen.means.astype(f.dtype), values, axes=1)
        predicted = means.argmax(axis=-1)
        right = (predicted == labels).astype(float)
        found[f"accuracy{suffix}"] = right @ columns
        confidence = (means if suffix else softmax(means, axis=-1)).max(axis=-1)
        found[f"calibration_error{suffix}"] = _calibration_error(confidence, right, columns)
        if not suffix:
            found["accuracy_shifted"] = (predicted == np.roll(labels, 1)).astype(float) @ columns
    return dict(zip(found, chosen.over(kind, *found.values()), strict=True))


def _calibration_error(
    confidence: Float[np.ndarray, "row input"], right: Float[np.ndarray, "row input"], columns: np.ndarray
) -> Float[np.ndarray, "row column"]:
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return sum(np.abs(np.where(bins == b, confidence - right, 0.0) @ columns) for b in range(BINS))


def disagreement(f: Float[np.ndarray, "member input class"], kind: str) -> TwoWay:
    """Fraction of pairs of networks that give an input different classes, mean over inputs."""
    votes = (f.argmax(axis=-1)[..., None] == np.arange(f.shape[-1])).astype(float)
    columns, members = columns_of(f.shape[1]), len(f)

    def of(counts: np.ndarray, networks: int) -> np.ndarray:
        return 1 - (np.square(counts).sum(axis=-1) - networks) / (networks * (networks - 1))

    total = votes.sum(axis=0)
    by_input = of(total, members) @ columns
    left_out = [of(total - each, members - 1) for each in votes]
    return TwoWay(by_input[0], {kind: np.stack(left_out) @ columns[:, 0]}, by_input[1:])

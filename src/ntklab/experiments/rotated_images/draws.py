"""Image classifiers measured again and again, after drawing networks and images with replacement.

Where a statement is about images in general, networks and images both stand for more of their kind ("pigeonhole" bootstrap).
Every draw of members is divided into disjoint ensembles anew, and meets several draws of images. Of the variance of a mean over
both, V_networks + V_images + V_both, the bootstrap has the last part, of what one network does on one image, up to three times
(Owen 2007): intervals are too wide, by up to the root of 3, where that part dominates, and right where it does not.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ntklab.experiments.rotated_images.shards import ALL_OOD
from ntklab.metrics.orbit_classification import chance_corrected

DRAWS, MEMBER_DRAWS = 400, 200
AT_ONCE = 2**20
"""Predictions whose logits are in memory at a time."""

Logits = Float[np.ndarray, "member input element class"]
Classes = Mapping[str, Int[np.ndarray, "drawn ensemble input element"]]
Numbers = dict[tuple[str, str], Float[np.ndarray, "drawn draw"]]
"""(set, quantity) -> its value after each draw of images, for each draw of members."""


class Weights(NamedTuple):
    """How much each image of each set counts, and each ensemble, in averages; the last axis adds up to 1."""

    images: Mapping[str, Float[np.ndarray, "drawn draw input"]]
    ensembles: Float[np.ndarray, "drawn draw ensemble"]


Measure = Callable[[Classes, Weights], Numbers]


def image_weights(images: int, rng: np.random.Generator) -> Float[np.ndarray, "draw input"]:
    """Fraction that each image is of `DRAWS` draws with replacement; before them, row 0 has every image once."""
    drawn = rng.multinomial(images, np.full(images, 1 / images), size=DRAWS)
    return np.vstack([np.ones(images), drawn]) / images


def member_draws(members: int, drawn: int, rng: np.random.Generator) -> Int[np.ndarray, "drawn chosen"]:
    """Indices of the networks in each of `MEMBER_DRAWS` draws with replacement.

    The variance of the mean of `members` - 1 drawn numbers is without bias that of the mean of all: of few networks, which
    are only averaged over, one fewer is drawn.
    """
    return rng.integers(members, size=(MEMBER_DRAWS, drawn))


def measured_again(
    sets: Mapping[str, Logits],
    size: int,
    members: Int[np.ndarray, "drawn chosen"],
    images: Mapping[str, Float[np.ndarray, "draw input"]],
    measure: Measure,
) -> dict[tuple[str, str], Float[np.ndarray, " draw"]]:
    """What `measure` says of ensembles of `size` networks after every draw; draw 0 are networks and images as they are."""
    networks = len(next(iter(sets.values())))
    blocks = _blocks(members, size, networks)
    drawn = {name: weights[1:].reshape(MEMBER_DRAWS, -1, weights.shape[1]) for name, weights in images.items()}
    predictions = blocks.shape[1] * sum(f.shape[1] * f.shape[2] for f in sets.values())
    batches = 1 if size == 1 else min(MEMBER_DRAWS, 1 + MEMBER_DRAWS * predictions // AT_ONCE)
    of_ensembles = _singles(sets, measure) if size == 1 else _means(sets, measure)
    whole = {name: weights[None, :1] for name, weights in images.items()}
    parts = [of_ensembles(_blocks(np.arange(networks)[None], size, networks), whole)]
    for batch in np.array_split(np.arange(MEMBER_DRAWS), batches):
        parts.append(of_ensembles(blocks[batch], {name: weights[batch] for name, weights in drawn.items()}))
    return {key: np.concatenate([part[key].ravel() for part in parts]) for key in parts[0]}


def _blocks(
    members: Int[np.ndarray, "drawn chosen"], size: int, networks: int
) -> Float[np.ndarray, "drawn ensemble network"]:
    """Weights of all networks in the mean of each of the disjoint ensembles of drawn ones; those left over are not used."""
    ensembles = members[:, : members.shape[1] // size * size].reshape(len(members), -1, size)
    return (ensembles[..., None] == np.arange(networks)).mean(axis=2)


OfEnsembles = Callable[[Float[np.ndarray, "drawn ensemble network"], Mapping[str, np.ndarray]], Numbers]


def _means(sets: Mapping[str, Logits], measure: Measure) -> OfEnsembles:
    """Ensembles, whose logits are averaged in float64."""
    flat = {name: f.reshape(len(f), -1).astype(np.float64) for name, f in sets.items()}

    def of_ensembles(blocks: Float[np.ndarray, "drawn ensemble network"], images: Mapping[str, np.ndarray]) -> Numbers:
        drawn, ensembles, networks = blocks.shape
        means = blocks.reshape(-1, networks)
        classes = {
            name: _predicted((means @ flat[name]).reshape(drawn, ensembles, *f.shape[1:])) for name, f in sets.items()
        }
        draws = next(iter(images.values())).shape[1]
        return measure(classes, Weights(images, np.full((drawn, draws, ensembles), 1 / ensembles)))

    return of_ensembles


def _singles(sets: Mapping[str, Logits], measure: Measure) -> OfEnsembles:
    """Single networks, which are classified once and counted as often as they are drawn."""
    classes = {name: _predicted(f)[None] for name, f in sets.items()}

    def of_networks(blocks: Float[np.ndarray, "drawn one network"], images: Mapping[str, np.ndarray]) -> Numbers:
        drawn = len(blocks)
        draws = next(iter(images.values())).shape[1]
        times = np.repeat(blocks.mean(axis=1), draws, axis=0)[None]
        together = {name: weights.reshape(1, drawn * draws, -1) for name, weights in images.items()}
        found = measure(classes, Weights(together, times))
        return {key: values.reshape(drawn, draws) for key, values in found.items()}

    return of_networks


def _predicted(f: Float[np.ndarray, "*leading class"]) -> Int[np.ndarray, "*leading"]:
    return f.argmax(axis=-1).astype(np.int16)


def _averaged(
    values: Float[np.ndarray, "drawn ensemble input x"], images: Float[np.ndarray, "drawn draw input"]
) -> Float[np.ndarray, "drawn draw ensemble x"]:
    """Mean over images (drawn, draw, ensemble, x), those of each draw."""
    drawn, ensembles, inputs, size = values.shape
    flat = values.swapaxes(1, 2).reshape(drawn, inputs, ensembles * size)
    return (images @ flat).reshape(*images.shape[:2], ensembles, size)


def _tallies(classes: Classes, weights: Weights, number: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Of each set and each ensemble: the fraction of images with the class of the identity at each element, and that of
    predictions of each of the `number` classes. Last of all sets out of distribution together, with equally many images."""
    each = {}
    for name, found in classes.items():
        same = (found == found[..., :1]).astype(float)
        shares = np.stack([np.mean(found == c, axis=-1) for c in range(number)], axis=-1)
        each[name] = tuple(_averaged(values, weights.images[name]) for values in (same, shares))
    ood = [tally for name, tally in each.items() if name != "test"]
    each[ALL_OOD] = tuple(np.mean(parts, axis=0) for parts in zip(*ood, strict=True))
    for name, tally in each.items():
        yield name, *tally


def _mean(values: Float[np.ndarray, "drawn draw ensemble"], weights: Weights) -> Float[np.ndarray, "drawn draw"]:
    return (values * weights.ensembles).sum(axis=-1)


def on_orbits(classes: Classes, weights: Weights, *, number: int) -> Numbers:
    """OSP and chance-corrected agreement over the orbit, of every set and of those out of distribution together."""
    found = {}
    for name, same, shares in _tallies(classes, weights, number):
        off_identity = _mean(same[..., 1:].mean(axis=-1), weights)
        found[name, "osp"] = 1 + (same.shape[-1] - 1) * off_identity
        found[name, "kappa"] = chance_corrected(off_identity, _mean(np.square(shares).sum(axis=-1), weights))
    return found


def on_angles(classes: Classes, weights: Weights, *, number: int, order: int, quarter_turns: int) -> Numbers:
    """Agreement at many angles: over all, at those of the group of `order`, half-way between them, at quarter turns.

    Where no angle is half-way between, there is no such number.
    """
    angles = next(iter(classes.values())).shape[-1]
    step, turn = angles // order, angles // quarter_turns
    places = {
        "agreement": np.arange(angles),
        "at": np.arange(step, angles, step),
        "quarter": np.arange(turn, angles, turn),
    }
    if step % 2 == 0:
        places["between"] = np.arange(step // 2, angles, step)
    found = {}
    for name, same, shares in _tallies(classes, weights, number):
        for quantity, place in places.items():
            found[name, quantity] = _mean(same[..., place].mean(axis=-1), weights)
        concentrated = _mean(np.square(shares).sum(axis=-1), weights)
        found[name, "kappa_angles"] = chance_corrected(_mean(same[..., 1:].mean(axis=-1), weights), concentrated)
    return found


def on_labels(classes: Classes, weights: Weights, *, labels: Int[np.ndarray, " input"]) -> Numbers:
    """Accuracy on test images, and with the label of the next image in place of each one's."""
    found = {}
    for quantity, truth in (("accuracy", labels), ("accuracy_shifted", np.roll(labels, 1))):
        right = (classes["test"][..., 0] == truth).astype(float)
        found["test", quantity] = _mean(_averaged(right[..., None], weights.images["test"])[..., 0], weights)
    return found

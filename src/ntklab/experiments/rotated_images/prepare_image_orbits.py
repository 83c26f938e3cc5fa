"""Rotate training and evaluation images by all angles, once for every network that is trained or evaluated on them."""

import math
from pathlib import Path

import numpy as np

from ntklab.data.images import balanced, random_subset
from ntklab.data.out_of_distribution import NOISE, draw
from ntklab.data.rotation import angles, masked, rotate, rotations
from ntklab.files import Arrays, save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator

QUARTER_TURNS = 4


def prepare_image_orbits(
    *,
    data: Path,
    experiment: str,
    training_images: int,
    test_images: int,
    ood: list[str],
    ood_sources: list[str],
    ood_images: int,
    orders: list[int],
    angles_evaluated: int,
    angle_images: int,
    seed: int,
    output: Path,
) -> None:
    """Write `training/orbits` and, for every set of images, `SET/orbits` at the angles of all groups together, values 0 to 1.

    Orbits are (image, angle, row, column, channel). Where rotations interpolate there is also `SET/returned`: the images turned
    by each angle of the largest group below a quarter turn, 0 left out, and back, which only interpolation changes; and, unless
    `angles_evaluated` is 0, `SET/angles` of the first `angle_images` at so many angles, of all sets but noise. Images are then
    zero outside the inscribed disc; groups of quarter turns leave them whole. The sets are `test` and those named by `ood`.
    """
    images = Arrays(data)
    settings = {
        "experiment": experiment, "training_images": training_images, "test_images": test_images, "ood": ood,
        "ood_sources": ood_sources, "ood_images": ood_images, "orders": orders, "angles": angles_evaluated,
        "angle_images": angle_images, "seed": seed,
    }  # fmt: skip
    header = record(settings, [data])
    order = math.lcm(*orders)
    interpolated = order > QUARTER_TURNS or angles_evaluated > QUARTER_TURNS

    def whole(x: np.ndarray) -> np.ndarray:
        return masked(x) if interpolated else x

    rng = generator(seed, experiment, "images")
    labels = images["training/labels"]
    chosen = _training(labels, training_images, rng)
    test = random_subset(len(images["test/labels"]), test_images, rng)
    arrays = {"training/labels": labels[chosen], "test/labels": images["test/labels"][test]}
    arrays["training/orbits"] = rotations(whole(images["training/inputs"][chosen] / np.float32(255)), angles(order))
    sets = {"test": images["test/inputs"][test] / np.float32(255)}
    size, channels = sets["test"].shape[-2:]
    for name, source in zip(ood, ood_sources, strict=True):
        sets[name] = draw(name, source, ood_images, size, channels, generator(seed, experiment, "ood", name))
    for name, x in sets.items():
        arrays[f"{name}/orbits"] = rotations(whole(x), angles(order))
        if order > QUARTER_TURNS:
            there = angles(order)[1 : order // QUARTER_TURNS]
            back = [rotate(arrays[f"{name}/orbits"][:, i], -angle) for i, angle in enumerate(there, start=1)]
            arrays[f"{name}/returned"] = np.stack(back, axis=1)
        if angles_evaluated and name != NOISE:
            arrays[f"{name}/angles"] = rotations(whole(x[:angle_images]), angles(angles_evaluated))
    described = {name: images.header[name] for name in ("data", "source", "classes")}
    sources = dict(zip(ood, ood_sources, strict=True)) | {"test": images.header["source"]}
    save_arrays(output, arrays, {**header, **described, "sources": sources})


def _training(labels: np.ndarray, images: int, rng: np.random.Generator) -> np.ndarray:
    """All images if so many are asked for, else equally many of each class, as far as the number allows."""
    if images == len(labels):
        return np.arange(images)
    per_class = -(-images // (int(labels.max()) + 1))
    return balanced(labels, per_class, rng)[:images]

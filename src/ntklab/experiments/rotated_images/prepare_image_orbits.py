"""Rotate training and evaluation images by all angles, once for every network that is trained or evaluated on them."""

import math
from pathlib import Path

import numpy as np

from ntklab.data.images import balanced, random_subset
from ntklab.data.out_of_distribution import draw
from ntklab.data.rotation import angles, masked, rotations
from ntklab.files import Arrays, save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


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
    seed: int,
    output: Path,
) -> None:
    """Write `training/orbits` at the angles of all groups together and `SET/orbits` at all angles, values 0 to 1.

    Orbits are (image, angle, row, column, channel). Where rotations interpolate, images are zero outside the inscribed
    disc; groups of quarter turns leave them whole. The sets are `test` and those named by `ood`.
    """
    images = Arrays(data)
    settings = {
        "experiment": experiment, "training_images": training_images, "test_images": test_images, "ood": ood,
        "ood_sources": ood_sources, "ood_images": ood_images, "orders": orders, "angles": angles_evaluated, "seed": seed,
    }  # fmt: skip
    header = record(settings, [data])
    interpolated = angles_evaluated > 4

    def rotated(x: np.ndarray, n: int) -> np.ndarray:
        return rotations(masked(x) if interpolated else x, angles(n))

    rng = generator(seed, experiment, "images")
    labels = images["training/labels"]
    chosen = _training(labels, training_images, rng)
    test = random_subset(len(images["test/labels"]), test_images, rng)
    arrays = {"training/labels": labels[chosen], "test/labels": images["test/labels"][test]}
    arrays["training/orbits"] = rotated(images["training/inputs"][chosen] / np.float32(255), math.lcm(*orders))
    arrays["test/orbits"] = rotated(images["test/inputs"][test] / np.float32(255), angles_evaluated)
    size, channels = arrays["test/orbits"].shape[-2:]
    for name, source in zip(ood, ood_sources, strict=True):
        other = draw(name, source, ood_images, size, channels, generator(seed, experiment, "ood", name))
        arrays[f"{name}/orbits"] = rotated(other, angles_evaluated)
    described = {name: images.header[name] for name in ("data", "source", "classes")}
    sources = dict(zip(ood, ood_sources, strict=True)) | {"test": images.header["source"]}
    save_arrays(output, arrays, {**header, **described, "sources": sources})


def _training(labels: np.ndarray, images: int, rng: np.random.Generator) -> np.ndarray:
    """All images if so many are asked for, else equally many of each class, as far as the number allows."""
    if images == len(labels):
        return np.arange(images)
    per_class = -(-images // (int(labels.max()) + 1))
    return balanced(labels, per_class, rng)[:images]

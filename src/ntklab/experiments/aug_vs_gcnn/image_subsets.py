"""Small sets of real images and of noise, for training and for evaluation, drawn from one data set."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ntklab.data.catalogue import CATALOGUE, data_set
from ntklab.data.images import ImageSet, random_subset, resize

SOURCES = tuple(name for name, entry in CATALOGUE.items() if entry.load)
"""Names in the config: the image sets that are loaded whole."""


class Subsets(NamedTuple):
    """Standardised images by set ("training", "test", "noise") and the labels of the real ones."""

    images: dict[str, Float[np.ndarray, "_image row column channel"]]
    labels: dict[str, Int[np.ndarray, " _image"]]
    classes: int


def load_images(data: str, source: str) -> ImageSet:
    """The training part of a data set, grey (image, row, column) or in colour (image, row, column, 3)."""
    load = data_set(data).load
    assert load is not None, "SOURCES has no other sets"
    return load(source)[0]


def draw_subsets(data: ImageSet, training: int, test: int, size: int, rng: np.random.Generator) -> Subsets:
    """Disjoint random training and test images, size x size, and as many images of independent normal numbers as test.

    Grey images have one channel, colour images three. Pixels are shifted and scaled to mean 0 and variance 1 over all
    pixels and channels of the training images: the noise has the same. `ValueError` if the set has too few images.
    """
    chosen = random_subset(len(data.labels), training + test, rng)
    images = resize(data.images[chosen], size).astype(np.float64)
    images = (images - images[:training].mean()) / images[:training].std()
    noise = rng.standard_normal(images[training:].shape)
    labels = data.labels[chosen]
    return Subsets(
        {"training": images[:training], "test": images[training:], "noise": noise},
        {"training": labels[:training], "test": labels[training:]},
        int(data.labels.max()) + 1,
    )

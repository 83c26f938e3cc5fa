"""Small sets of real images and of noise, for training and for evaluation, drawn from one data set."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ntklab.data import fashion_mnist, mnist
from ntklab.data.images import ImageSet, random_subset, resize

SOURCES: dict[str, Callable[[str], ImageSet]] = {
    "fashion_mnist": lambda source: fashion_mnist.load(source)[0],
    "mnist": mnist.load,
}
"""Name in the config -> the images to draw from, given their source."""


class Subsets(NamedTuple):
    """Standardised images by set ("training", "test", "noise") and the labels of the real ones."""

    images: dict[str, Float[np.ndarray, "_image row column channel"]]
    labels: dict[str, Int[np.ndarray, " _image"]]
    classes: int


def draw_subsets(data: ImageSet, training: int, test: int, size: int, rng: np.random.Generator) -> Subsets:
    """Disjoint random training and test images, size x size, and as many images of independent normal numbers as test.

    Pixels are shifted and scaled to mean 0 and variance 1 over the training images: the noise has the same.
    `ValueError` if the set has too few images.
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

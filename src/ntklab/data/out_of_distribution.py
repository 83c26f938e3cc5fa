"""Images from another source than the training set: other pictures, and noise."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32

from ntklab.data import cifar10, mnist, photographs, tissue
from ntklab.data.images import Images, grey, random_subset, resize
from ntklab.errors import InputError

Load = Callable[[str, int], Images]
"""Source and number of channels (1 or 3) -> all images, values 0..255."""


def _grey_only(name: str, images: Images, channels: int) -> Images:
    if channels != 1:
        raise InputError(f"{name}: its images are grey, but the training images have {channels} channels")
    return images


def _kind(channels: int) -> str:
    return "grey" if channels == 1 else "colour"


def _cifar10(source: str, channels: int) -> Images:
    images = cifar10.load(source)[1].images
    return grey(images) if channels == 1 else images


SETS: dict[str, Load] = {
    "mnist": lambda source, channels: _grey_only("mnist", mnist.load(source, "test").images, channels),
    "cifar10": _cifar10,
    "photographs": lambda _, channels: photographs.load(_kind(channels)).images,
    "tissue": lambda _, channels: tissue.load(_kind(channels)).images,
}
"""Name in the config -> its images. Noise needs none."""

NOISE = "noise"
NAMES = (*SETS, NOISE)


def draw(
    name: str, source: str, images: int, size: int, channels: int, rng: np.random.Generator
) -> Float32[np.ndarray, "image {size} {size} {channels}"]:
    """`images` random images of a set at the resolution of the training images, values 0 to 1.

    Noise is independent normal numbers, clipped to that range. `InputError` for an unknown set, one with too few images,
    or one without colours where they are needed.
    """
    if name == NOISE:
        return np.clip(rng.standard_normal((images, size, size, channels), dtype=np.float32), 0, 1)
    if name not in SETS:
        raise InputError(f"unknown set of images {name!r}; known: {', '.join(NAMES)}")
    found = SETS[name](source, channels)
    return resize(found[random_subset(len(found), images, rng)], size) / np.float32(255)

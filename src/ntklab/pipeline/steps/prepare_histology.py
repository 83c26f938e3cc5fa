"""Choose images of histology, bring them to the resolution of an experiment, and divide them; or make the stand-in."""

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ntklab.data.histology import CLASSES, check, members, pathmnist_labels, read_images, read_pathmnist
from ntklab.data.histology_stand_in import NOTE, STAND_IN, stand_in_images
from ntklab.data.images import ImageSet, random_subset
from ntklab.errors import InputError
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator

LOG = functools.partial(print, flush=True)


def prepare_histology(*, source: str, size: int, images: int, validation_images: int, seed: int, output: Path) -> None:
    """Write `images` images of size x size, values 0..255, of which the last `validation_images` are the test set.

    `source` is a published archive (.zip, or .npz of PathMNIST) or an unpacked folder, from which the images are drawn
    at random, or "stand_in": procedural textures in equal numbers, marked as stand-in data in the header. The test set
    is from the same slides as the training set, as in the paper; PathMNIST's is its own, of other patients.
    """
    stand_in = source == STAND_IN
    settings = {
        "source": source, "size": size, "images": images, "validation_images": validation_images, "seed": seed,
    }  # fmt: skip
    header = record(settings, stand_in=stand_in)
    if not 0 < validation_images < images:
        raise InputError(f"{validation_images} of {images} images for validation: some must be left for training")
    numbers = {"training": images - validation_images, "test": validation_images}
    if stand_in:
        chosen = _divided(_stand_in(size, images, generator(seed, "histology", STAND_IN)), numbers)
    else:
        chosen = _real(Path(source), size, numbers, generator(seed, "histology"))
    arrays = {}
    for name, part in chosen.items():
        arrays |= {f"{name}/inputs": part.images, f"{name}/labels": part.labels}
    about = {"data": "histology", "source": source, "classes": list(CLASSES), "note": NOTE if stand_in else ""}
    save_arrays(output, arrays, {**header, **about})


def _divided(images: ImageSet, numbers: Mapping[str, int]) -> dict[str, ImageSet]:
    """The parts one after the other, of so many images each."""
    parts, start = {}, 0
    for name, number in numbers.items():
        parts[name] = ImageSet(*(array[start : start + number] for array in images))
        start += number
    return parts


def _stand_in(size: int, images: int, rng: np.random.Generator) -> ImageSet:
    pool = stand_in_images(-(-images // len(CLASSES)), size, rng)
    return ImageSet(pool.images[:images].astype(np.float32), pool.labels[:images])


def _real(source: Path, size: int, numbers: Mapping[str, int], rng: np.random.Generator) -> dict[str, ImageSet]:
    check(source)
    if source.suffix == ".npz":
        return {part: _pathmnist(source, part, size, number, rng) for part, number in numbers.items()}
    found = members(source)
    chosen = [found[i] for i in random_subset(len(found), sum(numbers.values()), rng)]
    labels = np.array([member.label for member in chosen])
    return _divided(ImageSet(read_images(source, chosen, size, LOG), labels), numbers)


def _pathmnist(source: Path, part: str, size: int, images: int, rng: np.random.Generator) -> ImageSet:
    labels = pathmnist_labels(source, part)
    chosen = random_subset(len(labels), images, rng)
    return ImageSet(read_pathmnist(source, part, chosen, size, LOG), labels[chosen])

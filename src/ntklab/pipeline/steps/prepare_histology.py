"""Choose images of histology, bring them to the resolution of an experiment, and divide them; or make the stand-in."""

import functools
from pathlib import Path

import numpy as np

from ntklab.data.histology import CLASSES, check, members, read_images, read_pathmnist
from ntklab.data.histology_stand_in import NOTE, STAND_IN, stand_in_images
from ntklab.data.images import ImageSet, random_subset, resize
from ntklab.errors import InputError
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def prepare_histology(*, source: str, size: int, images: int, validation_images: int, seed: int, output: Path) -> None:
    """Write `images` images of size x size, values 0..255, of which the last `validation_images` are the test set.

    `source` is a published archive (.zip, or .npz of PathMNIST) or an unpacked folder, from which the images are drawn
    at random, or "stand_in": procedural textures in equal numbers, marked as stand-in data in the header.
    """
    stand_in = source == STAND_IN
    settings = {
        "source": source, "size": size, "images": images, "validation_images": validation_images, "seed": seed,
    }  # fmt: skip
    header = record(settings, stand_in=stand_in)
    if not 0 < validation_images < images:
        raise InputError(f"{validation_images} of {images} images for validation: some must be left for training")
    if stand_in:
        chosen = _stand_in(size, images, generator(seed, "histology", STAND_IN))
    else:
        chosen = _real(Path(source), size, images, generator(seed, "histology"))
    arrays = {}
    for name, part in (("training", slice(-validation_images)), ("test", slice(-validation_images, None))):
        arrays |= {f"{name}/inputs": chosen.images[part], f"{name}/labels": chosen.labels[part]}
    about = {"data": "histology", "source": source, "classes": list(CLASSES), "note": NOTE if stand_in else ""}
    save_arrays(output, arrays, {**header, **about})


def _stand_in(size: int, images: int, rng: np.random.Generator) -> ImageSet:
    pool = stand_in_images(-(-images // len(CLASSES)), size, rng)
    return ImageSet(pool.images[:images].astype(np.float32), pool.labels[:images])


def _real(source: Path, size: int, images: int, rng: np.random.Generator) -> ImageSet:
    check(source)
    if source.suffix == ".npz":
        pool, _ = read_pathmnist(source)
        index = random_subset(len(pool.labels), images, rng)
        return ImageSet(resize(pool.images[index], size), pool.labels[index])
    found = members(source)
    chosen = [found[i] for i in random_subset(len(found), images, rng)]
    labels = np.array([member.label for member in chosen])
    return ImageSet(read_images(source, chosen, size, functools.partial(print, flush=True)), labels)

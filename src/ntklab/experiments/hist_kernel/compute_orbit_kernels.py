"""Orbit kernels of one training set and its test images."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from ntklab.data.images import disjoint_subset, random_subset
from ntklab.files import Arrays, save_arrays
from ntklab.kernels.cnn import ARRAYS, orbit_kernel
from ntklab.pipeline.arguments import NetworkArgument
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def compute_orbit_kernels(
    *,
    data: Path,
    experiment: str,
    repeat: int,
    training_images: int,
    test_images: int,
    network: NetworkArgument,
    group: str,
    precision: str,
    seed: int,
    cache: str,
    output: Path,
) -> None:
    """Write B[g, i, j] between training images and between test and training images, up to the pooling, with the labels.

    Training sets of one repeat nest; test images of different repeats do not overlap. Every tile is kept in `cache`.
    """
    images = Arrays(data)
    settings = {
        "experiment": experiment, "repeat": repeat, "training_images": training_images, "test_images": test_images,
        "network": str(network), "group": group, "precision": precision, "seed": seed,
    }  # fmt: skip
    header = record(settings, [data])
    training = random_subset(
        len(images["training/labels"]), training_images, generator(seed, experiment, "training", repeat)
    )
    test = disjoint_subset(len(images["test/labels"]), test_images, repeat, generator(seed, experiment, "test"))
    x, y = images["training/inputs"][training], images["test/inputs"][test]
    # A hidden dense layer makes the kernel of every image with itself part of the result: heads may need it.
    compute = partial(
        orbit_kernel, replace(network, dense=1), group=group, dtype=precision, cache=cache,
        log=partial(print, flush=True),
    )  # fmt: skip
    arrays = {"train/labels": images["training/labels"][training], "test/labels": images["test/labels"][test]}
    for name, orbit in {"train": compute(x), "test": compute(y, x)}.items():
        arrays |= {f"{name}/{part}": values for part, values in zip(ARRAYS, orbit.at_pooling, strict=True)}
    described = {name: images.header[name] for name in ("data", "source", "classes")}
    save_arrays(output, arrays, {**header, **described, "image_size": x.shape[1], "group": group})

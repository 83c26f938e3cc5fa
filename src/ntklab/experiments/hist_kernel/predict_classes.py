"""Mean outputs of infinitely wide networks, convolutional, augmented and group-convolutional, for growing training sets."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ntklab.experiments.hist_kernel.regression import ARCHITECTURES, KERNELS, centred_one_hot, mean_outputs
from ntklab.files import Arrays, save_arrays
from ntklab.groups import pixel_group
from ntklab.kernels.cnn import ARRAYS, OrbitKernels, moved_orbit, orbit_subset
from ntklab.pipeline.arguments import NetworkArgument
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator

HEADS = {"linear": 0, "nonlinear": 1}
"""Hidden dense layers after the pooling."""


def predict_classes(
    *,
    kernels: list[Path],
    training_sizes: list[int],
    ridge: float,
    network: NetworkArgument,
    experiment: str,
    seed: int,
    output: Path,
) -> None:
    """Write `outputs` (repeat, orientation, head, architecture, kernel, size, test, class) and `labels` (repeat, test).

    The header lists the axes with the names of their entries. "upright" leaves the images as they are, "turned" moves
    each by a random element of the group.
    """
    settings = {
        "experiment": experiment, "training_sizes": training_sizes, "ridge": ridge, "network": str(network), "seed": seed,
    }  # fmt: skip
    header = record(settings, kernels)
    networks = [replace(network, dense=dense) for dense in HEADS.values()]
    axes = {
        "repeat": list(range(len(kernels))),
        "orientation": ["upright", "turned"],
        "head": list(HEADS),
        "architecture": list(ARCHITECTURES),
        "kernel": list(KERNELS),
        "training_images": training_sizes,
    }
    outputs, labels = [], []
    for repeat, orbits in enumerate(map(Arrays, kernels)):
        targets = centred_one_hot(orbits["train/labels"], len(orbits.header["classes"]))
        labels.append(orbits["test/labels"])
        for train, test in _oriented(orbits, generator(seed, experiment, "turns", repeat)):
            for headed in networks:
                of_size = [
                    mean_outputs(headed, orbit_subset(train, n, n), orbit_subset(test, None, n), targets[:n], ridge)
                    for n in training_sizes
                ]
                outputs += [sized[a, k] for a in ARCHITECTURES for k in KERNELS for sized in of_size]
        print(f"predicted with training set {repeat}", flush=True)
    described = {name: orbits.header[name] for name in ("data", "source", "image_size", "group")}
    stacked = np.reshape(outputs, (*map(len, axes.values()), *outputs[0].shape))
    save_arrays(
        output, {"outputs": stacked, "labels": np.stack(labels)}, {**header, **described, "axes": list(axes.items())}
    )


def _oriented(orbits: Arrays, rng: np.random.Generator) -> list[tuple[OrbitKernels, OrbitKernels]]:
    """Orbit kernels train-train and test-train, of the images as they are, and each moved at random."""
    symmetry = pixel_group(orbits.header["group"])
    train, test = (OrbitKernels(*(orbits[f"{name}/{part}"] for part in ARRAYS), symmetry) for name in ("train", "test"))
    moves_train, moves_test = (rng.integers(symmetry.order, size=part.nngp.shape[1]) for part in (train, test))
    moved = moved_orbit(train, moves_train, moves_train), moved_orbit(test, moves_test, moves_train)
    return [(train, test), moved]

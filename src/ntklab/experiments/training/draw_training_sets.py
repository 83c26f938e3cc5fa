"""Draw the training and test inputs of all ensembles: points in general position, Ising lattices, digits of two classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ntklab.data.catalogue import data_set
from ntklab.data.images import resize
from ntklab.data.ising import energy, uniform_spins
from ntklab.errors import InputError
from ntklab.experiments.training.setups import DIGITS, LATTICES, POINTS
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator

CLASSES = (3, 8)
"""The digits with targets 1 and -1."""
DIMENSION = 4
"""Of points in general position: as many coordinates as training points keep them apart."""


def draw_training_sets(
    *,
    points: int,
    test_points: int,
    lattice_size: int,
    image_size: int,
    training_inputs: int,
    test_inputs: int,
    experiment: str,
    seed: int,
    output: Path,
) -> None:
    """Write `KIND/training` and `KIND/test` inputs, (input, coordinate) or (input, row, column), and `KIND/targets` of size one.

    Inputs have a squared norm of as many as they have coordinates; targets are centred, with mean square one.
    """
    settings = {
        "points": points, "test_points": test_points, "lattice_size": lattice_size, "image_size": image_size,
        "training_inputs": training_inputs, "test_inputs": test_inputs, "experiment": experiment, "seed": seed,
    }  # fmt: skip
    header = record(settings)

    def drawn(kind: str, draw: Callable, size: int, training: int, test: int) -> dict[str, np.ndarray]:
        inputs, targets = draw(training, test, size, generator(seed, experiment, kind))
        targets = targets[:training] - targets[:training].mean()
        scale = np.sqrt(np.mean(targets**2))
        if scale == 0:
            raise InputError(f"{experiment}: all training {kind} have the same target: change the seed")
        inputs = inputs / np.sqrt(np.mean(inputs**2, axis=tuple(range(1, inputs.ndim)), keepdims=True))
        return {
            f"{kind}/training": inputs[:training],
            f"{kind}/test": inputs[training:],
            f"{kind}/targets": targets / scale,
        }

    arrays = {
        **drawn(POINTS, _points, DIMENSION, points, test_points),
        **drawn(LATTICES, _lattices, lattice_size, training_inputs, test_inputs),
        **drawn(DIGITS, _digits, image_size, training_inputs, test_inputs),
    }
    save_arrays(output, arrays, {**header, "data": "points, Ising lattices, MNIST digits", "source": "embedded"})


def _points(training: int, test: int, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Normal numbers; targets too."""
    inputs = rng.normal(size=(training + test, size))
    return inputs, rng.normal(size=training)


def _lattices(training: int, test: int, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Spins at infinite temperature and their energies."""
    spins = uniform_spins(training + test, size, rng)
    return spins, energy(spins)


def _digits(training: int, test: int, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Embedded digits of two classes in turn, shifted to mean zero each, and the sign of the class."""
    images = data_set("mnist").load("embedded")[0]
    chosen = [rng.permutation(np.flatnonzero(images.labels == digit)) for digit in CLASSES]
    needed = -(-(training + test) // 2)
    if needed > min(map(len, chosen)):
        raise InputError(f"digits: {training + test} images are needed, there are {2 * min(map(len, chosen))}")
    places = np.stack([part[:needed] for part in chosen], axis=1).ravel()[: training + test]
    pixels = resize(images.images[places], size)[..., 0].astype(np.float64)
    return pixels - pixels.mean(axis=(1, 2), keepdims=True), np.where(images.labels[places] == CLASSES[0], 1.0, -1.0)

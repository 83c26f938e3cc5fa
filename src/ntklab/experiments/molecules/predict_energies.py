"""Predictions of the energies of test molecules by infinitely wide networks, for growing training sets."""

from pathlib import Path

import numpy as np

from ntklab.experiments.molecules.compute_molecule_kernels import drawn
from ntklab.experiments.molecules.models import predicted
from ntklab.files import Arrays, save_arrays
from ntklab.pipeline.provenance import record

KERNELS = ("nngp", "ntk")


def predict_energies(
    *, data: Path, kernels: list[Path], training_sizes: list[int], ridge: float, experiment: str, output: Path
) -> None:
    """Write `MODEL/REPEAT/SIZE` (kernel, set, test) and `constant/REPEAT/SIZE` (set, test), predictions, and `energy/REPEAT`
    (test), all in Hartree.

    Of every size there are as many training sets as the largest holds, which share no molecule.
    """
    header = record({"experiment": experiment, "training_sizes": training_sizes, "ridge": ridge}, [data, *kernels])
    arrays = {}
    for kernel in map(Arrays, kernels):
        settings = kernel.header["settings"]
        model, repeat = settings["model"], settings["repeat"]
        training, test = drawn(data, repeat, settings["training_molecules"], settings["test_molecules"])
        copies = len(kernel["train/ntk"]) // len(training.energy)
        matrices = [(kernel[f"train/{name}"], kernel[f"test/{name}"]) for name in KERNELS]
        for size in training_sizes:
            sets = [slice(first, first + size) for first in range(0, len(training.energy) - size + 1, size)]
            arrays[f"{model}/{repeat}/{size}"] = np.stack([
                [_of_set(gram, cross, training.energy, chosen, copies, ridge) for chosen in sets] for gram, cross in matrices
            ])  # fmt: skip
            means = np.array([training.energy[chosen].mean() for chosen in sets])
            arrays[f"constant/{repeat}/{size}"] = np.repeat(means[:, None], len(test.energy), axis=1)
        arrays[f"energy/{repeat}"] = test.energy
        print(f"predicted with {model}, repeat {repeat}", flush=True)
    save_arrays(output, arrays, {**header, "source": Arrays(data).header["source"]})


def _of_set(
    gram: np.ndarray, cross: np.ndarray, energy: np.ndarray, chosen: slice, copies: int, ridge: float
) -> np.ndarray:
    """Predictions after training on some molecules, each with its copies."""
    there = slice(chosen.start * copies, chosen.stop * copies)
    return predicted(gram[there, there], cross[:, there], energy[chosen], ridge)

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
    """Write `MODEL/REPEAT` (kernel, size, test) and `constant/REPEAT` (size, test), predictions, and `energy/REPEAT` (test),
    all in Hartree."""
    header = record({"experiment": experiment, "training_sizes": training_sizes, "ridge": ridge}, [data, *kernels])
    arrays = {}
    for kernel in map(Arrays, kernels):
        settings = kernel.header["settings"]
        model, repeat = settings["model"], settings["repeat"]
        training, test = drawn(data, repeat, settings["training_molecules"], settings["test_molecules"])
        copies = len(kernel["train/ntk"]) // len(training.energy)
        found = []
        for name in KERNELS:
            gram, cross = kernel[f"train/{name}"], kernel[f"test/{name}"]
            for size in training_sizes:
                n = size * copies
                found.append(predicted(gram[:n, :n], cross[:, :n], training.energy[:size], ridge))
        arrays[f"{model}/{repeat}"] = np.reshape(found, (len(KERNELS), len(training_sizes), -1))
        means = [training.energy[:size].mean() for size in training_sizes]
        arrays[f"constant/{repeat}"] = np.repeat(np.array(means)[:, None], len(test.energy), axis=1)
        arrays[f"energy/{repeat}"] = test.energy
        print(f"predicted with {model}, repeat {repeat}", flush=True)
    save_arrays(output, arrays, {**header, "source": Arrays(data).header["source"]})

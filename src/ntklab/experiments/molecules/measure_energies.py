"""Errors of the predicted energies."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ntklab.experiments.molecules.models import MODELS, in_mev
from ntklab.experiments.molecules.predict_energies import KERNELS
from ntklab.experiments.molecules.tables import ENERGY_ERRORS
from ntklab.files import Arrays
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table

COMMON = {"data": "test", "group": "so3"}


def measure_energies(*, predictions: Path, experiment: str, output: Path) -> None:
    """One row per quantity, network, training set and size; errors are over the test molecules of the draw."""
    provenance = record({"experiment": experiment}, [predictions])
    arrays = Arrays(predictions)
    sizes, rows = arrays.header["settings"]["training_sizes"], []
    for model in (*MODELS, "constant"):
        for repeat in sorted(int(name.removeprefix(f"{model}/")) for name in arrays if name.startswith(f"{model}/")):
            energy, found = arrays[f"energy/{repeat}"], arrays[f"{model}/{repeat}"]
            kernels = KERNELS if found.ndim == 3 else ("none",)
            for kernel, of_kernel in zip(kernels, found.reshape(-1, len(sizes), len(energy)), strict=True):
                for size, prediction in zip(sizes, of_kernel, strict=True):
                    place = {"model": model, "kernel": kernel, "training_molecules": size, "repeat": repeat}
                    rows += [{**place, **row} for row in errors(in_mev(prediction), in_mev(energy))]
    table = measurements(rows, ENERGY_ERRORS, **COMMON, experiment=experiment, source=arrays.header["source"])
    write_table(output, table, ENERGY_ERRORS, provenance)


def errors(prediction: np.ndarray, energy: np.ndarray) -> Iterator[dict]:
    """Mean absolute and root mean square error with standard errors over molecules, and the former with the energies of the
    next molecules, which the predictions know nothing of."""
    deviation, n = prediction - energy, len(energy)
    absolute, square = np.abs(deviation), deviation**2
    rmse = np.sqrt(square.mean())
    shifted = np.abs(prediction - np.roll(energy, 1))
    yield {"quantity": "mae", "value": absolute.mean(), "stderr": absolute.std(ddof=1) / np.sqrt(n), "n": n}
    yield {"quantity": "rmse", "value": rmse, "stderr": square.std(ddof=1) / np.sqrt(n) / (2 * rmse), "n": n}
    yield {"quantity": "mae_shifted", "value": shifted.mean(), "stderr": shifted.std(ddof=1) / np.sqrt(n), "n": n}

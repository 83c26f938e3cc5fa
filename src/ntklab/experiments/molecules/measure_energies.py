"""Errors of the predicted energies."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ntklab.experiments.molecules.models import in_mev
from ntklab.experiments.molecules.predict_energies import KERNELS
from ntklab.experiments.molecules.tables import ENERGY_ERRORS
from ntklab.files import Arrays
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table

COMMON = {"data": "test", "group": "so3"}


def measure_energies(*, predictions: Path, experiment: str, output: Path) -> None:
    """One row per quantity, network, draw and size; errors are over the test molecules of the draw."""
    provenance = record({"experiment": experiment}, [predictions])
    arrays = Arrays(predictions)
    rows = []
    for name, found in ((name, found) for name, found in arrays.items() if not name.startswith("energy/")):
        model, repeat, size = name.split("/")
        energy = arrays[f"energy/{repeat}"]
        kernels = KERNELS if found.ndim == 3 else ("none",)
        for kernel, of_kernel in zip(kernels, found.reshape(len(kernels), -1, len(energy)), strict=True):
            place = {"model": model, "kernel": kernel, "training_molecules": int(size), "repeat": int(repeat)}
            rows += [{**place, **row} for row in errors(in_mev(of_kernel), in_mev(energy))]
    table = measurements(rows, ENERGY_ERRORS, **COMMON, experiment=experiment, source=arrays.header["source"])
    write_table(output, table, ENERGY_ERRORS, provenance)


def errors(
    predictions: Float[np.ndarray, "set test"], energy: Float[np.ndarray, " test"]
) -> Iterator[dict[str, str | float | int]]:
    """Mean absolute and root mean square error over training sets and test molecules, with standard errors over the latter, and
    the former with the energies of the next molecules, which the predictions know nothing of."""
    n = len(energy)
    absolute, square, shifted = (
        each.mean(axis=0)
        for each in (
            np.abs(predictions - energy), (predictions - energy) ** 2, np.abs(predictions - np.roll(energy, 1)),
        )
    )  # fmt: skip
    rmse = float(np.sqrt(square.mean()))
    for quantity, values, scale in (
        ("mae", absolute, 1.0),
        ("rmse", square, 1 / (2 * rmse)),
        ("mae_shifted", shifted, 1.0),
    ):
        value = rmse if quantity == "rmse" else float(values.mean())
        stderr = scale * float(values.std(ddof=1)) / np.sqrt(n)
        yield {"quantity": quantity, "value": value, "stderr": stderr, "n": n}

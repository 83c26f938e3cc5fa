"""How far predictions move when molecules turn, against the bandlimit of the input."""

from functools import partial
from pathlib import Path

import numpy as np

from ntklab.experiments.molecules.compute_molecule_kernels import drawn
from ntklab.experiments.molecules.measure_energies import COMMON
from ntklab.experiments.molecules.models import (
    MODELS,
    ROTATED,
    in_mev,
    kernel_of,
    predicted,
    signals_of,
    turned_copies,
)
from ntklab.experiments.molecules.predict_energies import KERNELS
from ntklab.experiments.molecules.tables import TURNED_PREDICTIONS
from ntklab.files import Arrays
from ntklab.metrics.statistics import Estimate
from ntklab.pipeline.arguments import SphericalNetworkArgument
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table
from ntklab.seeds import generator


def measure_turned_predictions(
    *,
    data: Path,
    experiment: str,
    bandlimits: list[int],
    training_molecules: int,
    test_molecules: int,
    rotations: int,
    spherical: SphericalNetworkArgument,
    copies: int,
    ridge: float,
    tolerance: float,
    seed: int,
    output: Path,
) -> None:
    """Train every model on the first molecules, at every bandlimit, and predict the next ones, each in many rotations."""
    settings = {
        "experiment": experiment, "bandlimits": bandlimits, "training_molecules": training_molecules,
        "test_molecules": test_molecules, "rotations": rotations, "spherical": str(spherical), "copies": copies,
        "ridge": ridge, "tolerance": tolerance, "seed": seed,
    }  # fmt: skip
    provenance = record(settings, [data])
    training, test = drawn(data, 0, training_molecules, test_molecules)
    turned = turned_copies(test, rotations, generator(seed, experiment, "turned"))
    copied = turned_copies(training, copies, generator(seed, experiment, "turned", ROTATED))
    rows = []
    for bandlimit in bandlimits:
        y = signals_of(turned, bandlimit)
        for model in MODELS:
            x = signals_of(copied if model == ROTATED else training, bandlimit)
            kernel = kernel_of(model, spherical, tolerance, partial(print, flush=True))
            train, cross = kernel(x, None), kernel(y, x)
            for name in KERNELS:
                found = predicted(getattr(train, name), getattr(cross, name), training.energy, ridge)
                place = {"model": model, "kernel": name, "bandlimit": bandlimit}
                rows += [{**place, **row} for row in _spreads(in_mev(found).reshape(test_molecules, rotations))]
            print(f"bandlimit {bandlimit}: {model}", flush=True)
    table = measurements(
        rows, TURNED_PREDICTIONS, **COMMON, experiment=experiment, source=Arrays(data).header["source"],
        training_molecules=training_molecules,
    )  # fmt: skip
    write_table(output, table, TURNED_PREDICTIONS, provenance)


def _spreads(found: np.ndarray) -> list[dict]:
    """Of every molecule, from predictions (molecule, rotation); the error of a standard deviation is that of a normal one."""
    rotations = found.shape[1]
    spread, mean = found.std(axis=1, ddof=1), found.mean(axis=1)
    rows = []
    for molecule in range(len(found)):
        estimates = {
            "rotation_spread": Estimate(spread[molecule], spread[molecule] / np.sqrt(2 * (rotations - 1)), rotations),
            "molecule_spread": Estimate(mean[molecule] - mean.mean(), spread[molecule] / np.sqrt(rotations), rotations),
        }
        rows += [{"molecule": molecule, "quantity": q, **e._asdict()} for q, e in estimates.items()]
    return rows

"""Mean prediction of infinitely wide ensembles, and its covariance on orbits, at the recorded steps."""

import json
from pathlib import Path

from ntklab.experiments.ising.task import ising_task
from ntklab.files import Arrays, save_arrays
from ntklab.pipeline.orbit_ensembles.predict import InfiniteEnsemble
from ntklab.pipeline.provenance import record


def predict_mean(
    *,
    data: Path,
    learning_rate: Path,
    symmetry: str,
    augmentation: str,
    depth: int,
    recorded_steps: list[int],
    output: Path,
) -> None:
    """Train on the orbits of the group `augmentation`, predict on the orbits of the group `symmetry`."""
    header = record(
        {"symmetry": symmetry, "augmentation": augmentation, "depth": depth, "recorded_steps": recorded_steps},
        [data, learning_rate],
    )
    rate = json.loads(learning_rate.read_text())["learning_rate"]
    ensemble = InfiniteEnsemble(ising_task(Arrays(data), symmetry, augmentation), depth)
    arrays = ensemble.predictions(recorded_steps, rate)
    save_arrays(output, arrays, {**header, "learning_rate": rate, "steps": recorded_steps})

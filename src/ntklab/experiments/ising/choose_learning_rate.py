"""Choose the learning rate of an ensemble from the analytic NTK of its augmented training set."""

import json
from pathlib import Path

from ntklab.experiments.ising.task import ising_task
from ntklab.files import Arrays, atomic
from ntklab.pipeline.orbit_ensembles.predict import InfiniteEnsemble
from ntklab.pipeline.provenance import record


def choose_learning_rate(*, data: Path, augmentation: str, depth: int, factor: float, output: Path) -> None:
    """Write factor * 2 N / lambda_max of the NTK Gram matrix on all training orbits."""
    header = record({"augmentation": augmentation, "depth": depth, "factor": factor}, [data])
    critical = InfiniteEnsemble(ising_task(Arrays(data), augmentation, augmentation), depth).critical_learning_rate
    with atomic(output) as temporary:
        temporary.write_text(json.dumps({"learning_rate": factor * critical, "critical": critical, **header}, indent=1))

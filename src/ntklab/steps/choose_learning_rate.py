"""Choose the learning rate of an ensemble from the analytic NTK of its augmented training set."""

import json
from pathlib import Path

from ntklab.files import Arrays, atomic
from ntklab.groups import group
from ntklab.kernels.mean_prediction import critical_learning_rate, spectrum
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.network import Network
from ntklab.steps.record import record


def choose_learning_rate(*, data: Path, augmentation: str, depth: int, factor: float, output: Path) -> None:
    """Write factor * 2 N / lambda_max of the NTK Gram matrix on all training orbits."""
    header = record(locals())
    x = group(augmentation).orbit(Arrays(data)["training/inputs"])
    x = x.reshape(-1, *x.shape[2:])
    critical = critical_learning_rate(
        spectrum(mlp_kernel(Network(dense=depth, weight_variance=2.0), x).ntk).eigenvalues
    )
    with atomic(output) as temporary:
        temporary.write_text(json.dumps({"learning_rate": factor * critical, "critical": critical, **header}, indent=1))

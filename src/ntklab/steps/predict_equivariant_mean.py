"""Mean and covariance of infinitely wide ensembles that learn an equivariant function, on orbits, turned back."""

from pathlib import Path

import numpy as np

from ntklab.files import Arrays, save_arrays
from ntklab.groups.rotations import RotationSet
from ntklab.kernels.mean_prediction import critical_learning_rate, mean_prediction, orbit_covariance, spectrum
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.network import Network
from ntklab.steps.record import record

EVALUATED = ("on_manifold", "off_manifold")


def predict_equivariant_mean(
    *, data: Path, augmentation: str, depth: int, factor: float, recorded_steps: list[int], output: Path
) -> None:
    """Write `SET/ROTATIONS/mean` (time, entry, element) and `.../covariance` on Haar rotations and on the set trained with.

    Entries are inputs x components. The header holds the learning rate, factor * 2 N / lambda_max.
    """
    header = record(locals())
    sets = Arrays(data)
    augmenting = RotationSet(sets[f"rotations/{augmentation}"])
    x = augmenting.orbit(sets["training/inputs"]).reshape(-1, 2, 3)
    y = augmenting.turn_targets(sets["training/targets"]).reshape(-1, 3)
    network = Network(dense=depth, weight_variance=2.0)
    train = mlp_kernel(network, x)
    eigen = spectrum(train.ntk)
    rate = factor * critical_learning_rate(eigen.eigenvalues)
    arrays = {}
    for name in EVALUATED:
        for rotations in ("haar", augmentation):
            acting = RotationSet(sets[f"rotations/{rotations}"])
            orbits = acting.orbit(sets[f"{name}/inputs"])
            shape, flat = orbits.shape[:2], orbits.reshape(-1, 2, 3)
            cross = mlp_kernel(network, flat, x)
            mean = mean_prediction(eigen, cross.ntk, y, recorded_steps, rate).reshape(-1, *shape, 3)
            own = np.stack([mlp_kernel(network, orbit).nngp for orbit in orbits])
            ntk, nngp = (kernel.reshape(*shape, -1) for kernel in (cross.ntk, cross.nngp))
            covariance = orbit_covariance(eigen, ntk, train.nngp, nngp, own, recorded_steps, rate)
            arrays[f"{name}/{rotations}/mean"] = acting.pull_back(mean)
            arrays[f"{name}/{rotations}/covariance"] = acting.pull_back_covariance(covariance)
    save_arrays(output, arrays, {**header, "learning_rate": rate, "steps": recorded_steps})

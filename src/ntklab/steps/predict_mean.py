"""Mean prediction of infinitely wide ensembles, and its covariance on orbits, at the recorded steps."""

import json
from pathlib import Path

import numpy as np

from ntklab.files import Arrays, save_arrays
from ntklab.groups import group
from ntklab.kernels.mean_prediction import mean_prediction, orbit_covariance, spectrum
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.network import Network
from ntklab.steps.record import record


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
    header = record(locals())
    rate = json.loads(learning_rate.read_text())["learning_rate"]
    sets = Arrays(data)
    acting, augmenting = group(symmetry), group(augmentation)
    x = augmenting.orbit(sets["training/inputs"])
    x = x.reshape(-1, *x.shape[2:])
    y = np.repeat(sets["training/targets"], augmenting.order)[:, None]
    network = Network(dense=depth, weight_variance=2.0)
    train = mlp_kernel(network, x)
    eigen = spectrum(train.ntk)
    arrays = {}
    for name in sets.groups("inputs"):
        orbits = acting.orbit(sets[f"{name}/inputs"])
        shape, flat = orbits.shape[:2], orbits.reshape(-1, *orbits.shape[2:])
        cross = mlp_kernel(network, flat, x)
        mean = mean_prediction(eigen, cross.ntk, y, recorded_steps, rate)
        own = mlp_kernel(network, flat).nngp.reshape(shape * 2)
        own = own[np.arange(shape[0]), :, np.arange(shape[0])]
        ntk, nngp = (kernel.reshape(*shape, -1) for kernel in (cross.ntk, cross.nngp))
        covariance = orbit_covariance(eigen, ntk, train.nngp, nngp, own, recorded_steps, rate)
        arrays |= {f"{name}/mean": mean.reshape(-1, *shape), f"{name}/covariance": covariance}
    save_arrays(output, arrays, {**header, "learning_rate": rate, "steps": recorded_steps})

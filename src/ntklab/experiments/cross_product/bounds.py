"""Bounds on what ensembles trained with a finite group leave under other rotations."""

from collections.abc import Sequence

import numpy as np

from ntklab.experiments.cross_product.task import EVALUATED
from ntklab.groups.rotations import GROUPS, nearest_angles, to_nearest
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.wide_ensemble import mean_prediction
from ntklab.metrics.equivariance_bounds import kernel_bound, lipschitz_bound, squared_mismatch
from ntklab.pipeline.orbit_ensembles.predict import InfiniteEnsemble

SUBGROUPS = ("none", *GROUPS)
"""Sets of rotations that are groups, for which there are bounds; without augmentation it is the identity alone."""


def subgroup_bounds(
    ensemble: InfiniteEnsemble, recorded_steps: Sequence[int], learning_rate: float
) -> dict[str, np.ndarray]:
    """`SET/haar/kernel_bound` and `SET/haar/lipschitz_bound` (time, input, element) of the mean of an ensemble.

    They bound |R^T mu(R x) - mu(x)| for every Haar rotation R, if the ensemble's rotations form a group.
    """
    task, network = ensemble.task, ensemble.network
    haar = task.evaluation[f"{EVALUATED[0]}/haar"][0]
    unit = np.eye(len(ensemble.x))
    weights = mean_prediction(ensemble.spectrum, unit, ensemble.y, recorded_steps, learning_rate)
    r = to_nearest(task.augmenting, haar)
    rotated = (mlp_kernel(network, x, ensemble.x).ntk for x in r.orbit(ensemble.x).swapaxes(0, 1))
    mismatch = squared_mismatch(weights, r.matrices, ensemble.kernels.ntk, rotated)
    angles = nearest_angles(task.augmenting, haar)
    arrays = {}
    for name in EVALUATED:
        inputs = task.evaluation[f"{name}/haar"][1]
        cross = mlp_kernel(network, inputs, ensemble.x).ntk
        mean = mean_prediction(ensemble.spectrum, cross, ensemble.y, recorded_steps, learning_rate)
        variance = np.diagonal(mlp_kernel(network, inputs).ntk)
        scales = (np.sqrt(np.square(x).mean(axis=(1, 2))) for x in (ensemble.x, inputs))
        arrays[f"{name}/haar/kernel_bound"] = kernel_bound(mismatch, variance)
        arrays[f"{name}/haar/lipschitz_bound"] = lipschitz_bound(weights, mean, *scales, angles, network.dense)
    return arrays

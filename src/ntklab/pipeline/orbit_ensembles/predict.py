"""Infinitely wide ensembles on orbits: learning rate, mean and covariance of the turned-back outputs."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.wide_ensemble import critical_learning_rate, mean_prediction, orbit_covariance, spectrum
from ntklab.network import Network
from ntklab.pipeline.orbit_ensembles.task import OrbitTask


class InfiniteEnsemble:
    """The limit of infinite width of fully connected ReLU ensembles that learn a task; kernels are computed once."""

    def __init__(self, task: OrbitTask, depth: int):
        self.task = task
        self.network = Network(dense=depth, weight_variance=2.0)
        orbits = task.augmenting.orbit(task.inputs)
        self.x = orbits.reshape(-1, *orbits.shape[2:])
        self.y = task.augmenting.turn_targets(task.targets).reshape(len(self.x), -1)
        self.kernels = mlp_kernel(self.network, self.x)

    @cached_property
    def spectrum(self):
        """Eigenvalues and eigenvectors of the NTK Gram matrix of all training orbits."""
        return spectrum(self.kernels.ntk)

    @property
    def critical_learning_rate(self) -> float:
        """2 N / lambda_max, above which training diverges."""
        return critical_learning_rate(self.spectrum.eigenvalues)

    def predictions(self, recorded_steps: Sequence[int], learning_rate: float) -> dict[str, np.ndarray]:
        """`NAME/mean` (time, entry, element) and `NAME/covariance` (time, entry, element, element) of every evaluation."""
        arrays = {}
        for name, (acting, inputs) in self.task.evaluation.items():
            orbits = acting.orbit(inputs)
            shape = orbits.shape[:2]
            cross = mlp_kernel(self.network, orbits.reshape(-1, *orbits.shape[2:]), self.x)
            mean = mean_prediction(self.spectrum, cross.ntk, self.y, recorded_steps, learning_rate)
            own = np.stack([mlp_kernel(self.network, orbit).nngp for orbit in orbits])
            ntk, nngp = (kernel.reshape(*shape, -1) for kernel in (cross.ntk, cross.nngp))
            covariance = orbit_covariance(
                self.spectrum, ntk, self.kernels.nngp, nngp, own, recorded_steps, learning_rate
            )
            arrays[f"{name}/mean"] = acting.pull_back(mean.reshape(-1, *shape, self.y.shape[1]))
            arrays[f"{name}/covariance"] = acting.pull_back_covariance(covariance)
        return arrays

"""An ensemble of random networks whose statistics are estimated, and what every estimator needs of it."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ntklab.activations import Activation
from ntklab.finite_width.architecture import Architecture
from ntklab.finite_width.solver import solve

DERIVATIVES_OF_NTK = ("P", "Q", "R", "S", "T", "U")
PAIRS_OF_SUMS = {"V": ("g", "g"), "D": ("g", "w"), "A": ("w", "w")}
"""Covariances of the channel sums: g estimates K, w estimates Theta."""

Component = tuple[int, int, int, int]


@dataclass(frozen=True)
class Ensemble:
    """Networks of one architecture at some inputs, and the tensors and components asked for; `inputs` are the bytes of the
    float64 array (input, n_0), so that programs are cached by it."""

    activation: Activation
    architecture: Architecture
    tensors: tuple[str, ...]
    components: tuple[Component, ...]
    inputs: bytes
    dimension: int

    @cached_property
    def x(self) -> np.ndarray:
        """Inputs, (input, n_0)."""
        return np.frombuffer(self.inputs).reshape(-1, self.dimension)

    @cached_property
    def first(self) -> tuple[np.ndarray, np.ndarray]:
        """K and Theta of layer 1, which is exactly Gaussian whatever n_0, (input, input) each."""
        return self.architecture.first(self.x)


def covariance(left: np.ndarray, right: np.ndarray, axis: int) -> np.ndarray:
    """Unbiased covariance over the networks along `axis`."""
    left, right = left - left.mean(axis=axis, keepdims=True), right - right.mean(axis=axis, keepdims=True)
    return np.sum(left * right, axis=axis) / (left.shape[axis] - 1)


def infinite_kernels(ensemble: Ensemble) -> dict[str, list[np.ndarray]]:
    """K and Theta of all layers in the limit of infinite width."""
    return _infinite_kernels(ensemble.activation, ensemble.architecture, ensemble.inputs, ensemble.dimension)


@lru_cache(maxsize=256)
def _infinite_kernels(activation: Activation, a: Architecture, inputs: bytes, dimension: int):
    x = np.frombuffer(inputs).reshape(-1, dimension)
    return solve(
        x, activation, a.depth, None, a.c_w, a.c_b, a.lambda_w, a.lambda_b, tensors=("K", "Theta"), tolerance=1e-10
    ).layers

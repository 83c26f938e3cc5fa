"""NNGP kernel and NTK of fully connected networks in the infinite-width limit."""

import numpy as np
from numpy.typing import ArrayLike

from ntklab.errors import InputError
from ntklab.kernels import checks
from ntklab.kernels.dense import dense_kernels
from ntklab.kernels.result import Kernels
from ntklab.network import Network


def mlp_kernel(
    network: Network,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    dtype: str = "float64",
) -> Kernels:
    """Kernels (n, m) of a fully connected network between every input of x and of y (y=None: y = x).

    Inputs are flattened; the covariance of the input is the mean over all its entries of x y, its NTK is zero
    (E1; E2 sec. 2). The NTK is that of parameters N(0, 1), with the variances in the forward pass: `ntk` is
    `finite_width.solve(x, network=network, tensors=("Theta",))["Theta"][-1]`, and `nngp` its K (docs/conventions.md).

    Args:
        network: a `Network` without filters.
        x, y: inputs (n, ...) and (m, ...) of equal shapes, with at least one axis after the first.
        dtype: float64, or float32 for half the memory.

    Warns:
        QuadratureWarning: if expectations of an activation without closed forms are less accurate than 1e-6.

    Raises:
        InputError: for a network with filters, no samples, NaN, or inputs of different shapes.
        QuadratureError: if such an expectation is less accurate than 1e-2.
    """
    if network.filters:
        raise InputError(f"{network}: has filters; use cnn_kernel, or Network(filters=())")
    x, y = checks.inputs(x, y, "n0 ...", dtype)
    left, right = (z.reshape(len(z), -1) for z in (x, x if y is None else y))
    k = left @ right.T / left.shape[1]
    v, w = (np.mean(z * z, axis=1) for z in (left, right))
    return dense_kernels(network, k, np.zeros_like(k), v[:, None], w[None, :])

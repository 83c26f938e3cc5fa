"""NNGP kernel and NTK of fully connected networks in the infinite-width limit."""

import numpy as np
from jaxtyping import Num

from ntklab.kernels import checks
from ntklab.kernels.dense import dense_kernels
from ntklab.kernels.result import Kernels
from ntklab.network import Network


def mlp_kernel(
    network: Network,
    x: Num[np.ndarray, "n ..."],
    y: Num[np.ndarray, "m ..."] | None = None,
    *,
    dtype: str = "float64",
) -> Kernels:
    """Kernels (n, m) of a fully connected network between every input of x and of y (y=None: y = x).

    Inputs are flattened; the covariance of the input is the mean over all its entries of x y, its NTK is zero
    (E1; E2 sec. 2). `ValueError` for a network with filters, no samples, NaN, or inputs of different shapes.
    """
    if network.filters:
        raise ValueError(f"{network}: has filters; use cnn_kernel, or Network(filters=())")
    y = x if y is None else y
    checks.samples(x, "x")
    checks.samples(y, "y")
    checks.matching(x, y)
    left, right = (np.asarray(z, dtype).reshape(len(z), -1) for z in (x, y))
    k = left @ right.T / left.shape[1]
    v, w = (np.mean(z * z, axis=1) for z in (left, right))
    return dense_kernels(network, k, np.zeros_like(k), v[:, None], w[None, :])

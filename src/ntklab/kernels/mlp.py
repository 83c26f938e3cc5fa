"""NNGP kernel and NTK of fully connected networks in the infinite-width limit (neural-tangents, float64)."""

from typing import NamedTuple

import numpy as np
from jax.experimental import enable_x64
from jaxtyping import Float

from ntklab.kernels._neural_tangents import stax


class Kernels(NamedTuple):
    """NNGP kernel (covariance of one output at initialisation) and NTK, both divided by the identity over outputs."""

    nngp: Float[np.ndarray, "n m"]
    ntk: Float[np.ndarray, "n m"]


def mlp_kernel(
    x: Float[np.ndarray, "n ..."], y: Float[np.ndarray, "m ..."], *, depth: int, weight_variance: float = 2.0
) -> Kernels:
    """Kernels of a ReLU network with `depth` hidden layers and no biases, between every input of x and of y.

    Inputs are flattened. NTK parametrisation: a layer is sqrt(weight_variance / fan_in) W h with W ~ N(0, 1), so the
    input covariance is weight_variance times the mean over pixels of x y (E1, E2 sec. 2).
    """
    layers = [layer for _ in range(depth) for layer in (stax.Dense(1, W_std=weight_variance**0.5), stax.Relu())]
    _, _, kernel = stax.serial(*layers, stax.Dense(1, W_std=weight_variance**0.5))
    with enable_x64():
        nngp, ntk = kernel(x.reshape(len(x), -1), y.reshape(len(y), -1), ("nngp", "ntk"))
        return Kernels(np.array(nngp), np.array(ntk))

"""The kernel recursion of dense layers, for fully connected networks and for the head after a pooling."""

import jax.numpy as jnp
import numpy as np
from jax.experimental import enable_x64
from jaxtyping import Float

from ntklab.kernels.network import Network
from ntklab.kernels.result import Kernels


def dense_kernels(
    network: Network,
    nngp: Float[np.ndarray, "*shape"],
    ntk: Float[np.ndarray, "*shape"],
    variance_x: Float[np.ndarray, "..."] | None = None,
    variance_y: Float[np.ndarray, "..."] | None = None,
) -> Kernels:
    """[dense, nonlinearity] x network.dense, then the linear output layer, from the kernels of the layer's input.

    A dense layer maps K -> sw2 K + sb2 and Theta -> sw2 Theta + the new K (E2 sec. 2), everything elementwise.
    The variances, broadcast against `nngp`, are needed only if network.dense > 0.
    """
    s, dtype = network.nonlinearity, np.asarray(nngp).dtype

    def affine(k):
        return network.weight_variance * k + network.bias_variance

    with enable_x64(dtype == np.float64):
        k, theta = jnp.asarray(nngp), jnp.asarray(ntk)
        v, w = (None, None) if network.dense == 0 else (jnp.asarray(variance_x), jnp.asarray(variance_y))
        for _ in range(network.dense):
            k, v, w = affine(k), affine(v), affine(w)
            theta = k + network.weight_variance * theta
            derivative = s.derivative_dual(k, v, w)
            k, theta, v, w = s.dual(k, v, w, derivative), theta * derivative, s.variance(v), s.variance(w)
        k = affine(k)
        return Kernels(np.array(k), np.array(k + network.weight_variance * theta))

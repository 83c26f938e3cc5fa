"""The kernel recursion of dense layers, for fully connected networks and for the head after a pooling."""

import warnings
from functools import partial

import jax
import numpy as np
from jax import enable_x64
from jaxtyping import Array, Float

from ntklab.activations import quadrature_error
from ntklab.errors import QuadratureError, QuadratureWarning
from ntklab.kernels.result import Kernels
from ntklab.network import Network

INACCURATE, WRONG = 1e-6, 1e-2
"""Relative errors of the expectations of an activation without closed forms above which to warn, and to refuse."""


@partial(jax.jit, static_argnums=0)
def _recursion(network: Network, k: Array, theta: Array, v: Array | None, w: Array | None) -> tuple[Array, Array]:
    """K and Theta after all dense layers; v and w, the variances of the layer's input, are None without hidden ones."""
    s = network.nonlinearity.duals

    def affine(k):
        return network.weight_variance * k + network.bias_variance

    for _ in range(network.dense):
        k, v, w = affine(k), affine(v), affine(w)
        theta = k + network.weight_variance * theta
        derivative = s.derivative_dual(k, v, w)
        k, theta, v, w = s.dual(k, v, w, derivative), theta * derivative, s.variance(v), s.variance(w)
    k = affine(k)
    return k, k + network.weight_variance * theta


def dense_kernels(
    network: Network,
    nngp: Float[np.ndarray, "*shape"],
    ntk: Float[np.ndarray, "*shape"],
    variance_x: Float[np.ndarray, "..."] | None = None,
    variance_y: Float[np.ndarray, "..."] | None = None,
) -> Kernels:
    """[dense, nonlinearity] x network.dense, then the linear output layer, from the kernels of the layer's input.

    A dense layer maps K -> sw2 K + sb2 and Theta -> sw2 Theta + the new K (E2 sec. 2), everything elementwise.
    The variances, broadcast against `nngp`, are needed only if network.dense > 0. An activation without closed forms is
    integrated numerically: `QuadratureWarning` where the change with twice the nodes is above 1e-6, relatively,
    `QuadratureError` where it is above 1e-2.
    """
    variances = (None, None) if network.dense == 0 else (variance_x, variance_y)
    if network.dense and not network.nonlinearity.closed_duals:
        _check_quadrature(network, np.concatenate([np.ravel(v) for v in variances]).astype(float))
    with enable_x64(np.asarray(nngp).dtype == np.float64):
        return Kernels(*map(np.array, _recursion(network, nngp, ntk, *variances)))


def _check_quadrature(network: Network, variances: Float[np.ndarray, " n"]) -> None:
    """Warn or raise where the expectations at some of a layer's variances, the extremes among them, are inaccurate."""
    values = np.quantile(variances, np.linspace(0, 1, 5))
    for _ in range(network.dense):
        values = network.weight_variance * values + network.bias_variance
        error, values = quadrature_error(network.nonlinearity, values)
        if error <= INACCURATE:
            continue
        message = f"{network}: Gaussian expectations change by {error:.1e}, relatively, with twice the nodes"
        if not error <= WRONG:
            raise QuadratureError(f"{message}; no kernel is returned above {WRONG:g}: take smaller variances or inputs")
        warnings.warn(f"{message}, more than {INACCURATE:g}", QuadratureWarning, stacklevel=4)

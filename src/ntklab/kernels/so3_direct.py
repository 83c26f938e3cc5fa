"""Kernels of SO(3) networks discretised on a grid of rotations: slow, layer by layer, for small bandlimits.

What a network computes in practice: features at the nodes of a grid, nonlinearities at the nodes, and convolutions of the
part of the features below the grid's bandlimit L (Misof et al. 2025, arXiv 2406.06504, appendix on SO(3)). Kernels are
matrices over pairs of nodes. For functions with the coefficients F^l_mn in the real rotation matrices R^l_mn a
convolution with white noise is

    mean over Q of f(R Q) f'(R' Q) = sum_l 1 / (2l + 1) sum_mm' (sum_n F^l_mn F'^l_m'n) R^l_mm'(R R'^-1),

which on the covariance of the features acts by analysis in both arguments. `so3_kernel` is the limit of large L: nothing
is cut off there. The networks of `so3_finite` have exactly the kernels of this module as their limit of infinite width.
"""

from functools import lru_cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import enable_x64
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.kernels.dense import dense_kernels
from ntklab.kernels.result import Kernels
from ntklab.kernels.spherical import scaled_pair
from ntklab.kernels.spherical_harmonics import colatitude_weights, degrees
from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.kernels.wigner import rotation_blocks

Matrix = Float[np.ndarray, "node node"]


class RotationGrid(NamedTuple):
    """Rotations alpha, gamma = 2 pi k / (2L - 1), beta on the Driscoll-Healy grid: products of two functions are exact.

    Attributes:
        weights: of the Haar mean, summing to 1.
        blocks: R^l of every node for l below the bandlimit L.
    """

    weights: Float[np.ndarray, " node"]
    blocks: tuple[Float[np.ndarray, "node m m"], ...]


@lru_cache(maxsize=8)
def rotation_grid(bandlimit: int) -> RotationGrid:
    """2L (2L - 1)^2 rotations."""
    if bandlimit < 1:
        raise InputError(f"bandlimit={bandlimit}: a grid of rotations has at least bandlimit 1")
    azimuth = 2 * np.pi * np.arange(2 * bandlimit - 1) / (2 * bandlimit - 1)
    beta = (2 * np.arange(2 * bandlimit) + 1) * np.pi / (4 * bandlimit)
    nodes = [axis.ravel() for axis in np.meshgrid(azimuth, beta, azimuth, indexing="ij")]
    of_beta = colatitude_weights(beta) / 2 / len(azimuth) ** 2
    weights = np.broadcast_to(of_beta[:, None], (len(azimuth), len(beta), len(azimuth))).ravel()
    return RotationGrid(weights, tuple(rotation_blocks(bandlimit, *nodes)))


def turned_back(
    grid: RotationGrid, coefficients: Float[np.ndarray, "*batch coefficient channel"]
) -> Float[np.ndarray, "*batch node coefficient channel"]:
    """Coefficients of f(R u) for the rotation R of every node: R^l transposed times those of f."""
    bandlimit = round(np.sqrt(coefficients.shape[-2]))
    parts = [
        np.einsum("rmk,...mc->...rkc", grid.blocks[degree], coefficients[..., places, :])
        for degree, places in degrees(bandlimit)
    ]
    return np.concatenate(parts, axis=-2)


def _convolved(grid: RotationGrid, covariance: Matrix) -> Matrix:
    """The mean over Q above for the covariance of features at the nodes."""
    # Axes node, n, m; all degrees together, in one product with the large matrix.
    transposed = [np.ascontiguousarray(block.swapaxes(1, 2)) for block in grid.blocks]
    sizes = [block.shape[1] for block in transposed]
    weights = grid.weights[:, None, None]
    flat = [
        (size * weights * block).reshape(len(covariance), -1) for size, block in zip(sizes, transposed, strict=True)
    ]
    products = np.split(covariance @ np.concatenate(flat, axis=1), np.cumsum(np.square(sizes))[:-1], axis=1)
    result = np.zeros_like(covariance)
    for size, block, analysis, product in zip(sizes, transposed, flat, products, strict=True):
        spectrum = analysis.reshape(-1, size).T @ product.reshape(-1, size)
        left = (block.reshape(-1, size) @ spectrum).reshape(len(covariance), -1)
        result += left @ (block.reshape(len(covariance), -1).T / size)
    return result


def _pair(network: SphericalNetwork, grid: RotationGrid, a: np.ndarray, b: np.ndarray, variances) -> tuple:
    """Pooled K and Theta of two signals, and the variances of the layers if these are not given, as for a signal itself."""
    s, sw2, sb2 = network.nonlinearity.duals, network.weight_variance, network.bias_variance
    left, right = (turned_back(grid, z).reshape(len(grid.weights), -1) for z in (a, b))
    k = theta = sw2 * left @ right.T + sb2
    own = []
    for layer in range(network.convolutions + 1):
        if layer > 0:
            k, theta = (sw2 * _convolved(grid, z) for z in (k, theta))
            k = k + sb2
            theta = theta + k
        own.append(np.full((), k[0, 0]))
        v, w = (own[-1], own[-1]) if variances is None else (of_signal[layer] for of_signal in variances)
        arguments = [jnp.asarray(z) for z in (k, v, w)]
        derivative = s.derivative_dual(*arguments)
        k, theta = np.asarray(s.dual(*arguments, derivative)), theta * np.asarray(derivative)
    return grid.weights @ k @ grid.weights, grid.weights @ theta @ grid.weights, own


def signal_pair(
    network: SphericalNetwork, x: ArrayLike, y: ArrayLike | None
) -> tuple[Float[np.ndarray, "n coefficient channel"], Float[np.ndarray, "m coefficient channel"]]:
    """Scaled coefficients of one signal per input, of x and of y (None: y = x); molecules are refused."""
    for name, z in (("x", x), ("y", x if y is None else y)):
        as_array(z, name, "n theta phi channel")
    left, right = scaled_pair(network, x, y)
    return left[:, 0], right[:, 0]


def so3_direct_kernel(
    network: SphericalNetwork,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    bandlimit: int,
) -> Kernels:
    """Kernels (n, m) of the network discretised on the grid of rotations of a bandlimit, at least the network's.

    Signals x (n, 2L, 2L - 1, channel) and y (m, ...); y=None means y = x. Memory and time per pair and layer go as
    bandlimit^6 and bandlimit^9. `InputError` as `so3_kernel`.
    """
    if bandlimit < network.bandlimit:
        raise InputError(
            f"bandlimit={bandlimit}: the grid of rotations must resolve that of the network, {network.bandlimit}"
        )
    left, right = signal_pair(network, x, y)
    grid = rotation_grid(bandlimit)
    with enable_x64(True):
        selves = [[_pair(network, grid, a, a, None) for a in part] for part in (left, right)]
        pairs = [
            [_pair(network, grid, a, b, (of_a[2], of_b[2]))[:2] for b, of_b in zip(right, selves[1], strict=True)]
            for a, of_a in zip(left, selves[0], strict=True)
        ]
    nngp, ntk = np.moveaxis(np.array(pairs), 2, 0)
    v, w = (np.array([pooled for pooled, _, _ in part]) for part in selves)
    return dense_kernels(network.head, nngp, ntk, v[:, None], w[None, :])

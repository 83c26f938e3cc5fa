"""SO(3)-equivariant networks of finite width on a grid of rotations, and their kernels, averaged over no weights.

Weights are N(0, 1) coefficients of real filters: kappa_lm in the real harmonics for the lifting, kappa^l_kn in the
orthonormal functions sqrt(2l + 1) R^l_kn(Q) for an SO(3) convolution. On the coefficients F^l_mn of the features,

    lifting        z(R) = sqrt(sw2 / (4 pi c)) sum_lm kappa_lm (coefficients of f(R u))_lm
    convolution    z'(R) = sqrt(sw2 / width) sum_l (2l + 1)^-1/2 sum_mkn F^l_mn R^l_mk(R) kappa^l_kn

summed over channels, plus sqrt(sb2) b. The nonlinearity acts at the nodes of the grid, and F^l_mn are the coefficients below
the grid's bandlimit, by quadrature (Misof et al. 2025, arXiv 2406.06504, appendix on SO(3)). As the width grows the
kernels tend to those of `so3_direct`.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import enable_x64
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from ntklab.errors import InputError
from ntklab.kernels import finite
from ntklab.kernels.result import Kernels
from ntklab.kernels.so3_direct import rotation_grid, signal_pair, turned_back
from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.seeds import generator

BATCH = 4
"""Networks computed side by side."""


def weight_shapes(
    network: SphericalNetwork, bandlimit: int, channels: int, width: int, outputs: int
) -> list[tuple[int, ...]]:
    """Shape of every layer's weights, the channels last: (coefficient, in, out) for convolutions, (in, out) for dense ones."""
    of_rotations = sum((2 * degree + 1) ** 2 for degree in range(bandlimit))
    shapes = [(network.bandlimit**2, channels, width)] + [(of_rotations, width, width)] * network.convolutions
    return [*shapes, *[(width, width)] * network.dense, (width, outputs)]


def lifted(weights: Array, turned: Float[Array, "sample node coefficient channel"]) -> Array:
    """The lifting convolution (sample, node, width) without bias, from the scaled coefficients of f(R u)."""
    return jnp.einsum("srmc,mco->sro", turned, weights)


def convolved(bandlimit: int, weights: Array, h: Float[Array, "sample node channel"]) -> Array:
    """The SO(3) convolution (sample, node, width) without bias and without the factor of the variance."""
    grid, result, start = rotation_grid(bandlimit), 0.0, 0
    for degree, block in enumerate(grid.blocks):
        size = 2 * degree + 1
        kappa = weights[start : start + size**2].reshape(size, size, *weights.shape[1:])
        spectrum = size * jnp.einsum("rmn,src->smnc", grid.weights[:, None, None] * block, h)
        product = jnp.einsum("smnc,knco->smko", spectrum, kappa)
        result += jnp.einsum("rmk,smko->sro", block, product) / np.sqrt(size * h.shape[-1])
        start += size**2
    return result


def features(
    network: SphericalNetwork, bandlimit: int, parameters: finite.Parameters, turned: Array
) -> Float[Array, "sample width"]:
    """The last hidden layer, which the linear output layer sees."""
    s = partial(network.nonlinearity, xp=jnp)

    def layer(z, b):
        z = network.weight_variance**0.5 * z
        return s(z if b is None else z + network.bias_variance**0.5 * b)

    (weights, bias), *rest = parameters[:-1]
    h = layer(lifted(weights, turned), bias)
    for weights, bias in rest[: network.convolutions]:
        h = layer(convolved(bandlimit, weights, h), bias)
    h = jnp.einsum("r,sro->so", rotation_grid(bandlimit).weights, h)
    for weights, bias in rest[network.convolutions :]:
        h = layer(h @ weights / h.shape[-1] ** 0.5, bias)
    return h


@partial(jax.jit, static_argnums=(0, 1, 2))
def _draw_all(network: SphericalNetwork, bandlimit: int, shapes: tuple, keys: Array, turned: Array):
    """NNGP kernel and NTK of one network per key, a few at a time."""

    def outputs(parameters):
        h = features(network, bandlimit, parameters, turned)
        return finite.readout(network.head, parameters, h), h

    def one(key):
        parameters = finite.init(network.head, shapes, key, turned.dtype.name)
        jacobian, h = jax.jacrev(outputs, has_aux=True)(parameters)
        nngp = network.bias_variance + network.weight_variance / h.shape[1] * h @ h.T
        rows = [leaf.reshape(*leaf.shape[:2], -1) for leaf in jax.tree.leaves(jacobian)]
        return nngp, sum(jnp.einsum("nop,mop->nm", row, row) / row.shape[1] for row in rows)

    return jax.lax.map(one, keys, batch_size=BATCH)


def so3_empirical_kernels(
    network: SphericalNetwork,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    bandlimit: int,
    width: int,
    draws: int,
    seed: int,
    first: int = 0,
    outputs: int = 1,
    dtype: str = "float64",
) -> Kernels:
    """Kernels (draws, n, m) of `draws` independent networks, as `empirical_kernels` of networks on images.

    Args:
        x, y: signals (n, 2L, 2L - 1, channel), (m, 2L, 2L - 1, channel); y=None means y = x.
        bandlimit: of the grid of rotations, at least the network's.
        width: channels of every hidden layer.
        seed: root seed; the same seed gives the same networks, and more draws begin with the same ones.
        first: number of the first draw, so that the draws can be shared out.
        outputs: number of outputs the NTK is averaged over.

    Raises:
        InputError: as `so3_kernel`, and for a grid that does not resolve the network.
    """
    if bandlimit < network.bandlimit:
        raise InputError(
            f"bandlimit={bandlimit}: the grid of rotations must resolve that of the network, {network.bandlimit}"
        )
    left, right = signal_pair(network, x, y)
    inputs = left if y is None else np.concatenate([left, right])
    turned = turned_back(rotation_grid(bandlimit), inputs).astype(dtype)
    shapes = weight_shapes(network, bandlimit, left.shape[-1], width, outputs)
    number = generator(seed, "so3_empirical_kernels", width).integers(2**32, dtype=np.uint32)
    columns = slice(None) if y is None else slice(len(left), None)
    with enable_x64(dtype == "float64"):
        last = first + -(-draws // BATCH) * BATCH
        keys = jax.vmap(partial(jax.random.fold_in, jax.random.PRNGKey(number)))(jnp.arange(first, last))
        kernels = _draw_all(network, bandlimit, tuple(shapes), keys, turned)
        return Kernels(*(np.array(kernel)[:draws, : len(left), columns] for kernel in kernels))

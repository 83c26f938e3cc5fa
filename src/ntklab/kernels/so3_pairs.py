"""Kernels before the pooling at many rotations, for many pairs of signals, compiled, and their weighted sums.

With filters supported everywhere the kernel of two signals before the pooling depends on Q = R R'^-1 alone, and every
layer acts on it pointwise (Misof et al. 2025, arXiv 2406.06504, theorem on augmentation and appendix on SO(3)):

    K_1(Q) = sw2 c(Q) + sb2,    c(Q) = 1 / (4 pi channels) sum_l a_l^T R^l(Q) b_l,

a_l, b_l the coefficients in the real harmonics and R^l the rotations in them. For each beta and gamma c is a trigonometric
polynomial of degree below the bandlimit in alpha, whose coefficients are one matrix product: the coefficients of the pair,
sum_l (2l + 1)^2 numbers, times a table.

The recursion over the layers is a function of c alone for a pair, and the same at every rotation. It is evaluated as it is,
or, where a polynomial of low degree agrees with it, as that polynomial, which takes half of the time.

Memory and compiler decide the rest. A block of pairs times a tile of rotations stays in the L2 cache through all layers;
each array is a `stage`, without which XLA for CPUs computes the arcsine of a layer again for every use of it (3 times
slower). Tiles have one size whatever the quadrature: one compilation serves all.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from ntklab.kernels.pairs import stage
from ntklab.kernels.spherical_network import SphericalNetwork

BLOCK = 64
"""Pairs computed together."""
TILE = 72
"""Values of (beta, gamma) computed together: BLOCK x TILE numbers are 36 KiB, and few such arrays are alive at a time."""
CHUNK = 128 * BLOCK
"""Pairs handed over to the compiled program together, some milliseconds of work."""


class Tiles(NamedTuple):
    """The rotations of a quadrature, alpha apart from tiles of (beta, gamma).

    Attributes:
        tables: tables[t] (element, harmonic x TILE) gives the coefficients of c as a function of alpha.
        weights: of every (beta, gamma) in tile t; what fills the last tile has weight 0.
        azimuths: 1, cos(alpha), sin(alpha), cos(2 alpha), ... of every alpha, filled up with zeros.
        count: how many alpha there are.
    """

    tables: Float[np.ndarray, "tile element column"]
    weights: Float[np.ndarray, "tile point"]
    azimuths: Float[np.ndarray, "row harmonic"]
    count: int


def recursion(network: SphericalNetwork, go, c: Array, v: Array, w: Array) -> tuple[Array, Array]:
    """K and Theta after the last nonlinearity at covariances c of the input; v and w, its variances, broadcast against c.

    The NTK of the input is zero, so that after the lifting Theta = K. `go` as in `stage`.
    """
    s, sw2, sb2 = network.nonlinearity.duals, network.weight_variance, network.bias_variance

    def affine(z):
        return sw2 * z + sb2

    k = theta = stage(go, affine, c)
    for _ in range(network.convolutions):
        v, w = affine(v), affine(w)
        derivative = stage(go, s.derivative_dual, k, v, w)
        k = stage(go, lambda *z: affine(s.dual(*z)), k, v, w, derivative)
        theta = stage(go, lambda k, theta, d: k + sw2 * theta * d, k, theta, derivative)
        v, w = s.variance(v), s.variance(w)
    v, w = affine(v), affine(w)
    derivative = stage(go, s.derivative_dual, k, v, w)
    return stage(go, s.dual, k, v, w, derivative), stage(go, jnp.multiply, theta, derivative)


def power_series(t: Array, coefficients: Sequence[Array]) -> Array:
    """sum_k coefficients[k] t^k by Estrin's scheme: short chains of operations, which a processor can overlap."""
    terms = list(coefficients)
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=False)
        terms = [low + high * t for low, high in pairs] + terms[len(terms) - len(terms) % 2 :]
        t = t * t
    return terms[0]


def polynomials(go, c: Array, inverse: Array, series: Array) -> tuple[Array, Array]:
    """K and Theta from their polynomials in x = c * inverse: x S_0(t), or x S_0(t) + S_1(t), with t = 2 x^2 - 1.

    `series` (pair, kernel, part, power); one part for odd functions.
    """

    def value(c, inverse, series):
        x = c * inverse[:, None]
        parts = [
            power_series(2 * x * x - 1, [series[:, part, k, None] for k in range(series.shape[2])])
            for part in range(series.shape[1])
        ]
        return x * parts[0] if len(parts) == 1 else x * parts[0] + parts[1]

    return tuple(stage(go, value, c, inverse, series[:, kernel]) for kernel in (0, 1))


@partial(jax.jit, static_argnums=0)
def pointwise(
    network: SphericalNetwork, c: Float[Array, "*shape"], v: Float[Array, "..."], w: Float[Array, "..."]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    """The kernels before the pooling, K(Q) and Theta(Q), from the values c(Q); v and w broadcast against c."""
    return recursion(network, c.size > 0, c, v, w)


@partial(jax.jit, static_argnums=0, donate_argnums=8)
def add_tile(
    network: SphericalNetwork | None,
    blocks: Int[Array, ""],
    count: Int[Array, ""],
    coefficients: Float[Array, "pair element"],
    parameters: tuple[Array, Array],
    table: Float[Array, "element column"],
    weights: Float[Array, " point"],
    azimuths: Float[Array, "row harmonic"],
    sums: Float[Array, "2 pair"],
) -> Float[Array, "2 pair"]:
    """`sums` plus the weighted sums of K and Theta over a tile of rotations, for the first so many blocks of pairs.

    `parameters` are the variances of the pairs; without a network, what `polynomials` needs.
    """
    go, harmonics = blocks > 0, azimuths.shape[1]

    def body(number, sums):
        start = number * BLOCK
        p, first, second = (lax.dynamic_slice_in_dim(z, start, BLOCK) for z in (coefficients, *parameters))
        waves = stage(go, jnp.matmul, p, table).reshape(BLOCK, harmonics, -1)

        def add_azimuth(row, totals):
            c = stage(go, lambda u, waves: sum(u[k] * waves[:, k] for k in range(harmonics)), azimuths[row], waves)
            if network is None:
                kernels = polynomials(go, c, first, second)
            else:
                kernels = recursion(network, go, c, first[:, None], second[:, None])
            return totals + jnp.stack([z @ weights for z in kernels])

        new = lax.fori_loop(0, count, add_azimuth, lax.dynamic_slice_in_dim(sums, start, BLOCK, axis=1))
        return lax.dynamic_update_slice_in_dim(sums, new, start, axis=1)

    return lax.fori_loop(0, blocks, body, sums)


def chunks(arrays: Sequence[np.ndarray]) -> Iterator[tuple[slice, list[Array]]]:
    """The pairs in chunks of two sizes, so that few programs are compiled: places, and these rows of the arrays.

    The last chunk is filled up by repeating its first pair: nothing of it is undefined.
    """
    for start in range(0, len(arrays[0]), CHUNK):
        part = slice(start, min(start + CHUNK, len(arrays[0])))
        rows = np.arange(part.start, part.start + (BLOCK if part.stop - part.start <= BLOCK else CHUNK))
        rows = np.where(rows < part.stop, rows, part.start)
        yield part, [jnp.asarray(array[rows]) for array in arrays]


def weighted_sums(
    network: SphericalNetwork | None,
    coefficients: Float[np.ndarray, "pair element"],
    parameters: tuple[np.ndarray, np.ndarray],
    tiles: Tiles,
) -> Float[np.ndarray, "2 pair"]:
    """sum over rotations of weight x (K, Theta)(Q) for any number of pairs; arguments as `add_tile`."""
    result = np.empty((2, len(coefficients)))
    for part, (p, *rows) in chunks([coefficients, *parameters]):
        pairs = part.stop - part.start
        sums = jnp.zeros((2, len(p)))
        for table, weights in zip(tiles.tables, tiles.weights, strict=True):
            sums = add_tile(
                network, -(-pairs // BLOCK), tiles.count, p, tuple(rows), table, weights, tiles.azimuths, sums
            )
        result[:, part] = np.asarray(sums)[:, :pairs]
    return result

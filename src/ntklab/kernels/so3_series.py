"""Polynomials of low degree for the kernels before the pooling as functions of the correlation c, pair by pair.

On |c| <= largest, with x = c / largest and t = 2 x^2 - 1, a function is split into its odd and its even part,

    F(x) = x S_0(t) + S_1(t),    S_0(t) = (F(x) - F(-x)) / 2x,    S_1(t) = (F(x) + F(-x)) / 2,

and S_0, S_1 are interpolated at the Chebyshev nodes in t, TERMS of them: degree 2 TERMS - 1 in c. The coefficients of the
Chebyshev series tell how many of them matter.
"""

from functools import lru_cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from ntklab.kernels.so3_pairs import chunks, pointwise
from ntklab.kernels.spherical_network import SphericalNetwork

TERMS = 20
"""More terms take longer than the kernels themselves."""
FEW = 10
"""Terms that suffice for most pairs."""
ROUGH_FROM = 3
"""Terms of the Chebyshev series from which on their sum orders pairs by the rotations they need; it hardly matters which."""


class Series(NamedTuple):
    """Chebyshev series of K and Theta of many pairs.

    Attributes:
        inverse: 1 / largest |c|.
        coefficients: of S_0 (part 0) and S_1 (part 1) of K (kernel 0) and Theta (kernel 1).
    """

    inverse: Float[np.ndarray, " pair"]
    coefficients: Float[np.ndarray, "pair kernel part term"]

    def tails(self, first: int) -> Float[np.ndarray, "pair kernel"]:
        """Sums of the absolute values of the coefficients from the first on: bounds of what leaving them out changes."""
        return np.abs(self.coefficients[..., first:]).sum(axis=(2, 3))

    def powers(self, places: Int[np.ndarray, " some"], terms: int, parts: int) -> Float[np.ndarray, "some 2 part term"]:
        """Coefficients of powers of t instead of Chebyshev polynomials, of so many terms and parts of some pairs."""
        return self.coefficients[places, :, :parts, :terms] @ _powers_of(terms)


@lru_cache(maxsize=4)
def _powers_of(terms: int) -> Float[np.ndarray, "terms terms"]:
    """Row k: the coefficients of powers in the Chebyshev polynomial T_k."""
    rows = [np.polynomial.chebyshev.cheb2poly(np.eye(terms)[k, : k + 1]) for k in range(terms)]
    return np.stack([np.pad(row, (0, terms - len(row))) for row in rows])


def kernels_at(network: SphericalNetwork, v: Float[np.ndarray, " signal"]) -> Float[np.ndarray, "2 signal"]:
    """K and Theta before the pooling at the identity, of signals of variance v with themselves."""
    result = np.empty((2, len(v)))
    for part, (own,) in chunks([v]):
        # As wide as the nodes of a series, to be the same program.
        wide = jnp.broadcast_to(own[:, None], (len(own), 2 * TERMS))
        for kernel, values in zip(result, pointwise(network, wide, own[:, None], own[:, None]), strict=True):
            kernel[part] = np.asarray(values)[: part.stop - part.start, 0]
    return result


def chebyshev_series(
    network: SphericalNetwork,
    largest: Float[np.ndarray, " pair"],
    v: Float[np.ndarray, " pair"],
    w: Float[np.ndarray, " pair"],
) -> Series:
    """Series of pairs with variances v, w and correlations up to the largest in size, which is positive."""
    angles = np.pi * (np.arange(TERMS) + 0.5) / TERMS
    x = np.sqrt((1 + np.cos(angles)) / 2)
    transform = 2 / TERMS * np.cos(np.outer(angles, np.arange(TERMS)))
    transform[:, 0] /= 2
    coefficients = np.empty((len(v), 2, 2, TERMS))
    for part, (size, left, right) in chunks([largest, v, w]):
        c = size[:, None] * np.concatenate([x, -x])
        for kernel, values in enumerate(pointwise(network, c, left[:, None], right[:, None])):
            plus, minus = np.split(np.asarray(values)[: part.stop - part.start], 2, axis=1)
            coefficients[part, kernel, 0] = ((plus - minus) / (2 * x)) @ transform
            coefficients[part, kernel, 1] = ((plus + minus) / 2) @ transform
    return Series(1 / largest, coefficients)

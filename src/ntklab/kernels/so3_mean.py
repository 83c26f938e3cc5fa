"""Haar means of the pointwise kernels of many pairs of signals, each pair with as fine a quadrature as it needs.

How many rotations a pair needs differs by orders of magnitude: K(Q) is nearly a polynomial of low degree in c(Q) where
c(Q) stays small against the variances, and nearly singular where the two signals almost coincide under some rotation.
So pairs are put in order of their `roughness`, the weight of the high Chebyshev coefficients of Theta as a function of c,
and a sample of them, which holds the roughest, tells up to which roughness a quadrature is good enough.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ntklab.kernels.so3_pairs import TILE, Tiles, weighted_sums
from ntklab.kernels.so3_series import FEW, ROUGH_FROM, TERMS, Series, chebyshev_series
from ntklab.kernels.spherical_harmonics import degrees
from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.kernels.wigner import haar_quadrature, product_blocks, rotation_blocks

LADDER = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16)
"""Nodes in beta as multiples of the highest degree: with n = k (L - 1) all powers of c up to about 2 k are exact."""
COARSE = 2
"""Multiple of the highest degree with which the largest |c| is looked for."""
BELOW, ROUNDING = 1 - 1e-6, 1e-10
"""Roughness is computed again, of other pairs beside it: rounding must not put a pair below the limit that it has set itself."""
SAFETY = 3
"""In the sample errors are this many times below the tolerance: outside of it there are worse pairs."""
MARGIN = 1.05
"""The largest |c| between nodes, over the largest at nodes."""
LEAST = 1e-6
"""Least range of c for the polynomials, relative to the largest there can be: c may be zero everywhere."""
SHARE = 0.03
"""Share of the tolerance that the polynomials may have."""
WORTH_COMPILING = 1000
"""Fewer pairs take less time than one more program takes to compile."""


class Pairs(NamedTuple):
    """Pairs of signals: what decides their kernels, and the size that errors are measured by.

    Attributes:
        coefficients: c(Q) = coefficients @ table of the rotations.
        v, w: variances of the two signals, c of each with itself at the identity.
        scales: size of K and of Theta.
    """

    coefficients: Float[np.ndarray, "pair element"]
    v: Float[np.ndarray, " pair"]
    w: Float[np.ndarray, " pair"]
    scales: Float[np.ndarray, "pair 2"]

    def take(self, places: Int[np.ndarray, " some"]) -> "Pairs":
        """Some of them."""
        return Pairs(*(part[places] for part in self))


def pair_coefficients(
    a: Float[np.ndarray, "pair coefficient channel"], b: Float[np.ndarray, "pair coefficient channel"], bandlimit: int
) -> Float[np.ndarray, "pair element"]:
    """sum over channels of a_lm b_ln, by l, then m, then n: sum_l (2l + 1)^2 numbers a pair."""
    products = [a[:, places] @ b[:, places].swapaxes(1, 2) for _, places in degrees(bandlimit)]
    return np.concatenate([product.reshape(len(a), product.shape[1] ** 2) for product in products], axis=1)


@lru_cache(maxsize=16)
def rotation_tiles(bandlimit: int, n: int) -> Tiles:
    """The Haar quadrature with n nodes in beta, in tiles; R^l(alpha, beta, gamma) = R^l(alpha, 0, 0) R^l(0, beta, gamma)."""
    quadrature = haar_quadrature(n)
    azimuth, beta = quadrature.azimuth, quadrature.beta
    tables = np.concatenate(
        [_waves(block[:, :, 0], bandlimit) for block in product_blocks(bandlimit, np.zeros(1), beta, azimuth)], axis=1
    )
    weights = np.repeat(quadrature.weights, len(azimuth)) / len(azimuth) ** 2
    fill = -len(weights) % TILE
    weights = np.pad(weights, (0, fill)).reshape(-1, TILE)
    tables = np.pad(tables, ((0, 0), (0, 0), (0, fill))).reshape(*tables.shape[:2], -1, TILE)
    tables = np.ascontiguousarray(tables.transpose(2, 1, 0, 3)).reshape(len(weights), tables.shape[1], -1)
    orders = np.outer(azimuth, np.arange(1, bandlimit))
    waves = np.stack([np.cos(orders), np.sin(orders)], axis=2).reshape(len(azimuth), -1)
    azimuths = np.zeros((2 * LADDER[-1] * max(bandlimit - 1, 1), 2 * bandlimit - 1))
    azimuths[: len(azimuth)] = np.concatenate([np.ones((len(azimuth), 1)), waves], axis=1)
    return Tiles(tables, weights, azimuths, len(azimuth))


def _waves(block: Float[np.ndarray, "m m beta gamma"], bandlimit: int) -> Float[np.ndarray, "harmonic element point"]:
    """What each entry of sum_c a_m b_n contributes to 1, cos(alpha), sin(alpha), ... in c, from R^l(0, beta, gamma).

    A rotation by alpha about z turns the coefficients of (m, -m) by the angle m alpha.
    """
    degree, rows = len(block) // 2, block.reshape(len(block), len(block), -1)
    waves = np.zeros((2 * bandlimit - 1, *rows.shape))
    waves[0, degree] = rows[degree]
    for m in range(1, degree + 1):
        cosine, sine = 2 * m - 1, 2 * m
        waves[cosine, degree + m], waves[cosine, degree - m] = rows[degree + m], rows[degree - m]
        waves[sine, degree - m], waves[sine, degree + m] = rows[degree + m], -rows[degree - m]
    return waves.reshape(len(waves), -1, rows.shape[2])


def quadrature_means(network: SphericalNetwork, pairs: Pairs, n: int) -> Float[np.ndarray, "2 pair"]:
    """The means by the quadrature with n nodes in beta, n (2n - 1)^2 rotations."""
    return weighted_sums(network, pairs.coefficients, (pairs.v, pairs.w), rotation_tiles(network.bandlimit, n))


def ladder(network: SphericalNetwork) -> tuple[int, ...]:
    """Numbers of nodes in beta, from coarse to fine."""
    return tuple(step * max(network.bandlimit - 1, 1) for step in LADDER)


def series_of(network: SphericalNetwork, pairs: Pairs) -> Series:
    """Chebyshev series of the kernels of each pair, on the range that c has at the nodes of a coarse quadrature."""
    alpha, beta, gamma, _ = haar_quadrature(COARSE * max(network.bandlimit - 1, 1)).nodes()
    blocks = rotation_blocks(network.bandlimit, alpha, beta, gamma)
    table = np.concatenate([block.reshape(len(alpha), -1) for block in blocks], axis=1).T
    step = max(2**16 // len(alpha), 1)
    parts = [pairs.coefficients[start : start + step] @ table for start in range(0, len(pairs.v), step)]
    largest = np.concatenate([np.maximum(part.max(axis=1), -part.min(axis=1)) for part in parts])
    bound = np.sqrt(pairs.v * pairs.w)
    return chebyshev_series(network, np.clip(MARGIN * largest, LEAST * bound, bound), pairs.v, pairs.w)


def roughness(pairs: Pairs, series: Series) -> Float[np.ndarray, " pair"]:
    """Weight of the high Chebyshev coefficients of Theta as a function of c, relative to its scale."""
    return series.tails(ROUGH_FROM)[:, 1] / pairs.scales[:, 1]


class Thresholds(NamedTuple):
    """Up to which roughness each quadrature is good enough, and how good they are.

    Attributes:
        nodes: nodes in beta, from coarse to fine.
        limits: pairs below that roughness may use it; infinite for the last.
        error: of the pairs of the sample with the quadratures that they get, relative to their scales.
        tolerance: what the errors of the pairs were to stay below.
    """

    nodes: tuple[int, ...]
    limits: tuple[float, ...]
    error: float
    tolerance: float

    def assigned(self, rough: Float[np.ndarray, " pair"]) -> Int[np.ndarray, " pair"]:
        """Which of the quadratures each pair gets."""
        return np.argmax(rough[:, None] < np.array(self.limits), axis=1)


def sample_errors(
    network: SphericalNetwork, sample: Pairs, tolerance: float
) -> tuple[tuple[int, ...], Float[np.ndarray, "rung pair"]]:
    """Errors of the quadratures, from coarse to fine, each the change to the finest one that was needed for the pair.

    A pair is done when two successive quadratures change it by a tenth of the tolerance or less. The error of the last
    one is the last change, which overestimates it.
    """
    count = len(sample.v)
    means, settled, used = [], np.zeros(count, int), []
    for n in ladder(network):
        new = means[-1].copy() if means else np.zeros((2, count))
        going = np.flatnonzero(settled < 2)
        if len(going) == 0:
            break
        new[:, going] = quadrature_means(network, sample.take(going), n)
        if means:
            change = np.max(np.abs(new - means[-1]) / sample.scales.T, axis=0)
            settled = np.where(change <= tolerance / 10, settled + 1, np.where(settled < 2, 0, settled))
        means.append(new)
        used.append(n)
    errors = np.stack([np.max(np.abs(mean - means[-1]) / sample.scales.T, axis=0) for mean in means])
    errors[-1] = errors[-2]
    return tuple(used), errors


def thresholds(network: SphericalNetwork, sample: Pairs, tolerance: float) -> Thresholds:
    """The quadratures to use, from the errors of a sample of pairs."""
    if len(sample.v) == 0:
        return Thresholds(ladder(network)[:1], (np.inf,), 0.0, tolerance)
    rough = roughness(sample, series_of(network, sample))
    nodes, errors = sample_errors(network, sample, tolerance)
    limits = [BELOW * np.min(rough[SAFETY * of_rung > tolerance], initial=np.inf) - ROUNDING for of_rung in errors[:-1]]
    # A finer quadrature is at least as good, whatever the sample says by accident.
    found = Thresholds(nodes, (*np.maximum.accumulate(limits), np.inf), 0.0, tolerance)
    return found._replace(error=float(errors[found.assigned(rough), np.arange(len(rough))].max()))


def haar_means(
    network: SphericalNetwork, pairs: Pairs, chosen: Thresholds
) -> tuple[Float[np.ndarray, "2 pair"], Int[np.ndarray, " pair"]]:
    """Haar means of K and Theta, and the number of rotations of every pair."""
    series = series_of(network, pairs)
    rungs, means = chosen.assigned(roughness(pairs, series)), np.empty((2, len(pairs.v)))
    parts = 2 if np.any(series.coefficients[:, :, 1]) else 1
    terms = _terms(pairs, series, chosen.tolerance)
    kinds = rungs * (TERMS + 1) + terms
    for kind in np.unique(kinds):
        places = np.flatnonzero(kinds == kind)
        rung, count = divmod(int(kind), TERMS + 1)
        n, some = chosen.nodes[rung], pairs.take(places)
        if count and len(places) >= WORTH_COMPILING:
            parameters = (series.inverse[places], series.powers(places, count, parts))
            means[:, places] = weighted_sums(None, some.coefficients, parameters, rotation_tiles(network.bandlimit, n))
        else:
            means[:, places] = quadrature_means(network, some, n)
    nodes = np.array(chosen.nodes)[rungs]
    return means, nodes * (2 * nodes - 1) ** 2


def _terms(pairs: Pairs, series: Series, tolerance: float) -> Int[np.ndarray, " pair"]:
    """Terms of the polynomials that agree with the kernels much better than to the tolerance; 0 for pairs without."""
    few, many = (np.max(series.tails(first) / pairs.scales, axis=1) for first in (FEW, TERMS - 2))
    return np.where(few <= SHARE * tolerance, FEW, np.where(many <= SHARE * tolerance, TERMS, 0))

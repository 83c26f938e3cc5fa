"""Kernels of SO(3)-equivariant networks on signals on the sphere, and on molecules with one signal per atom.

    c(Q) = <f, Q f'> / (4 pi channels)                     correlation of two signals under every rotation Q
    K, Theta = mean over Q of (K, Theta)(c(Q))             the recursion of a fully connected network, pointwise
    head on K, Theta                                       dense layers after the pooling

This is the theorem on augmentation for SO(3) (Misof et al. 2025, arXiv 2406.06504, sec. 4 and appendix): filters
supported everywhere make the network's kernel before the pooling a function of the relative rotation alone. No array
over pairs of rotations is needed.

A molecule has a signal for each of its atoms, every slot a network of its own, and their pooled features are summed:
kernels add up over the slots. A slot without an atom holds the zero signal.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jax import enable_x64
from jaxtyping import Float
from numpy.typing import ArrayLike

from ntklab.arrays import as_array
from ntklab.errors import InputError
from ntklab.kernels.dense import dense_kernels
from ntklab.kernels.result import Kernels
from ntklab.kernels.so3_mean import (
    Pairs,
    Thresholds,
    haar_means,
    ladder,
    pair_coefficients,
    quadrature_means,
    roughness,
    series_of,
    thresholds,
)
from ntklab.kernels.so3_pairs import pointwise
from ntklab.kernels.so3_series import kernels_at
from ntklab.kernels.spherical_harmonics import bandlimit_of, real_analysis
from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.progress import Progress
from ntklab.seeds import generator

BATCH = 2**16
"""Pairs of atoms, about, whose coefficients are in memory together."""
TOLERANCE = 1e-6
"""Far below the ridge of any regression, and above what rounding leaves."""
SAMPLE, ROUGHEST = 512, 32
"""Random pairs, and signals with themselves, from which the quadratures are chosen."""
LEAST_SCALE = 1e-3
"""Errors are relative to the pooled kernel of each signal with itself, or to this share of it before the pooling, where
signals of mean zero have much more."""


class HaarKernels(NamedTuple):
    """Kernels (n, m) at the pooling, before the head, and how exactly they were averaged over the rotations.

    Attributes:
        nngp, ntk: Haar means of K and Theta, summed over the atoms.
        self_x, self_y: K of every input with itself; None without hidden dense layers, which alone need it.
        error: of K and Theta for the worst pair of atoms in a sample of them, relative to sqrt(K(x, x) K(y, y)), the largest
            value that K can have, and to the same of Theta.
        rotations: mean number of rotations at which a pair of atoms was evaluated.
        pairs: number of pairs of atoms evaluated.
    """

    nngp: Float[np.ndarray, "n m"]
    ntk: Float[np.ndarray, "n m"]
    self_x: Float[np.ndarray, " n"] | None
    self_y: Float[np.ndarray, " m"] | None
    error: float
    rotations: float
    pairs: int


class _Atoms(NamedTuple):
    """Coefficients (n, atom, L^2, channel) scaled so that c is a plain inner product; variances and scales by atom."""

    coefficients: np.ndarray
    variances: Float[np.ndarray, "n atom"]
    scales: Float[np.ndarray, "n atom 2"]


def haar_kernel(
    network: SphericalNetwork,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    tolerance: float = TOLERANCE,
    log: Callable[[str], None] | None = None,
) -> HaarKernels:
    """Kernels of the network up to and including the pooling; `so3_from_haar` adds the head.

    Args:
        x, y: real signals (n, 2L, 2L - 1, channel) on the grid of `sphere_grid`, or molecules with an axis of atoms after
            the first, of which a zero signal is an empty slot; y=None means y = x, at half the cost.
        tolerance: of the Haar means, which chooses the quadratures; `error` in the result says what was reached. Which
            quadrature a pair gets also depends on the others in the call, within the tolerance.
        log: told from time to time how far it is.

    Raises:
        InputError: for arrays of other shapes, complex or not finite; for x and y that differ in more than their number;
            for a network whose bandlimit is beyond that of the signals.
    """
    left, right = scaled_pair(network, x, y)
    with enable_x64(True):
        atoms_x = _atoms(network, left)
        atoms_y = atoms_x if y is None else _atoms(network, right)
        chosen = thresholds(network, _sample(network, atoms_x, atoms_y), tolerance)
        kernels = _summed(network, atoms_x, atoms_y, y is None, chosen, log or (lambda line: None))
        if network.dense == 0:
            return kernels
        if y is None:
            return kernels._replace(self_x=np.diagonal(kernels.nngp), self_y=np.diagonal(kernels.nngp))
        selves = [_self_kernels(network, atoms, chosen) for atoms in (atoms_x, atoms_y)]
        return kernels._replace(self_x=selves[0], self_y=selves[1])


def so3_from_haar(network: SphericalNetwork, haar: HaarKernels) -> Kernels:
    """Kernels (n, m) of the network, head included."""
    variances = (None, None) if network.dense == 0 else (haar.self_x[:, None], haar.self_y[None, :])
    return dense_kernels(network.head, haar.nngp, haar.ntk, *variances)


def so3_kernel(network: SphericalNetwork, x: ArrayLike, y: ArrayLike | None = None, **options) -> Kernels:
    """Kernels (n, m) of the SO(3)-equivariant network, head included; arguments and errors as `haar_kernel`.

    Without the pooling and with R = R' it would be the kernel of a fully connected network on the coefficients,
    `mlp_kernel`; averaging that over the rotations of one input is what makes it invariant.
    """
    return so3_from_haar(network, haar_kernel(network, x, y, **options))


def scaled_pair(
    network: SphericalNetwork, x: ArrayLike, y: ArrayLike | None
) -> tuple[Float[np.ndarray, "n atom coefficient channel"], Float[np.ndarray, "m atom coefficient channel"]]:
    """`scaled_coefficients` of x and of y (None: y = x); `InputError` where they differ in more than their number."""
    x = as_array(x, "x")
    left = scaled_coefficients(network, x, "x")
    if y is None:
        return left, left
    y = as_array(y, "y")
    right = scaled_coefficients(network, y, "y")
    if x.shape[1:] != y.shape[1:]:
        raise InputError(f"x and y hold inputs of different shapes, {x.shape[1:]} and {y.shape[1:]}")
    return left, right


def scaled_coefficients(
    network: SphericalNetwork, x: Float[np.ndarray, "..."], name: str
) -> Float[np.ndarray, "n atom coefficient channel"]:
    """Checked signals, as coefficients in the real harmonics divided by sqrt(4 pi channels)."""
    resolved = bandlimit_of(x, name)
    if x.ndim not in (4, 5):
        raise InputError(
            f"{name}: signals (n, 2L, 2L - 1, channels) or molecules (n, atoms, 2L, 2L - 1, channels), not {x.shape}"
        )
    if network.bandlimit > resolved:
        raise InputError(f"{network}: keeps degrees below {network.bandlimit}, but {name} has bandlimit {resolved}")
    atoms = x[:, None] if x.ndim == 4 else x
    return real_analysis(atoms, network.bandlimit) / np.sqrt(4 * np.pi * x.shape[-1])


def _atoms(network: SphericalNetwork, coefficients: np.ndarray) -> _Atoms:
    """Variances, and the sizes of the pooled kernels of every signal with itself, from a coarse quadrature."""
    variances = np.sum(coefficients**2, axis=(2, 3))
    present = variances > 0
    v, own = variances[present], coefficients[present]
    selves = Pairs(pair_coefficients(own, own, network.bandlimit), v, v, np.ones((len(v), 2)))
    pooled = quadrature_means(network, selves, ladder(network)[2])
    scales = np.zeros((*variances.shape, 2))
    scales[present] = np.maximum(pooled, LEAST_SCALE * kernels_at(network, v)).T
    return _Atoms(coefficients, variances, scales)


def _pairs(network: SphericalNetwork, x: _Atoms, y: _Atoms, i: np.ndarray, j: np.ndarray, slot) -> Pairs:
    """The pairs (x_i, y_j) of atoms in a slot, or in a slot each."""
    coefficients = pair_coefficients(x.coefficients[i, slot], y.coefficients[j, slot], network.bandlimit)
    scales = np.sqrt(x.scales[i, slot] * y.scales[j, slot])
    return Pairs(coefficients, x.variances[i, slot], y.variances[j, slot], scales)


def _batches(x: _Atoms, y: _Atoms, symmetric: bool) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """i, j and slot of pairs of atoms that are both there, of some inputs x_i at a time; of y = x those with i <= j."""
    there_x, there_y = x.variances > 0, y.variances > 0
    step = max(BATCH // there_y.size, 1)
    for start in range(0, len(there_x), step):
        both = there_x[start : start + step, None] & there_y
        if symmetric:
            both &= np.arange(start, start + len(both))[:, None, None] <= np.arange(len(there_y))[:, None]
        i, j, slot = np.nonzero(both)
        if len(i):
            yield i + start, j, slot


def _sample(network: SphericalNetwork, x: _Atoms, y: _Atoms) -> Pairs:
    """Pairs that tell which quadratures suffice: seeded random ones, and the roughest of signals with themselves.

    No pair is rougher than a signal with itself: no other correlation comes as close to its variances.
    """
    rng = generator(0, "so3_kernel", len(x.variances), len(y.variances))
    shape = (x.variances.shape[1], len(x.variances), len(y.variances))
    drawn = np.unique(np.stack([rng.integers(size, size=4 * SAMPLE) for size in shape]), axis=1)
    slot, i, j = rng.permutation(drawn, axis=1)
    both = np.flatnonzero((x.variances[i, slot] > 0) & (y.variances[j, slot] > 0))[:SAMPLE]
    parts = [_pairs(network, x, y, i[both], j[both], slot[both])]
    for atoms in (x, y):
        i, slot = np.nonzero(atoms.variances)
        selves = _pairs(network, atoms, atoms, i, i, slot)
        parts.append(selves.take(_roughest(network, selves)))
    return Pairs(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _roughest(network: SphericalNetwork, selves: Pairs) -> np.ndarray:
    """Places of the roughest pairs."""
    if len(selves.v) == 0:
        return np.zeros(0, int)
    return np.argsort(roughness(selves, series_of(network, selves)))[-ROUGHEST:]


def _summed(network: SphericalNetwork, x: _Atoms, y: _Atoms, symmetric: bool, chosen: Thresholds, log) -> HaarKernels:
    """Haar means, summed over the slots."""
    kernels = _empty_slots(network, x, y)
    places = kernels.shape[1:]
    slots = np.count_nonzero(x.variances, axis=0), np.count_nonzero(y.variances, axis=0)
    total = np.sum(slots[0] * (slots[0] + 1) // 2 if symmetric else slots[0] * slots[1])
    progress, rotations, done = Progress(log, int(total)), 0, 0
    for i, j, slot in _batches(x, y, symmetric):
        means, nodes = haar_means(network, _pairs(network, x, y, i, j, slot), chosen)
        for kernel, values in zip(kernels, means, strict=True):
            kernel += np.bincount(i * places[1] + j, values, minlength=kernel.size).reshape(places)
        rotations, done = rotations + nodes.sum(), done + len(i)
        progress(done, f"{done} pairs of atoms")
    if symmetric:
        kernels = np.triu(kernels) + np.triu(kernels, 1).swapaxes(1, 2)
    return HaarKernels(*kernels, None, None, chosen.error, rotations / max(done, 1), done)


def _empty_slots(network: SphericalNetwork, x: _Atoms, y: _Atoms) -> Float[np.ndarray, "2 n m"]:
    """Kernels of the slots that are empty in x or in y: c = 0 for every rotation. Zero without bias, and cheap with."""
    total = np.zeros((2, len(x.variances), len(y.variances)))
    for v, w in zip(x.variances.T, y.variances.T, strict=True):
        empty = (v[:, None] == 0) | (w == 0)
        if np.any(empty):
            kernels = pointwise(network, np.zeros(empty.shape), v[:, None], w[None, :])
            total += np.where(empty, np.stack([np.asarray(kernel) for kernel in kernels]), 0)
    return total


def _self_kernels(network: SphericalNetwork, atoms: _Atoms, chosen: Thresholds) -> Float[np.ndarray, " n"]:
    """Pooled K of every input with itself, no other pair computed."""
    single = [_Atoms(*(part[[i]] for part in atoms)) for i in range(len(atoms.variances))]
    return np.array([_summed(network, one, one, True, chosen, lambda line: None).nngp[0, 0] for one in single])

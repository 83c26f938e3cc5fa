"""Kernels of convolutional, augmented and group-convolutional networks, all from the rotation-resolved CNN kernel.

    B[r, i, j] = (K, Theta)(x_i, rot^r y_j)    up to and including the global average pooling,

rot^r being r counter-clockwise quarter turns. What follows from it exactly (E2 sec. 4, theorem on augmentation):

    CNN kernel          B[0]
    augmented Gram      Theta(rot^s x_i, rot^r y_j) = B[r - s, i, j]
    C4-GCNN kernel      mean_r B[r], as if all layers were still to come after the pooling

With a nonlinear head the mean over r must be taken at the pooling, of K, Theta and of the variances alike, before the head's
recursion: the kernel of the GCNN is then not the mean of the kernels of the CNN.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Num

from ntklab.kernels import checks
from ntklab.kernels.dense import dense_kernels
from ntklab.kernels.result import Kernels
from ntklab.kernels.tiles import tiled_kernels
from ntklab.network import Network

ROTATIONS = (0, 1, 2, 3)
Images = Num[np.ndarray, "..."]
"""Square images (n, size, size, channels), at least one, all pixels finite: checked with a readable message each."""


class OrbitKernels(NamedTuple):
    """The rotation-resolved CNN kernel at the pooling, and what a nonlinear head needs besides.

    Attributes:
        nngp, ntk: B[r, i, j], the kernels between x_i and rot^r y_j.
        self_x, self_y: K(x_i, rot^r x_i), K(y_j, rot^r y_j); None without hidden dense layers.
    """

    nngp: Float[np.ndarray, "rotation n m"]
    ntk: Float[np.ndarray, "rotation n m"]
    self_x: Float[np.ndarray, "rotation n"] | None
    self_y: Float[np.ndarray, "rotation m"] | None


def orbit_subset(orbit: OrbitKernels, n: int | None, m: int | None) -> OrbitKernels:
    """The same of the first n images x and the first m images y (None: all)."""
    selves = (None, None) if orbit.self_x is None else (orbit.self_x[:, :n], orbit.self_y[:, :m])
    return OrbitKernels(orbit.nngp[:, :n, :m], orbit.ntk[:, :n, :m], *selves)


def turned_orbit(orbit: OrbitKernels, turns_x: Int[np.ndarray, " n"], turns_y: Int[np.ndarray, " m"]) -> OrbitKernels:
    """The same of images that were turned first, x_i by turns_x[i] quarter turns and y_j by turns_y[j]:

        B'[r, i, j] = (K, Theta)(rot^a x_i, rot^(r + b) y_j) = B[r + b - a, i, j].

    K(x, rot^r x) does not change, because turning both arguments changes nothing.
    """
    shift = (np.arange(len(ROTATIONS))[:, None, None] + turns_y[None, :] - turns_x[:, None]) % len(ROTATIONS)
    nngp, ntk = (np.take_along_axis(part, shift, axis=0) for part in (orbit.nngp, orbit.ntk))
    return OrbitKernels(nngp, ntk, orbit.self_x, orbit.self_y)


def _prepared(x, y, dtype):
    """x and y as checked arrays of the dtype asked for; y may be None."""
    x = np.asarray(x)
    checks.images(x, "x")
    if y is None:
        return np.asarray(x, dtype), None
    y = np.asarray(y)
    checks.images(y, "y")
    checks.matching(x, y)
    return np.asarray(x, dtype), np.asarray(y, dtype)


def _self_kernels(network: Network, x: np.ndarray, rotations: tuple[int, ...], cache) -> np.ndarray:
    """K(x_i, rot^r x_i) (rotation, n), one image at a time: no other pair is computed."""
    each = [tiled_kernels(network, image[None], None, rotations, cache)[0, :, 0, 0] for image in x]
    return np.stack(each, axis=1)


def _kernels(network: Network, x, y, rotations, dtype, cache, log=None) -> OrbitKernels:
    """B for the rotations asked for."""
    x, y = _prepared(x, y, dtype)
    network.sizes(x.shape[1])
    nngp, ntk = tiled_kernels(network, x, y, rotations, cache, log)
    if network.dense == 0:
        return OrbitKernels(nngp, ntk, None, None)
    if y is None:
        diagonal = np.diagonal(nngp, axis1=1, axis2=2)
        return OrbitKernels(nngp, ntk, diagonal, diagonal)
    return OrbitKernels(nngp, ntk, *(_self_kernels(network, z, rotations, cache) for z in (x, y)))


def orbit_kernel(
    network: Network,
    x: Images,
    y: Images | None = None,
    *,
    dtype: str = "float64",
    cache: Path | str | None = None,
    log: Callable[[str], None] | None = None,
) -> OrbitKernels:
    """B[r, i, j], from which `cnn_from_orbit`, `augmented_from_orbit` and `gcnn_from_orbit` are read off.

    Args:
        x, y: square images (n, size, size, channels), (m, size, size, channels); y=None means y = x, at half the cost.
        dtype: float64, or float32 for twice the speed and 1e-5 relative error.
        cache: directory for the tiles, or None.
        log: told from time to time how far it is.

    Raises:
        ValueError: for images that are not (n, size, size, channels), finite and of one shape; for networks without
            filters, with filters larger than the feature maps, or with even filters under SAME padding.
    """
    checks.equivariant(network)
    return _kernels(network, x, y, ROTATIONS, dtype, cache, log)


def _head(network: Network, nngp, ntk, variance_x, variance_y) -> Kernels:
    """Head recursion for kernels (..., n, m) and variances (..., n), (..., m)."""
    if network.dense:
        variance_x, variance_y = variance_x[..., :, None], variance_y[..., None, :]
    return dense_kernels(network, nngp, ntk, variance_x, variance_y)


def cnn_from_orbit(network: Network, orbit: OrbitKernels) -> Kernels:
    """CNN kernel (n, m), head included."""
    variances = (None, None) if network.dense == 0 else (orbit.self_x[0], orbit.self_y[0])
    return _head(network, orbit.nngp[0], orbit.ntk[0], *variances)


def gcnn_from_orbit(network: Network, orbit: OrbitKernels) -> Kernels:
    """C4-GCNN kernel (n, m), head included: everything is averaged over the rotations at the pooling."""
    return _head(network, *(None if part is None else part.mean(axis=0) for part in orbit))


def augmented_blocks(network: Network, orbit: OrbitKernels) -> Kernels:
    """CNN kernels (4, n, m) between x_i and rot^r y_j, head included: the blocks of the augmented Gram matrix."""
    variances = (None, None) if network.dense == 0 else (orbit.self_x[0], orbit.self_y[0])
    return _head(network, orbit.nngp, orbit.ntk, *variances)


def augmented_from_orbit(network: Network, orbit: OrbitKernels) -> Kernels:
    """CNN kernel (4n, 4m) between all rotations of x and of y, index = 4 sample + rotation as in `ntklab.groups`."""
    return Kernels(*(block_circulant(part) for part in augmented_blocks(network, orbit)))


def block_circulant(b: Float[np.ndarray, "rotation n m"]) -> Float[np.ndarray, "n4 m4"]:
    """The matrix with entry ((i, s), (j, r)) = b[r - s, i, j], index = 4 sample + rotation."""
    order, n, m = b.shape
    shift = (np.arange(order)[None, :] - np.arange(order)[:, None]) % order
    return b[shift].transpose(2, 0, 3, 1).reshape(n * order, m * order)


def cnn_kernel(
    network: Network,
    x: Images,
    y: Images | None = None,
    *,
    dtype: str = "float64",
    cache: Path | str | None = None,
) -> Kernels:
    """Kernels (n, m) of the convolutional network, head included; arguments and errors as `orbit_kernel`.

    Even filters with SAME padding are allowed here: no equivariance is claimed.
    """
    checks.convolutional(network)
    return cnn_from_orbit(network, _kernels(network, x, y, (0,), dtype, cache))


def augmented_gram(network: Network, x: Images, y: Images | None = None, **options) -> Kernels:
    """Kernels (4n, 4m) of the CNN between all rotations of x and of y; arguments and errors as `orbit_kernel`.

    The order is that of `ntklab.groups.cyclic(4).orbit(x)` flattened, index = 4 sample + rotation.
    """
    return augmented_from_orbit(network, orbit_kernel(network, x, y, **options))


def gcnn_kernel(network: Network, x: Images, y: Images | None = None, **options) -> Kernels:
    """Kernels (n, m) of the C4 group-convolutional network, head included; arguments and errors as `orbit_kernel`.

    Lifting convolution first, group convolutions with all four rotations after it, group and global average pooling, then
    the head. The support of the group filters in the rotations does not matter for the kernel (E2 sec. 4).
    """
    return gcnn_from_orbit(network, orbit_kernel(network, x, y, **options))

"""Kernels of convolutional, augmented and group-convolutional networks, all from the orbit kernel of the CNN.

    B[g, i, j] = (K, Theta)(x_i, rho(g) y_j)    up to and including the global average pooling,

for a group G that permutes the pixels of a square by rho(g): c1, c2, c4 (rotations), d1, d2, d4 (with reflections); see
`ntklab.groups`. What follows from it exactly (E2 sec. 4, theorem on augmentation):

    CNN kernel          B[e], e the identity, which is element 0
    augmented Gram      Theta(rho(s) x_i, rho(r) y_j) = B[s^-1 r, i, j]
    G-GCNN kernel       mean_g B[g], as if all layers were still to come after the pooling

With a nonlinear head the mean over g must be taken at the pooling, of K, Theta and of the variances alike, before the head's
recursion: the kernel of the GCNN is then not the mean of the kernels of the CNN.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from ntklab.groups import FiniteGroup, pixel_group
from ntklab.kernels import checks
from ntklab.kernels.dense import dense_kernels
from ntklab.kernels.result import Kernels
from ntklab.kernels.tiles import tiled_kernels
from ntklab.network import Network


class OrbitKernels(NamedTuple):
    """The CNN kernel between images and all transforms of others at the pooling, and what a nonlinear head needs besides.

    Attributes:
        nngp, ntk: B[g, i, j], the kernels between x_i and rho(g) y_j.
        self_x, self_y: K(x_i, rho(g) x_i), K(y_j, rho(g) y_j); None without hidden dense layers.
        group: whose elements g counts.
    """

    nngp: Float[np.ndarray, "element n m"]
    ntk: Float[np.ndarray, "element n m"]
    self_x: Float[np.ndarray, "element n"] | None
    self_y: Float[np.ndarray, "element m"] | None
    group: FiniteGroup

    @property
    def at_pooling(self) -> tuple[np.ndarray | None, ...]:
        """The four arrays."""
        return self[:4]


ARRAYS = OrbitKernels._fields[:4]
"""Names of the arrays."""


def orbit_subset(orbit: OrbitKernels, n: int | None, m: int | None) -> OrbitKernels:
    """The same of the first n images x and the first m images y (None: all)."""
    selves = (None, None) if orbit.self_x is None else (orbit.self_x[:, :n], orbit.self_y[:, :m])
    return OrbitKernels(orbit.nngp[:, :n, :m], orbit.ntk[:, :n, :m], *selves, orbit.group)


def moved_orbit(orbit: OrbitKernels, moves_x: Int[np.ndarray, " n"], moves_y: Int[np.ndarray, " m"]) -> OrbitKernels:
    """The same of images that were transformed first, x_i by the element a = moves_x[i] and y_j by b = moves_y[j]:

    B'[g, i, j] = (K, Theta)(rho(a) x_i, rho(g b) y_j) = B[a^-1 g b, i, j].
    """

    def moved(part: np.ndarray | None, a: np.ndarray, b: np.ndarray) -> np.ndarray | None:
        return None if part is None else np.take_along_axis(part, _between(orbit.group, a, b), axis=0)

    a, b = moves_x, moves_y
    kernels = (moved(part, a[:, None], b[None, :]) for part in (orbit.nngp, orbit.ntk))
    return OrbitKernels(*kernels, moved(orbit.self_x, a, a), moved(orbit.self_y, b, b), orbit.group)


def _between(group: FiniteGroup, a: np.ndarray, b: np.ndarray) -> Int[np.ndarray, "element ..."]:
    """a^-1 g b for every element g, along a new first axis."""
    inverses = np.array([group.inverse(g) for g in group.elements])
    times_b = group.multiplication_table[:, b]
    return group.multiplication_table[inverses[a][None], times_b]


def _self_kernels(network: Network, x: np.ndarray, group: FiniteGroup, cache) -> Float[np.ndarray, "element n"]:
    """K(x_i, rho(g) x_i), one image at a time: no other pair is computed."""
    each = [tiled_kernels(network, image[None], None, group, cache)[0, :, 0, 0] for image in x]
    return np.stack(each, axis=1)


def _kernels(network: Network, x, y, group: FiniteGroup, dtype, cache, log=None) -> OrbitKernels:
    """B for all elements of the group."""
    x, y = checks.inputs(x, y, "size size channels", dtype)
    network.sizes(x.shape[1])
    nngp, ntk = tiled_kernels(network, x, y, group, cache, log)
    if network.dense == 0:
        return OrbitKernels(nngp, ntk, None, None, group)
    if y is None:
        diagonal = np.diagonal(nngp, axis1=1, axis2=2)
        return OrbitKernels(nngp, ntk, diagonal, diagonal, group)
    return OrbitKernels(nngp, ntk, *(_self_kernels(network, z, group, cache) for z in (x, y)), group)


def orbit_kernel(
    network: Network,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    group: str | FiniteGroup = "c4",
    dtype: str = "float64",
    cache: Path | str | None = None,
    log: Callable[[str], None] | None = None,
) -> OrbitKernels:
    """B[g, i, j], from which `cnn_from_orbit`, `augmented_from_orbit` and `gcnn_from_orbit` are read off.

    Args:
        x, y: square images (n, size, size, channels), (m, size, size, channels); y=None means y = x, at half the cost.
        group: a group that permutes pixels, by name or as an object: c1, c2, c4, d1, d2, d4. Cost is proportional to its order.
        dtype: float64, or float32 for twice the speed and 1e-5 relative error.
        cache: directory for the tiles, or None.
        log: told from time to time how far it is.

    Raises:
        InputError: for images that are not (n, size, size, channels), finite and of one shape; for networks without
            filters, with filters larger than the feature maps, or with even filters under SAME padding; for an unknown
            group or dtype.
    """
    checks.equivariant(network)
    return _kernels(network, x, y, pixel_group(group), dtype, cache, log)


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
    """GCNN kernel (n, m) of the orbit's group, head included: everything is averaged over the group at the pooling."""
    return _head(network, *(None if part is None else part.mean(axis=0) for part in orbit.at_pooling))


def augmented_blocks(network: Network, orbit: OrbitKernels) -> Kernels:
    """CNN kernels (element, n, m) between x_i and rho(g) y_j, head included: the blocks of the augmented Gram matrix."""
    variances = (None, None) if network.dense == 0 else (orbit.self_x[0], orbit.self_y[0])
    return _head(network, orbit.nngp, orbit.ntk, *variances)


def augmented_from_orbit(network: Network, orbit: OrbitKernels) -> Kernels:
    """CNN kernel (|G| n, |G| m) between all transforms of x and of y, index = |G| sample + element as in `ntklab.groups`."""
    return Kernels(*(augmented_matrix(part, orbit.group) for part in augmented_blocks(network, orbit)))


def augmented_matrix(b: Float[np.ndarray, "element n m"], group: FiniteGroup) -> Float[np.ndarray, "order_n order_m"]:
    """The matrix with entry ((i, s), (j, r)) = b[s^-1 r, i, j], index = |G| sample + element."""
    order, n, m = b.shape
    relative = np.stack([group.multiplication_table[group.inverse(s)] for s in group.elements])
    return b[relative].transpose(2, 0, 3, 1).reshape(n * order, m * order)


def cnn_kernel(
    network: Network,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    dtype: str = "float64",
    cache: Path | str | None = None,
) -> Kernels:
    """Kernels (n, m) of the convolutional network, head included; arguments and errors as `orbit_kernel`.

    Even filters with SAME padding are allowed here: no equivariance is claimed.
    """
    checks.convolutional(network)
    return cnn_from_orbit(network, _kernels(network, x, y, pixel_group("c1"), dtype, cache))


def augmented_gram(network: Network, x: ArrayLike, y: ArrayLike | None = None, **options) -> Kernels:
    """Kernels (|G| n, |G| m) of the CNN between all transforms of x and of y; arguments and errors as `orbit_kernel`.

    The order is that of `group.orbit(x)` flattened, index = |G| sample + element.
    """
    return augmented_from_orbit(network, orbit_kernel(network, x, y, **options))


def gcnn_kernel(network: Network, x: ArrayLike, y: ArrayLike | None = None, **options) -> Kernels:
    """Kernels (n, m) of the group-convolutional network, head included; arguments and errors as `orbit_kernel`.

    Lifting convolution first, group convolutions over the whole group after it, group and global average pooling, then
    the head. The support of the group filters in the group does not matter for the kernel (E2 sec. 4).
    """
    return gcnn_from_orbit(network, orbit_kernel(network, x, y, **options))

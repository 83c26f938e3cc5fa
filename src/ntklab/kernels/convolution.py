"""What a convolution does to covariances: sums over the taps of its filter, shifting several axes together.

The covariance of two positions is averaged over the taps y that both positions share (E2 sec. 2),

    K_new[t, t'] = sb2 + sw2 / q^2 sum_y K[t + y, t' + y],       t = (row, column),

and the sum separates: first over the row offset, which shifts the two row axes together, then over the column offset.
The variance of one position, K[t, t], is the case of one axis instead of two. All stride 1.
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Axes = tuple[int, ...]
PAIR_AXES: tuple[Axes, Axes] = ((0, 2), (1, 3))
"""Row axes and column axes of a covariance (row, column, row', column')."""
IMAGE_AXES: tuple[Axes, Axes] = ((-2,), (-1,))
"""Row axis and column axis of variances (..., row, column)."""


def pad(k: Float[Array, "..."], axes: Axes, q: int, padding: str) -> Float[Array, "..."]:
    """k extended along `axes`, so that a filter of side q keeps the size: floor((q - 1) / 2) before, the rest after.

    SAME extends by zeros, CIRCULAR by the other end, VALID not at all.
    """
    if padding == "VALID" or q == 1:
        return k
    before = (q - 1) // 2
    width = [(0, 0)] * k.ndim
    for axis in axes:
        width[axis] = (before, q - 1 - before)
    return jnp.pad(k, width, mode="constant" if padding == "SAME" else "wrap")


def shared_shift_sum(k: Float[Array, "..."], axes: Axes, q: int, padding: str) -> Float[Array, "..."]:
    """sum_{y < q} of k shifted by y along all of `axes` together."""
    k = pad(k, axes, q, padding)
    total = None
    for y in range(q):
        shifted = k
        for axis in axes:
            shifted = lax.slice_in_dim(shifted, y, y + k.shape[axis] - q + 1, axis=axis)
        total = shifted if total is None else total + shifted
    return total


def variance_average(v: Float[Array, "*batch row column"], q: int, padding: str) -> Float[Array, "*batch row2 column2"]:
    """Mean of the variances over a q x q window; positions outside the image count as 0 (SAME)."""
    rows, columns = IMAGE_AXES
    return shared_shift_sum(shared_shift_sum(v, rows, q, padding), columns, q, padding) / q**2

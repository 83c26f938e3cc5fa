"""Lifting convolution, group convolution and group pooling for quarter turns and translations, at finite width.

Feature maps carry a group axis right after the batch: (sample, rotation, row, column, channel). Entry r of it belongs to the
filter turned by r quarter turns clockwise, rot90(w, -r) (E2 sec. 3). For x' = rot^s x every layer gives

    z'[:, r] = rot^s z[:, (r + s) mod 4]

exactly, for any weights, except for even filters under SAME padding. Plain JAX, no weights scaled: callers do that.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ntklab.kernels.convolution import pad

ORDER = 4


def turned_taps(q: int) -> Int[np.ndarray, "4 tap"]:
    """Entry [r, k]: which tap of a q x q filter, counted row by row, stands at place k after r clockwise quarter turns."""
    taps = np.arange(q * q).reshape(q, q)
    return np.stack([np.rot90(taps, -r).ravel() for r in range(ORDER)])


def tap_positions(q: int, r: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column at which each tap of a q x q filter, counted row by row, stands after r clockwise quarter turns."""
    return np.divmod(np.argsort(turned_taps(q)[r]), q)


def patches(
    x: Float[Array, "*batch row column channel"], q: int, padding: str
) -> Float[Array, "*batch row2 column2 tap channel"]:
    """The q x q window around every position, taps counted row by row; padding as in `convolution.pad`.

    A convolution is then one matrix product: on a CPU, per-sample gradients of that are several times faster than those
    of XLA's convolution.
    """
    x = pad(x, (x.ndim - 3, x.ndim - 2), q, padding)
    rows, columns = x.shape[-3] - q + 1, x.shape[-2] - q + 1
    return jnp.stack([x[..., a : a + rows, b : b + columns, :] for a in range(q) for b in range(q)], axis=-2)


def correlate(
    x: Float[Array, "sample row column channel"], w: Float[Array, "q q channel out"], padding: str
) -> Float[Array, "sample row2 column2 out"]:
    """z(t) = sum_y w(y) x(t + y), stride 1."""
    q = w.shape[0]
    return jnp.einsum("bhwkc,kcn->bhwn", patches(x, q, padding), w.reshape(q * q, *w.shape[2:]))


def lifting_convolution(
    x: Float[Array, "sample row column channel"], w: Float[Array, "q q channel out"], padding: str
) -> Float[Array, "sample 4 row2 column2 out"]:
    """From images to feature maps on the group: output r correlates x with the filter turned by r."""
    q = w.shape[0]
    filters = w.reshape(q * q, *w.shape[2:])[turned_taps(q)]
    return jnp.einsum("bhwkc,rkcn->brhwn", patches(x, q, padding), filters)


def group_convolution(
    z: Float[Array, "sample 4 row column channel"], w: Float[Array, "q q support channel out"], padding: str
) -> Float[Array, "sample 4 row2 column2 out"]:
    """z'[r](t) = sum_{p < support, y} w(y, p) z[r + p](t + R_r y), R_r being r clockwise quarter turns.

    The filter's third axis is the relative rotation p = 0 .. support - 1, with support at most 4.
    """
    q, support = w.shape[0], w.shape[2]
    w = jnp.pad(w.reshape(q * q, *w.shape[2:]), [(0, 0), (0, ORDER - support), (0, 0), (0, 0)])
    relative = (np.arange(ORDER)[None, :] - np.arange(ORDER)[:, None]) % ORDER
    filters = w[turned_taps(q)[:, None, :], relative[:, :, None]]  # [r, j, k]: from input j to output r at place k
    return jnp.einsum("bjhwkc,rjkcn->brhwn", patches(z, q, padding), filters)

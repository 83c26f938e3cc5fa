"""Lifting convolution, group convolution and group pooling for quarter turns and translations, at finite width.

Feature maps carry a group axis right after the batch: (sample, rotation, row, column, channel). Entry r of it belongs to the
filter turned by r quarter turns clockwise, rot90(w, -r) (E2 sec. 3). For x' = rot^s x every layer gives

    z'[:, r] = rot^s z[:, (r + s) mod 4]

exactly, for any weights, except for even filters under SAME padding. Plain JAX, no weights scaled: callers do that.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntklab.kernels.convolution import pad

ORDER = 4


def turned(w: Float[Array, "row column ..."], r: int) -> Float[Array, "row column ..."]:
    """The filter turned by r quarter turns clockwise."""
    return jnp.rot90(w, -r, axes=(0, 1))


def tap_positions(q: int, r: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column at which each tap of a q x q filter, taken row by row, stands after r clockwise quarter turns."""
    return np.divmod(np.argsort(np.rot90(np.arange(q * q).reshape(q, q), -r), axis=None), q)


def correlate(
    x: Float[Array, "sample row column channel"], w: Float[Array, "q q channel out"], padding: str
) -> Float[Array, "sample row2 column2 out"]:
    """z(t) = sum_y w(y) x(t + y), stride 1; padding as in `convolution.pad`.

    One matrix product with all shifts of x side by side: on a CPU, per-sample gradients of that are several times
    faster than those of XLA's convolution.
    """
    q = w.shape[0]
    x = pad(x, (1, 2), q, padding)
    rows, columns = x.shape[1] - q + 1, x.shape[2] - q + 1
    shifts = [x[:, a : a + rows, b : b + columns] for a in range(q) for b in range(q)]
    return jnp.concatenate(shifts, axis=-1) @ w.reshape(-1, w.shape[-1])


def lifting_convolution(
    x: Float[Array, "sample row column channel"], w: Float[Array, "q q channel out"], padding: str
) -> Float[Array, "sample 4 row2 column2 out"]:
    """From images to feature maps on the group: output r correlates x with the filter turned by r."""
    return jnp.stack([correlate(x, turned(w, r), padding) for r in range(ORDER)], axis=1)


def group_convolution(
    z: Float[Array, "sample 4 row column channel"], w: Float[Array, "q q support channel out"], padding: str
) -> Float[Array, "sample 4 row2 column2 out"]:
    """z'[r](t) = sum_{p < support, y} w(y, p) z[r + p](t + R_r y), R_r being r clockwise quarter turns.

    The filter's third axis is the relative rotation p = 0 .. support - 1, with support at most 4.
    """
    support = w.shape[2]

    def output(r):
        inputs = [z[:, (r + p) % ORDER] for p in range(support)]
        filters = [turned(w[:, :, p], r) for p in range(support)]
        return correlate(jnp.concatenate(inputs, axis=-1), jnp.concatenate(filters, axis=2), padding)

    return jnp.stack([output(r) for r in range(ORDER)], axis=1)

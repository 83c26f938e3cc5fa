"""Lifting and group convolution for a group that permutes pixels, and translations, at finite width.

Feature maps carry a group axis right after the batch: (sample, element, row, column, channel). Entry g of it belongs to the
filter moved by the inverse, rho(g)^-1 w (E2 sec. 3); for C4 that is w turned by g quarter turns clockwise, rot90(w, -g).
For x' = rho(s) x every layer gives

    z'[:, g] = rho(s) z[:, g s]

exactly, for any weights, except for even filters under SAME padding. Plain JAX, no weights scaled: callers do that.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ntklab.groups import FiniteGroup
from ntklab.groups.filters import moved_taps, relative_elements
from ntklab.kernels.convolution import pad


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
    group: FiniteGroup, x: Float[Array, "sample row column channel"], w: Float[Array, "q q channel out"], padding: str
) -> Float[Array, "sample {group.order} row2 column2 out"]:
    """From images to feature maps on the group: output g correlates x with the filter rho(g)^-1 w."""
    q = w.shape[0]
    filters = w.reshape(q * q, *w.shape[2:])[moved_taps(group, q)]
    return jnp.einsum("bhwkc,gkcn->bghwn", patches(x, q, padding), filters)


def group_convolution(
    group: FiniteGroup,
    z: Float[Array, "sample {group.order} row column channel"],
    w: Float[Array, "q q support channel out"],
    padding: str,
) -> Float[Array, "sample {group.order} row2 column2 out"]:
    """z'[g](t) = sum_{p < support, y} w(y, p) z[p g](t + R_g y), R_g moving the taps of w to those of rho(g)^-1 w.

    The filter's third axis is the relative element p = 0 .. support - 1, the first ones of the group.
    """
    q, support = w.shape[0], w.shape[2]
    w = jnp.pad(w.reshape(q * q, *w.shape[2:]), [(0, 0), (0, group.order - support), (0, 0), (0, 0)])
    # [g, h, k]: from input h to output g at place k
    filters = w[moved_taps(group, q)[:, None, :], relative_elements(group)[:, :, None]]
    return jnp.einsum("bhrwkc,ghkcn->bgrwn", patches(z, q, padding), filters)

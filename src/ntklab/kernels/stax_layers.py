"""Group layers for neural-tangents: `(init, apply, kernel)` triples that compose with its own inside `stax.serial`.

    from ntklab.kernels import stax
    init, apply, kernel = stax.serial(
        stax.LiftingConv(64, 3), stax.Relu(), stax.GroupConv(64, 3), stax.Relu(),
        stax.GroupPool(), stax.GlobalAvgPool(), stax.Dense(9),
    )

All other names are those of `neural_tangents.stax`. The group is one that permutes pixels (c1, c2, c4, d1, d2, d4; by default
C4, quarter turns), with translations. Kernels are resolved in group element and position and work under
`neural_tangents.batch`; for pooled outputs `gcnn_kernel` gives the same numbers some hundred times faster, and these layers
are what it is tested against.

Axes. Features are (sample, element, row, column, channel); neural-tangents interleaves the two members of a pair, so
covariances between samples are (sample, sample', element, element', row, row', column, column') and those of one sample
(sample, element, element', ...). Element g stands for the filter w moved by the inverse, rho(g)^-1 w, and R_g for what that
does to its taps; for C4 these are g quarter turns clockwise.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, random
from jaxtyping import Array, Float, Int

from ntklab.errors import InputError
from ntklab.groups import FiniteGroup, pixel_group
from ntklab.groups.filters import tap_positions
from ntklab.kernels._neural_tangents import nt, stax
from ntklab.kernels.convolution import pad
from ntklab.kernels.group_convolution import group_convolution, lifting_convolution
from ntklab.network import PADDINGS

THETA0 = ("zero", "input")
_FEATURE_CHANNEL = 4
_spatially_full = stax.requires(
    batch_axis=0, channel_axis=-1, diagonal_spatial=stax.Diagonal(input=stax.Bool.NO, output=stax.Bool.NO)
)


def __getattr__(name: str):
    """Every other name is neural-tangents' own."""
    return getattr(stax, name)


def _tap_starts(group: FiniteGroup, q: int) -> Int[np.ndarray, "pair tap 4"]:
    """Where the slices row, row', column, column' of each tap begin, for every pair of elements."""
    positions = [tap_positions(group, q, g) for g in group.elements]
    pairs = [np.stack([r[0], s[0], r[1], s[1]], axis=1) for r in positions for s in positions]
    return np.stack(pairs).astype(np.int32)


def _tap_sums(group: FiniteGroup, k: Float[Array, "..."], batch_axes: int, q: int, padding: str) -> Float[Array, "..."]:
    """sum_y k[g, h; t + R_g y, t' + R_h y] over the taps of a q x q filter.

    k and the result have the group axes g, h right after the batch axes and the position axes last. One loop over
    elements and taps, so that the layer compiles in no time whatever the filter.
    """
    order = group.order
    k = pad(k, tuple(range(k.ndim - 4, k.ndim)), q, padding)
    blocks = jnp.moveaxis(k, (batch_axes, batch_axes + 1), (0, 1)).reshape(
        order**2, *k.shape[:batch_axes], *k.shape[-4:]
    )
    size = (*k.shape[:batch_axes], *(n - q + 1 for n in k.shape[-4:]))

    def block_sum(block_and_starts):
        block, starts = block_and_starts

        def add(total, start):
            origin = (jnp.zeros_like(start[0]),) * batch_axes
            return total + lax.dynamic_slice(block, (*origin, *start), size), None

        return lax.scan(add, jnp.zeros(size, k.dtype), starts)[0]

    sums = lax.map(block_sum, (blocks, jnp.asarray(_tap_starts(group, q))))
    return jnp.moveaxis(sums.reshape(order, order, *size), (0, 1), (batch_axes, batch_axes + 1))


def _lifted(group: FiniteGroup, k: Float[Array, "..."], batch_axes: int, q: int, padding: str) -> Float[Array, "..."]:
    """(1 / q^2) sum_y K0[t + R_g y, t' + R_h y] for every pair of elements."""
    shape = (*k.shape[:batch_axes], group.order, group.order, *k.shape[batch_axes:])
    k = jnp.broadcast_to(jnp.expand_dims(k, (batch_axes, batch_axes + 1)), shape)
    return _tap_sums(group, k, batch_axes, q, padding) / q**2


def _convolved(
    group: FiniteGroup, k: Float[Array, "..."], batch_axes: int, q: int, support: int, padding: str
) -> Float[Array, "..."]:
    """(1 / (m q^2)) sum_{p < m, y} K[p g, p h; t + R_g y, t' + R_h y], m = `support`."""
    table = group.multiplication_table[:support]
    total = sum(jnp.take(jnp.take(k, row, batch_axes), row, batch_axes + 1) for row in table)
    return _tap_sums(group, total, batch_axes, q, padding) / (support * q**2)


def _affine_kernel(k: nt.Kernel, average: Callable, w_std: float, b_std: float | None, theta0: str) -> nt.Kernel:
    """K -> sw2 average(K) + sb2 for pairs and single samples, Theta -> new K + sw2 average(Theta)."""
    k = k.reverse() if k.is_reversed else k
    bias = 0.0 if b_std is None else b_std**2

    def covariance(array, batch_axes):
        return None if array is None else w_std**2 * average(array, batch_axes) + bias

    nngp, ntk = covariance(k.nngp, 2), k.ntk
    if ntk is not None:
        before = k.nngp if theta0 == "input" else ntk
        ntk = nngp if before.ndim == 0 else nngp + w_std**2 * average(before, 2)
    cov1, cov2 = covariance(k.cov1, 1), covariance(k.cov2, 1)
    return k.replace(
        cov1=cov1, nngp=nngp, cov2=cov2, ntk=ntk, is_gaussian=True, is_input=False, channel_axis=_FEATURE_CHANNEL
    )


def _checked(padding: str, filter_size: int) -> str:
    if padding.upper() not in PADDINGS or filter_size < 1:
        raise InputError(
            f"padding={padding!r}, filter_size={filter_size}: one of {', '.join(PADDINGS)}, and at least 1"
        )
    return padding.upper()


def _layer(shape, fan_in, forward, out_chan, w_std, b_std):
    """init and apply of a layer with weights of `shape(input_shape)` in NTK parametrisation."""

    def init(key, input_shape):
        key_w, key_b = random.split(key)
        w = random.normal(key_w, shape(input_shape))
        b = None if b_std is None else random.normal(key_b, (out_chan,))
        output = jax.eval_shape(forward, jax.ShapeDtypeStruct((1, *input_shape[1:]), w.dtype), w)
        return (input_shape[0], *output.shape[1:]), (w, b)

    def apply(params, inputs, **_):
        w, b = params
        z = w_std / fan_in(w) ** 0.5 * forward(inputs, w)
        return z if b is None else z + b_std * b

    return init, apply


@stax.layer
@stax.supports_masking(remask_kernel=False)
def LiftingConv(
    out_chan: int,
    filter_size: int,
    *,
    W_std: float = 1.0,
    b_std: float | None = None,
    padding: str = "SAME",
    theta0: str = "zero",
    group: str | FiniteGroup = "c4",
):
    """Convolution from images (sample, row, column, channel) to features on the group, with q x q filters, stride 1.

        z[g](t) = W_std / sqrt(c q^2) sum_y w(y) x(t + R_g y) + b_std b
        K[g, h; t, t'] = b_std^2 + W_std^2 / q^2 sum_y K0[t + R_g y, t' + R_h y],      Theta = K      (E2 sec. 3)

    Args:
        group: a group that permutes pixels, the same in all layers of a network.
        theta0: "zero" (correct: the input has no parameters) or "input", which starts the NTK from the input covariance
            and reproduces the numbers printed with the public reference code.

    Raises:
        InputError: for an unknown padding, theta0 or group, or a filter below 1.
    """
    group = pixel_group(group)
    padding, q = _checked(padding, filter_size), filter_size
    if theta0 not in THETA0:
        raise InputError(f"theta0={theta0!r}: one of {', '.join(THETA0)}")
    init, apply = _layer(
        lambda shape: (q, q, shape[-1], out_chan),
        lambda w: w.shape[2] * q**2,
        lambda x, w: lifting_convolution(group, x, w, padding),
        out_chan,
        W_std,
        b_std,
    )

    @_spatially_full
    def kernel(k, **_):
        return _affine_kernel(k, lambda a, axes: _lifted(group, a, axes, q, padding), W_std, b_std, theta0)

    return init, lambda params, inputs, mask=None, **kwargs: apply(params, inputs), kernel


@stax.layer
@stax.supports_masking(remask_kernel=False)
def GroupConv(
    out_chan: int,
    filter_size: int,
    *,
    support: int | None = None,
    W_std: float = 1.0,
    b_std: float | None = None,
    padding: str = "SAME",
    group: str | FiniteGroup = "c4",
):
    """Convolution on the group, with filters of q x q taps and m = `support` relative elements, stride 1.

        z'[g](t) = W_std / sqrt(n m q^2) sum_{p < m, y} w(y, p) z[p g](t + R_g y) + b_std b
        K'[g, h; t, t'] = b_std^2 + W_std^2 / (m q^2) sum_{p, y} K[p g, p h; t + R_g y, t' + R_h y]   (E2 sec. 3)

    Args:
        support: the filters extend over the first m elements of the group; None: over all.
        group: a group that permutes pixels, the same in all layers of a network.

    Raises:
        InputError: for an unknown padding or group, a filter below 1, or `support` outside 1 to the group's order.
    """
    group = pixel_group(group)
    m = group.order if support is None else support
    padding, q = _checked(padding, filter_size), filter_size
    if not 1 <= m <= group.order:
        raise InputError(f"support={support}: filters extend over 1 to {group.order} elements of {group.name}")
    init, apply = _layer(
        lambda shape: (q, q, m, shape[-1], out_chan),
        lambda w: w.shape[3] * m * q**2,
        lambda z, w: group_convolution(group, z, w, padding),
        out_chan,
        W_std,
        b_std,
    )

    @_spatially_full
    def kernel(k, **_):
        return _affine_kernel(k, lambda a, axes: _convolved(group, a, axes, q, m, padding), W_std, b_std, "zero")

    return init, lambda params, inputs, mask=None, **kwargs: apply(params, inputs), kernel


@stax.layer
@stax.supports_masking(remask_kernel=False)
def GroupPool():
    """Mean over the group: (sample, element, row, column, channel) to (sample, row, column, channel).

    The kernel is the mean over both group axes. Follow it by GlobalAvgPool for an invariant output.
    """

    def init(key, input_shape):
        return (input_shape[0], *input_shape[2:]), ()

    def apply(params, inputs, mask=None, **_):
        return jnp.mean(inputs, axis=1)

    @_spatially_full
    def kernel(k, **_):
        k = k.reverse() if k.is_reversed else k

        def pooled(array, batch_axes):
            if array is None or array.ndim == 0:
                return array
            return jnp.mean(array, axis=(batch_axes, batch_axes + 1))

        cov1, cov2 = pooled(k.cov1, 1), pooled(k.cov2, 1)
        return k.replace(cov1=cov1, nngp=pooled(k.nngp, 2), cov2=cov2, ntk=pooled(k.ntk, 2), channel_axis=3)

    return init, apply, kernel

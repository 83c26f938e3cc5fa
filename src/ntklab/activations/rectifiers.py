"""Activations with a kink at zero: ReLU and leaky ReLU.

Numerics of their duals: arccos turns a rounding error eps at coincident inputs into sqrt(eps), 5e-9 in a float64 ReLU NTK,
which would hide every exact identity. A correlation within a few eps of 1 is therefore set to 1. Inputs of variance zero
have correlation 0: no division by zero, and kernel zero.
"""

from functools import cache

import numpy as np

from ntklab.activations.activation import Activation, Duals
from ntklab.activations.smooth import IDENTITY

COINCIDENT = {"float64": 1 - 1e-14, "float32": 1 - 1e-6}
"""Correlations above this are those of coincident inputs up to the rounding of a few layers."""
SLOPE = 0.01
"""Of leaky ReLU where none is given, as in torch, JAX and neural-tangents."""


def _correlation(k, v, w, snap: bool):
    """k / sqrt(v w) within [-1, 1], with `snap` exactly 1 at coincident inputs, and 0 at zero variance."""
    import jax.numpy as jnp  # only kernels need JAX

    def inverse_root(v):
        return jnp.where(v > 0, 1 / jnp.sqrt(jnp.where(v > 0, v, 1)), 0)

    c = jnp.clip(k * (inverse_root(v) * inverse_root(w)), -1, 1)
    return jnp.where(c > COINCIDENT[k.dtype.name], 1, c) if snap else c


def _duals(slope: float, snap: bool) -> Duals:
    """From s(u) = (1 - slope) relu(u) + slope u and the arc-cosine kernels of order 1 and 0 (Cho & Saul 2009, eq. 6), c the
    correlation:

        derivative dual  d = (1 - slope)^2 (pi/2 + arcsin c) / (2 pi) + slope
        dual             (1 - slope)^2 sqrt(v w) sqrt(1 - c^2) / (2 pi) + d k
    """
    bend = (1 - slope) ** 2 / (2 * np.pi)

    def derivative_dual(k, v, w):
        from ntklab.activations._arcsine import arcsine

        return bend * arcsine(_correlation(k, v, w, snap)) + ((1 - slope) ** 2 / 4 + slope)

    def dual(k, v, w, d):
        import jax.numpy as jnp

        c = _correlation(k, v, w, snap)
        return (jnp.sqrt(v) * jnp.sqrt(w)) * (bend * jnp.sqrt((1 - c) * (1 + c))) + d * k

    return Duals(derivative_dual, dual, lambda v: (1 + slope**2) / 2 * v)


def leaky_relu(slope: float | int = SLOPE, snap: bool = True) -> Activation:
    """max(z, 0) + slope min(z, 0); slope 0 is ReLU, and slope 1 the identity, which has no kink. One object per slope.

    `snap=False` leaves the rounding errors of the duals at coincident inputs in, to show how large they are.
    """
    return IDENTITY if slope == 1 else _rectifier(float(slope), bool(snap))


@cache
def _rectifier(slope: float, snap: bool) -> Activation:
    """Cached by its two numbers, however they were given: networks compare by their activations."""
    name = "relu" if slope == 0 else f"leaky_relu({slope!r})"

    def derivatives(z, highest, xp):
        if highest > 1:
            raise ValueError(f"{name}: its second derivative is a delta function, which has no value at a point")
        gradient = xp.where(z > 0, 1.0, slope)
        return xp.stack([gradient * z, gradient][: highest + 1])

    return Activation(
        name if snap else f"{name} without snap",
        derivatives,
        slopes=(slope, 1.0),
        nodes=20,
        closed_duals=_duals(slope, snap),
    )


RECTIFIERS: dict[str, Activation] = {"relu": leaky_relu(0), "leaky_relu": leaky_relu()}
"""Entries of the registry; leaky_relu has the slope of torch, JAX and neural-tangents, others are leaky_relu(slope)."""

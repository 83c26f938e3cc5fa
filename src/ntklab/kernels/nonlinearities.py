"""Nonlinearities and their duals: one step of the kernel recursion for each (E2 sec. 2; spec of numerics below).

For a centred Gaussian pair (u, u') with covariance k and variances v, w, a nonlinearity s has

    dual             E[s(u) s(u')]        the new NNGP kernel
    derivative dual  E[s'(u) s'(u')]      the factor that multiplies the NTK
    variance         E[s(u)^2]            the new variance, from v

Everything is elementwise, and v, w broadcast against k. A nonlinearity is one function below and one registry entry.

Numerics: arccos turns a rounding error eps at coincident inputs into sqrt(eps), 5e-9 in a float64 ReLU NTK, which would
hide every exact identity. A correlation within a few eps of 1 is therefore set to 1. Inputs of variance zero
have correlation 0: no division by zero, and kernel zero.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntklab.kernels._arcsine import arcsine

COINCIDENT = {"float64": 1 - 1e-14, "float32": 1 - 1e-6}
"""Correlations above this are those of coincident inputs up to the rounding of a few layers."""

Elementwise = Callable[..., Float[Array, "..."]]


@dataclass(frozen=True)
class Nonlinearity:
    """A nonlinearity with its duals; equality, hash and cache keys go by name.

    Attributes:
        name: what the config and the cache call it.
        function: s itself, for networks of finite width.
        derivative_dual: (k, v, w) -> E[s'(u) s'(u')].
        dual: (k, v, w, derivative dual) -> E[s(u) s(u')]; for rectifiers the derivative dual is most of the answer.
        variance: v -> E[s(u)^2].
    """

    name: str
    function: Elementwise = field(compare=False)
    derivative_dual: Elementwise = field(compare=False)
    dual: Elementwise = field(compare=False)
    variance: Elementwise = field(compare=False)


def _correlation(
    k: Float[Array, "..."], v: Float[Array, "..."], w: Float[Array, "..."], snap: bool
) -> Float[Array, "..."]:
    """k / sqrt(v w) within [-1, 1], with `snap` exactly 1 at coincident inputs, and 0 at zero variance."""
    c = jnp.clip(k * (_inverse_root(v) * _inverse_root(w)), -1, 1)
    return jnp.where(c > COINCIDENT[k.dtype.name], 1, c) if snap else c


def _inverse_root(v: Float[Array, "..."]) -> Float[Array, "..."]:
    return jnp.where(v > 0, 1 / jnp.sqrt(jnp.where(v > 0, v, 1)), 0)


@cache
def leaky_relu(slope: float = 0.01, snap: bool = True) -> Nonlinearity:
    """max(u, 0) + slope min(u, 0), from s(u) = (1 - slope) relu(u) + slope u.

    `snap=False` leaves the rounding errors at coincident inputs in, to show how large they are.

    With the arc-cosine kernels of order 1 and 0 (Cho & Saul 2009, eq. 6), c the correlation:

        derivative dual  d = (1 - slope)^2 (pi/2 + arcsin c) / (2 pi) + slope
        dual             (1 - slope)^2 sqrt(v w) sqrt(1 - c^2) / (2 pi) + d k
    """
    bend = (1 - slope) ** 2 / (2 * np.pi)

    def derivative_dual(k, v, w):
        return bend * arcsine(_correlation(k, v, w, snap)) + ((1 - slope) ** 2 / 4 + slope)

    def dual(k, v, w, d):
        c = _correlation(k, v, w, snap)
        return (jnp.sqrt(v) * jnp.sqrt(w)) * (bend * jnp.sqrt((1 - c) * (1 + c))) + d * k

    name = "relu" if slope == 0 else "identity" if slope == 1 else f"leaky_relu({slope!r})"
    return Nonlinearity(
        name=name if snap else f"{name} without snap",
        function=lambda u: jnp.maximum(u, 0) + slope * jnp.minimum(u, 0),
        derivative_dual=derivative_dual,
        dual=dual,
        variance=lambda v: (1 + slope**2) / 2 * v,
    )


def _erf() -> Nonlinearity:
    """Error function (Williams 1997, eq. 11): 2/pi arcsin(2 k / sqrt((1 + 2v)(1 + 2w)))."""

    def derivative_dual(k, v, w):
        return 4 / np.pi / jnp.sqrt((1 + 2 * v) * (1 + 2 * w) - 4 * k * k)

    def dual(k, v, w, d):
        return 2 / np.pi * arcsine(2 * k * (jax.lax.rsqrt(1 + 2 * v) * jax.lax.rsqrt(1 + 2 * w)))

    def variance(v):
        return 2 / np.pi * arcsine(2 * v / (1 + 2 * v))

    return Nonlinearity("erf", jax.scipy.special.erf, derivative_dual, dual, variance)


def _gelu() -> Nonlinearity:
    """u Phi(u), Phi the normal distribution function (Tsuchida et al. 2021, "Avoiding Kernel Fixed Points", prop. 8).

    With D = (1 + v)(1 + w) - k^2 and a = arctan(k / sqrt(D)) = arcsin(k / sqrt((1 + v)(1 + w))):

        dual             k/4 + [k a + (k^2 + v w D) / ((1 + v)(1 + w) sqrt(D))] / (2 pi)
        derivative dual  1/4 + [a + k (1/D + (1 - v w) / ((1 + v)(1 + w)) + 1) / sqrt(D)] / (2 pi)
    """

    def angle(k, v, w):
        return arcsine(k * (jax.lax.rsqrt(1 + v) * jax.lax.rsqrt(1 + w)))

    def derivative_dual(k, v, w):
        product = (1 + v) * (1 + w)
        gap = product - k * k
        slope = k * jax.lax.rsqrt(gap) * (1 / gap + (1 - v * w) / product + 1)
        return (slope + angle(k, v, w)) / (2 * np.pi) + 0.25

    def dual(k, v, w, d):
        product = (1 + v) * (1 + w)
        gap = product - k * k
        curve = (k * k + v * w * gap) / product * jax.lax.rsqrt(gap)
        return (curve + k * angle(k, v, w)) / (2 * np.pi) + 0.25 * k

    return Nonlinearity(
        "gelu",
        lambda u: jax.nn.gelu(u, approximate=False),
        derivative_dual,
        dual,
        lambda v: dual(v, v, v, None),
    )


def _identity() -> Nonlinearity:
    return Nonlinearity("identity", lambda u: u, lambda k, v, w: jnp.ones_like(k), lambda k, v, w, d: k, lambda v: v)


REGISTRY: dict[str, Nonlinearity] = {
    "relu": leaky_relu(0.0),
    "leaky_relu": leaky_relu(0.01),
    "erf": _erf(),
    "gelu": _gelu(),
    "identity": _identity(),
}
"""Name in the config -> nonlinearity; the tests run over all of them."""


def nonlinearity(name: str | Nonlinearity) -> Nonlinearity:
    """The nonlinearity of that name (or the one given); `ValueError` names the ones there are."""
    if isinstance(name, Nonlinearity):
        return name
    if name not in REGISTRY:
        raise ValueError(f"unknown nonlinearity {name!r}; known: {', '.join(REGISTRY)}, or leaky_relu(slope)")
    return REGISTRY[name]

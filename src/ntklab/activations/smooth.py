"""Smooth activations: their derivatives of every order the recursions need, and their duals where known in closed form.

A new one is a function of its derivatives and an entry of SMOOTH, good for kernels and finite width alike.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from ntklab.activations.activation import Activation, Duals


def _erf(z, xp):
    if xp is np:
        from scipy.special import erf  # 0.3 s, which the start of every run need not pay

        return erf(z)
    import jax.scipy.special  # only kernels and networks that are sampled need JAX

    return jax.scipy.special.erf(z)


def _gaussian_derivatives(z, highest: int, xp) -> list:
    """phi, phi', ..., of the standard normal density phi: phi^(k) = (-1)^k He_k(z) phi(z), by He's recursion."""
    values = [xp.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)]
    for k in range(highest):
        values.append(-z * values[k] - (k * values[k - 1] if k else 0.0))
    return values


def _gelu(z, highest, xp):
    """z Phi(z); gelu^(k) = z Phi^(k) + k Phi^(k-1), with the exact normal distribution function Phi."""
    cumulative = [0.5 * (1 + _erf(z / np.sqrt(2), xp)), *_gaussian_derivatives(z, max(highest - 1, 0), xp)]
    return xp.stack([z * cumulative[k] + (k * cumulative[k - 1] if k else 0.0) for k in range(highest + 1)])


def _error_function(z, highest, xp):
    """erf(z); its derivative is 2 sqrt(2) phi(sqrt(2) z)."""
    gaussian = _gaussian_derivatives(np.sqrt(2) * z, max(highest - 1, 0), xp)
    return xp.stack([_erf(z, xp), *(2 * np.sqrt(2) ** (k + 1) * gaussian[k] for k in range(highest))])


def _tanh(z, highest, xp):
    """Polynomials in t = tanh(z): dp(t)/dz = p'(t) (1 - t^2)."""
    t = xp.tanh(z)
    return xp.stack([_polyval(coefficients, t, xp) for coefficients in _tanh_polynomials(highest)])


@cache
def _tanh_polynomials(highest: int) -> tuple[np.ndarray, ...]:
    """Coefficients of the derivatives of orders 0 to highest."""
    polynomial, found = np.polynomial.Polynomial([0, 1]), []
    for _ in range(highest + 1):
        found.append(polynomial.coef)
        polynomial = polynomial.deriv() * np.polynomial.Polynomial([1, 0, -1])
    return tuple(found)


def _polyval(coefficients, z, xp):
    value = xp.full_like(z, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * z + coefficient
    return value


def _sin(z, highest, xp):
    cycle = (xp.sin(z), xp.cos(z), -xp.sin(z), -xp.cos(z))
    return xp.stack([cycle[k % 4] for k in range(highest + 1)])


@cache
def _polynomial(coefficients: tuple[float, ...], name: str) -> Activation:
    p = np.polynomial.Polynomial(coefficients)

    def derivatives(z, highest, xp):
        return xp.stack([_polyval(p.deriv(k).coef if k else p.coef, z, xp) for k in range(highest + 1)])

    # n nodes are exact to degree 2n - 1; four factors of one input have degree 4 deg.
    return Activation(name, derivatives, nodes=2 * p.degree() + 1, exact=True)


def polynomial(coefficients: Sequence[float | int], name: str | None = None) -> Activation:
    """sigma(z) = sum_k coefficients[k] z^k; all its Gaussian expectations are exact."""
    coefficients = tuple(map(float, coefficients))
    return _polynomial(coefficients, name or f"polynomial({', '.join(f'{c:.17g}' for c in coefficients)})")


# ---- duals in closed form; k, v, w as in `Duals` ----


def _erf_duals() -> Duals:
    """Error function (Williams 1997, eq. 11): 2/pi arcsin(2 k / sqrt((1 + 2v)(1 + 2w)))."""

    def derivative_dual(k, v, w):
        import jax.numpy as jnp

        return 4 / np.pi / jnp.sqrt((1 + 2 * v) * (1 + 2 * w) - 4 * k * k)

    def dual(k, v, w, d):
        from jax.lax import rsqrt

        from ntklab.activations._arcsine import arcsine

        return 2 / np.pi * arcsine(2 * k * (rsqrt(1 + 2 * v) * rsqrt(1 + 2 * w)))

    def variance(v):
        from ntklab.activations._arcsine import arcsine

        return 2 / np.pi * arcsine(2 * v / (1 + 2 * v))

    return Duals(derivative_dual, dual, variance)


def _gelu_duals() -> Duals:
    """u Phi(u), Phi the normal distribution function (Tsuchida et al. 2021, "Avoiding Kernel Fixed Points", prop. 8).

    With D = (1 + v)(1 + w) - k^2 and a = arctan(k / sqrt(D)) = arcsin(k / sqrt((1 + v)(1 + w))):

        dual             k/4 + [k a + (k^2 + v w D) / ((1 + v)(1 + w) sqrt(D))] / (2 pi)
        derivative dual  1/4 + [a + k (1/D + (1 - v w) / ((1 + v)(1 + w)) + 1) / sqrt(D)] / (2 pi)
    """

    def angle(k, v, w):
        from jax.lax import rsqrt

        from ntklab.activations._arcsine import arcsine

        return arcsine(k * (rsqrt(1 + v) * rsqrt(1 + w)))

    def derivative_dual(k, v, w):
        from jax.lax import rsqrt

        product = (1 + v) * (1 + w)
        gap = product - k * k
        slope = k * rsqrt(gap) * (1 / gap + (1 - v * w) / product + 1)
        return (slope + angle(k, v, w)) / (2 * np.pi) + 0.25

    def dual(k, v, w, d):
        from jax.lax import rsqrt

        product = (1 + v) * (1 + w)
        gap = product - k * k
        curve = (k * k + v * w * gap) / product * rsqrt(gap)
        return (curve + k * angle(k, v, w)) / (2 * np.pi) + 0.25 * k

    return Duals(derivative_dual, dual, lambda v: dual(v, v, v, None))


def _sin_duals() -> Duals:
    """From the characteristic function: E sin u sin u' = exp(-(v + w)/2) sinh k, E cos u cos u' = exp(-(v + w)/2) cosh k."""

    def both(k, v, w):
        import jax.numpy as jnp

        # Each exponent is at most zero (2 |k| <= v + w): nothing overflows.
        return jnp.exp(k - (v + w) / 2) / 2, jnp.exp(-k - (v + w) / 2) / 2

    def derivative_dual(k, v, w):
        plus, minus = both(k, v, w)
        return plus + minus

    def dual(k, v, w, d):
        plus, minus = both(k, v, w)
        return plus - minus

    def variance(v):
        import jax.numpy as jnp

        return -jnp.expm1(-2 * v) / 2

    return Duals(derivative_dual, dual, variance)


def _identity_duals() -> Duals:
    def derivative_dual(k, v, w):
        import jax.numpy as jnp

        return jnp.ones_like(k)

    return Duals(derivative_dual, lambda k, v, w, d: k, lambda v: v)


IDENTITY = replace(polynomial([0, 1], "identity"), closed_duals=_identity_duals())

SMOOTH: dict[str, Activation] = {
    "gelu": Activation("gelu", _gelu, nodes=24, closed_duals=_gelu_duals()),
    "erf": Activation("erf", _error_function, nodes=28, closed_duals=_erf_duals()),
    "tanh": Activation("tanh", _tanh, nodes=28),
    "sin": Activation("sin", _sin, nodes=20, closed_duals=_sin_duals()),
    "identity": IDENTITY,
}
"""Entries of the registry."""

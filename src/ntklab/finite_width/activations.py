"""Activations with their exact derivatives of every order the recursions need.

An activation is either smooth (gelu, erf, tanh, sin, polynomials: all derivatives are functions) or scale-invariant with a
kink at zero (relu, leaky_relu: two slopes, second derivatives are delta functions, never sampled).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

Derivatives = Callable[[Any, int, Any], Any]
"""(z, highest, array library) -> array (highest + 1, *z.shape) of sigma, sigma', ..., of sigma^(highest)."""


@dataclass(frozen=True)
class Activation:
    """One activation.

    Attributes:
        name: as in the registry.
        derivatives: sigma and its derivatives at z, to any order for smooth activations, to order 1 for kinked ones.
        slopes: (slope at z < 0, slope at z > 0) of an activation with a kink at zero; None for a smooth one.
        nodes: Gauss-Hermite nodes per dimension of a four-dimensional integral to start with: about six digits for
            covariances of order one; pairs and triples get more.
        exact: whether that many nodes integrate products of four exactly (polynomials).
    """

    name: str
    derivatives: Derivatives = field(repr=False)
    slopes: tuple[float, float] | None = None
    nodes: int = 24
    exact: bool = False

    def __call__(self, z, xp: Any = np):
        """sigma(z), in the array library of `xp` (numpy or jax.numpy)."""
        return self.derivatives(z, 0, xp)[0]

    @property
    def smooth(self) -> bool:
        """Whether the second derivative is a function."""
        return self.slopes is None


def _erf(z, xp):
    if xp is np:
        return special.erf(z)
    import jax.scipy.special  # only networks that are sampled need JAX

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
    polynomial, values = np.polynomial.Polynomial([0, 1]), []
    for _ in range(highest + 1):
        values.append(_polyval(polynomial.coef, t, xp))
        polynomial = polynomial.deriv() * np.polynomial.Polynomial([1, 0, -1])
    return xp.stack(values)


def _polyval(coefficients, z, xp):
    value = xp.full_like(z, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * z + coefficient
    return value


def _sin(z, highest, xp):
    cycle = (xp.sin(z), xp.cos(z), -xp.sin(z), -xp.cos(z))
    return xp.stack([cycle[k % 4] for k in range(highest + 1)])


def polynomial(coefficients: Sequence[float | int], name: str = "polynomial") -> Activation:
    """sigma(z) = sum_k coefficients[k] z^k; all its Gaussian expectations are exact."""
    p = np.polynomial.Polynomial([float(c) for c in coefficients])

    def derivatives(z, highest, xp):
        return xp.stack([_polyval(p.deriv(k).coef if k else p.coef, z, xp) for k in range(highest + 1)])

    # n nodes are exact to degree 2n - 1; four factors of one input have degree 4 deg.
    return Activation(name, derivatives, nodes=2 * p.degree() + 1, exact=True)


def _kinked(name: str, below: float, above: float) -> Activation:
    def derivatives(z, highest, xp):
        if highest > 1:
            raise ValueError(f"{name}: its second derivative is a delta function, which has no value at a point")
        slope = xp.where(z > 0, above, below)
        return xp.stack([slope * z, slope][: highest + 1])

    return Activation(name, derivatives, slopes=(below, above), nodes=20)


def leaky_relu(slope: float | int = 0.1) -> Activation:
    """z for z > 0, slope z below; slope 1 is the identity, which has no kink."""
    return polynomial([0, 1], "identity") if slope == 1 else _kinked(f"leaky_relu({slope:g})", float(slope), 1.0)


RELU = _kinked("relu", 0.0, 1.0)
ACTIVATIONS: dict[str, Activation] = {
    "gelu": Activation("gelu", _gelu, nodes=24),
    "erf": Activation("erf", _error_function, nodes=28),
    "tanh": Activation("tanh", _tanh, nodes=28),
    "sin": Activation("sin", _sin, nodes=20),
    "relu": RELU,
    "leaky_relu": leaky_relu(0.1),
    "identity": polynomial([0, 1], "identity"),
}
"""Name -> activation. leaky_relu has slope 0.1; other slopes and polynomials have functions of their own."""


def get(activation: Activation | str) -> Activation:
    """The activation itself, or the one registered under a name; `ValueError` for an unknown name."""
    if isinstance(activation, Activation):
        return activation
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation {activation!r}: not one of {', '.join(ACTIVATIONS)}, and not an Activation")
    return ACTIVATIONS[activation]

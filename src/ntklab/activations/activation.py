"""What an activation is: the function, its derivatives, and its Gaussian duals, for kernels and for finite width alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

Derivatives = Callable[[Any, int, Any], Any]
"""(z, highest, array library) -> array (highest + 1, *z.shape) of sigma, sigma', ..., of sigma^(highest)."""

Elementwise = Callable[..., Any]
"""A function of JAX arrays that broadcast against each other."""


class Duals(NamedTuple):
    """One step of the kernel recursion (E2 sec. 2): expectations over a centred Gaussian pair (u, u') with covariance k and
    variances v, w. Everything is elementwise in JAX, and v, w broadcast against k."""

    derivative_dual: Elementwise
    """(k, v, w) -> E[s'(u) s'(u')], the factor that multiplies the NTK."""
    dual: Elementwise
    """(k, v, w, derivative dual) -> E[s(u) s(u')], the new NNGP kernel; for rectifiers the derivative dual is most of it."""
    variance: Elementwise
    """v -> E[s(u)^2], the new variance."""


@dataclass(frozen=True)
class Activation:
    """One activation, smooth or with a kink at zero.

    Attributes:
        name: as in the registry; keys of caches hold it, so that it says everything that decides the function.
        derivatives: sigma and its derivatives at z, to any order for smooth activations, to order 1 for kinked ones.
        slopes: (slope at z < 0, slope at z > 0) of an activation with a kink at zero; None for a smooth one.
        nodes: Gauss-Hermite nodes per dimension of a four-dimensional integral to start with: about six digits for
            covariances of order one; pairs and triples get more.
        exact: whether that many nodes integrate products of four exactly (polynomials).
        closed_duals: the duals in closed form, where known; they are integrated numerically else.
    """

    name: str
    derivatives: Derivatives = field(repr=False)
    slopes: tuple[float, float] | None = None
    nodes: int = 24
    exact: bool = False
    closed_duals: Duals | None = field(default=None, repr=False)

    def __call__(self, z, xp: Any = np):
        """sigma(z), in the array library of `xp` (numpy or jax.numpy)."""
        return self.derivatives(z, 0, xp)[0]

    @property
    def smooth(self) -> bool:
        """Whether the second derivative is a function."""
        return self.slopes is None

    @cached_property
    def duals(self) -> Duals:
        """The duals, for kernels of infinitely wide networks."""
        return self.closed_duals or quadrature_duals(self.derivatives, 2 * self.nodes)


def quadrature_duals(derivatives: Derivatives, nodes: int) -> Duals:
    """Duals of a smooth activation by Gauss-Hermite quadrature, `nodes` per dimension: nodes^2 evaluations for an entry.

    u = sqrt(v) x and u' = (k / sqrt(v)) x + sqrt(w - k^2 / v) y with independent standard normal x and y. Coincident
    inputs and inputs of variance zero are limits that need no care.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / weights.sum()

    def pair(order: int) -> Elementwise:
        def expectation(k, v, w, *_):
            import jax  # only kernels need JAX
            import jax.numpy as jnp

            k, v, w = jnp.broadcast_arrays(k, v, w)
            root = jnp.sqrt(v)
            slope = jnp.where(v > 0, k / jnp.where(v > 0, root, 1), 0)
            rest = jnp.sqrt(jnp.maximum(w - slope * slope, 0))
            y, weight = jnp.asarray(points, k.dtype), jnp.asarray(weights, k.dtype)

            def add(total, node):
                x, at_x = node
                outer = derivatives(root * x, order, jnp)[order]
                inner = derivatives((slope * x)[..., None] + rest[..., None] * y, order, jnp)[order] @ weight
                return total + at_x * outer * inner, None

            return jax.lax.scan(add, jnp.zeros_like(k), (y, weight))[0]

        return expectation

    def variance(v):
        import jax.numpy as jnp

        y, weight = jnp.asarray(points, v.dtype), jnp.asarray(weights, v.dtype)
        return jnp.square(derivatives(jnp.sqrt(v)[..., None] * y, 0, jnp)[0]) @ weight

    return Duals(pair(1), pair(0), variance)

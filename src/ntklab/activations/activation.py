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


FAR = np.geomspace(10.0, 1000.0, 997)
"""Where an activation should be a straight line."""


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
    def bends_at_zero(self) -> bool:
        """Whether sigma is nearly a straight line far from zero, unlike a sine: the slope changes little while z doubles.

        Then nodes that are dense near zero and ever sparser further out suffice for any variance. Judged by the second
        derivative at `FAR`.
        """
        slope, bend = self.derivatives(np.concatenate([-FAR, FAR]), 2, np)[1:]
        near = self.derivatives(np.linspace(-5, 5, 101), 1, np)[1]
        return bool(np.abs(np.concatenate([-FAR, FAR]) * bend).max() <= max(np.abs(near).max(), np.abs(slope).max()))

    @cached_property
    def duals(self) -> Duals:
        """The duals, for kernels of infinitely wide networks."""
        if self.closed_duals:
            return self.closed_duals
        return quadrature_duals(self.derivatives, *self.rule)

    @property
    def rule(self) -> tuple[int, Callable]:
        """Number and kind of the nodes of the duals' quadrature."""
        if self.exact:
            return 2 * self.nodes, hermite_nodes
        return (POINTS, bending_nodes) if self.bends_at_zero else (MANY_POINTS, uniform_nodes)


POINTS, MANY_POINTS = 48, 128
"""Nodes in one dimension of the duals of an activation without closed forms; more where it bends far from zero too."""
REACH = 8.5
"""Of these nodes, in standard deviations."""


def quadrature_duals(derivatives: Derivatives, points: int = POINTS, nodes: Callable | None = None) -> Duals:
    """Duals of a smooth activation by quadrature, `points` per dimension: points^2 evaluations for an entry.

    u = sqrt(v) x and u' = (k / sqrt(v)) x + sqrt(w - k^2 / v) y with independent standard normal x and y, v the
    larger variance. Coincident inputs and inputs of variance zero are limits that need no care.

    `nodes` is the rule for one coordinate: `bending_nodes` (the default; relative errors of tanh and GeLU are below 1e-9 for
    variances up to 10, 1e-6 up to 50, 1e-5 up to 400), `uniform_nodes` or `hermite_nodes`.
    """
    nodes = nodes or bending_nodes

    def expectation(mean, deviation, order):
        """E[s^(order)(mean + deviation y)]."""
        y, weight = nodes(mean[..., None], deviation[..., None], points)
        z = mean[..., None] + deviation[..., None] * y
        return (derivatives(z, order, _jnp())[order] * weight).sum(axis=-1)

    def pair(order: int) -> Elementwise:
        def found(k, v, w, *_):
            import jax  # only kernels need JAX

            jnp = jax.numpy
            k, v, w = jnp.broadcast_arrays(k, v, w)
            v, w = jnp.maximum(v, w), jnp.minimum(v, w)
            root = jnp.sqrt(v)
            slope = jnp.where(v > 0, k / jnp.where(v > 0, root, 1), 0)
            rest = jnp.sqrt(jnp.maximum(w - slope * slope, 0))

            def add(number, total):
                x, weight = nodes(jnp.zeros_like(k), root, points, number)
                outer = derivatives(root * x, order, jnp)[order]
                return total + weight * outer * expectation(slope * x, rest, order)

            return jax.lax.fori_loop(0, points, add, jnp.zeros_like(k))

        return found

    def variance(v):
        jnp = _jnp()
        y, weight = nodes(jnp.zeros_like(v)[..., None], jnp.sqrt(v)[..., None], points)
        return (jnp.square(derivatives(jnp.sqrt(v)[..., None] * y, 0, jnp)[0]) * weight).sum(axis=-1)

    return Duals(pair(1), pair(0), variance)


def quadrature_error(activation: Activation, variances: np.ndarray) -> tuple[float, np.ndarray]:
    """What the duals of an activation without closed forms are worth at these variances, (n,), and E[sigma(u)^2], (n,).

    The error is the largest change of E[sigma(u)^2] and E[sigma'(u)^2] with twice the nodes, relative to their largest value.
    """
    from jax import enable_x64

    points, nodes = activation.rule

    def slopes(z, order, xp):
        return activation.derivatives(z, order + 1, xp)[1:]

    with enable_x64(True):
        v = _jnp().asarray(variances, float)
        found = [
            [np.asarray(quadrature_duals(d, number, nodes).variance(v)) for number in (points, 2 * points)]
            for d in (activation.derivatives, slopes)
        ]
    changes = [np.abs(coarse - fine).max() / max(np.abs(fine).max(), np.finfo(float).tiny) for coarse, fine in found]
    return (0.0 if activation.exact else float(max(changes))), found[0][1]


def _jnp():
    import jax.numpy as jnp

    return jnp


def _places(points: int, number, dtype):
    """Midpoints of `points` equal parts of (0, 1); all of them, or the one of that number."""
    jnp = _jnp()
    return ((jnp.arange(points) if number is None else number) + jnp.asarray(0.5, dtype)) / points


def hermite_nodes(mean, deviation, points: int, number=None):
    """Nodes y and weights of a standard normal density, all or that of a number: Gauss-Hermite ones, exact for polynomials."""
    jnp = _jnp()
    y, weights = (jnp.asarray(a, mean.dtype) for a in np.polynomial.hermite_e.hermegauss(points))
    weights = weights / weights.sum()
    return (y, weights) if number is None else (y[number], weights[number])


def uniform_nodes(mean, deviation, points: int, number=None):
    """The same, uniform: good while sigma varies little over a seventh of a standard deviation, wherever it bends."""
    jnp = _jnp()
    y = REACH * (2 * _places(points, number, mean.dtype) - 1)
    return y, jnp.exp(-0.5 * y * y) * (2 * REACH / points / np.sqrt(2 * np.pi))


def bending_nodes(mean, deviation, points: int, number=None):
    """The same with arcsinh(z), z = mean + deviation y, uniform over the density's reach, which is 8.5 deviations.

    arcsinh(z) - arcsinh(mean) is deviation times `stretch`, which has a limit for small deviations.
    """
    jnp = _jnp()
    slope = jnp.sqrt(1 + mean * mean)
    tiny = deviation < 1e-3 * slope
    safe = jnp.where(tiny, slope, deviation)

    def stretch(reach):
        return jnp.where(tiny, reach / slope, (jnp.arcsinh(mean + reach * safe) - jnp.arcsinh(mean)) / safe)

    low, high = stretch(-REACH), stretch(REACH)
    e = low + (high - low) * _places(points, number, mean.dtype)
    # z - mean = 2 cosh(arcsinh(mean) + half) sinh(half), without the difference of two large numbers.
    half = 0.5 * deviation * e
    small, exponential = half * half < 1e-3, jnp.exp(half)
    # The difference of exponentials has no digits left where half is small; its series has them all.
    series = half * (1 + half * half / 6 * (1 + half * half / 20 * (1 + half * half / 42)))
    sinh = jnp.where(small, series, 0.5 * (exponential - 1 / exponential))
    cosh = 0.5 * (exponential + 1 / exponential)
    y = (
        2
        * (slope * cosh + mean * sinh)
        * jnp.where(deviation > 0, sinh / jnp.where(deviation > 0, deviation, 1), e / 2)
    )
    z = mean + deviation * y
    density = jnp.exp(-0.5 * y * y) * jnp.sqrt(1 + z * z) / np.sqrt(2 * np.pi)
    return y, density * (high - low) / points

"""Gaussian expectations of inputs whose variance is large: a grid of the inputs themselves, dense where the activation bends.

Seen from a Gaussian of deviation 10, tanh is nearly a step, and nodes that suit the Gaussian miss it. Here every input z has
nodes of its own at z = sinh(t), t uniform: as dense as the bend of width one asks for near zero, and sparse far out, where
the activation is a straight line and only the density varies. The sum

    sum over the grid of  prod_i [ cosh(t_i) spacing_i  f_i(z_i) ]  N(z; 0, K)

converges like exp(-pi^2 / (2 spacing)), and the nodes grow with the logarithm of the deviation. The activation is evaluated on
the axes only. The density must not be narrow on the grid: inputs that are nearly dependent are left to `quadrature`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from ntklab.activations import Activation

SPACING = 7.0
"""Of t, times the number of nodes asked for: 0.25 for tanh's 28, an error of 1e-8."""
NARROWEST = 5.0
"""Spacing of z, in units of its deviation given the other inputs, times the root of the nodes: 0.95 for 28, an error of 1e-9."""
OFF_CENTRE = 3.0
"""Deviations of an input's mean given the others at which that spacing is asked for: further out it matters less."""
REACH = 8.5
"""Of every axis, in standard deviations."""
DEPENDENT = 1e-8
"""Part of an input's variance that the others leave, below which the covariance is not inverted."""
CHUNK = 2**20
"""Grid points at a time."""


@dataclass(frozen=True)
class InputGrid:
    """A grid for one regular covariance.

    Attributes:
        covariance: K, (input, input), regular.
        nodes: a measure of fineness, the same as in `quadrature`; twice as many square the error.
    """

    covariance: Float[np.ndarray, "n n"]
    nodes: int

    @classmethod
    def of(cls, covariance: Float[np.ndarray, "n n"], nodes: int) -> "InputGrid | None":
        """None where an input depends on the others."""
        try:
            np.linalg.cholesky(covariance)
            left = 1 / np.linalg.inv(covariance).diagonal()
        except np.linalg.LinAlgError:
            return None
        return cls(covariance, nodes) if np.all(left > DEPENDENT * covariance.diagonal()) else None

    @cached_property
    def precision(self) -> Float[np.ndarray, "n n"]:
        """The inverse of K."""
        return np.linalg.inv(self.covariance)

    @cached_property
    def axes(self) -> list[tuple[Float[np.ndarray, " _node"], Float[np.ndarray, " _node"]]]:
        """z and dz of the nodes of each input, an even number: none is zero."""
        variances, left = self.covariance.diagonal(), 1 / self.precision.diagonal()
        moved = OFF_CENTRE**2 * np.maximum(variances - left, 0)
        narrow = NARROWEST * np.sqrt(left / (1 + moved) / self.nodes)
        spacings = np.minimum(SPACING / self.nodes, narrow)
        counts = 2 * np.ceil(np.arcsinh(REACH * np.sqrt(variances)) / spacings).astype(int)
        ts = [h * (np.arange(count) - (count - 1) / 2) for h, count in zip(spacings, counts, strict=True)]
        return [(np.sinh(t), h * np.cosh(t)) for h, t in zip(spacings, ts, strict=True)]

    @property
    def size(self) -> int:
        """Number of grid points."""
        return int(np.prod([float(len(z)) for z, _ in self.axes]))

    def within(self, largest: int) -> "InputGrid":
        """A coarser one where this has more points."""
        grid = self
        while grid.size > largest:
            grid = InputGrid(self.covariance, int(0.9 * grid.nodes))
        return grid

    def sums(
        self, activation: Activation, orders: Sequence[tuple[tuple[int, ...], ...]]
    ) -> Float[np.ndarray, " product"]:
        """Expectations of products; orders[product][input] lists the derivatives at each input."""
        inputs = range(len(self.axes))
        kinds = [sorted({product[i] for product in orders}) for i in inputs]
        table = self.table([_products(activation, z, kind) for (z, _), kind in zip(self.axes, kinds, strict=True)])
        return np.array([table[tuple(kinds[i].index(product[i]) for i in inputs)] for product in orders])

    def table(self, factors: Sequence[Float[np.ndarray, "_kind _node"]]) -> Float[np.ndarray, "..."]:
        """E[prod_i factors_i(z_i)] for all combinations, (kind of input 0, kind of input 1, ...)."""
        weighted = [f * dz for f, (_, dz) in zip(factors, self.axes, strict=True)]
        total = 0.0
        for part, density in self._densities():
            # The last axis over nodes first; what it leaves, an axis over kinds, goes to the end.
            for i in reversed(range(len(weighted))):
                factor = weighted[i] if i else weighted[0][:, part]
                density = np.tensordot(density, factor, axes=(i, 1))
            total = total + density
        return np.transpose(total)

    def _densities(self) -> Iterator[tuple[slice, Float[np.ndarray, "..."]]]:
        """The density on the grid, a part of the first axis at a time."""
        P, (first, *others) = self.precision, [z for z, _ in self.axes]
        norm = np.sqrt(np.linalg.det(P / (2 * np.pi)))
        size = max(1, CHUNK * len(first) // self.size)
        for start in range(0, len(first), size):
            part = slice(start, start + size)
            exponent = -0.5 * P[0, 0] * first[part] ** 2
            # For each later input j: sum of P_ij z_i over the inputs i that have an axis already.
            linear = {j: P[0, j] * first[part] for j in range(1, len(P))}
            for j, z in enumerate(others, start=1):
                exponent = (exponent[..., None] - linear[j][..., None] * z) - 0.5 * P[j, j] * z**2
                linear = {k: linear[k][..., None] + P[j, k] * z for k in range(j + 1, len(P))}
            yield part, norm * np.exp(exponent, out=exponent)


def _products(activation: Activation, z: Float[np.ndarray, " node"], kinds: Sequence[tuple[int, ...]]) -> np.ndarray:
    """Products of derivatives at one input, (kind, node); a kind lists the orders."""
    derivatives = activation.derivatives(z, max((p for kind in kinds for p in kind), default=0), np)
    return np.stack([np.prod(derivatives[list(kind)], axis=0) for kind in kinds])

"""The mean of an activation's derivatives under a normal density, tabulated as a function of its mean and variance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.signal import fftconvolve

from ntklab.activations import Activation
from ntklab.finite_width.quadrature import hermite

SPACING = 1 / 64
"""Of the means in the table, in units of sigma's own scale of variation, one."""
DEGREE = 5
"""Of the Taylor polynomial from the closest mean in the table."""
VARIANCES = 12
"""Chebyshev nodes in the variance to start with."""
INTERPOLATION = 1e-6
"""Relative error, between its variances, of a table with half as many as the one that is used, whose error is the square."""
REACH = 8.3
"""Of every normal density, in standard deviations: beyond, weights are negligible."""


@dataclass(frozen=True)
class Table:
    """h_q(m, v) on a uniform grid of means and Chebyshev nodes of the variance.

    Attributes:
        values: (variance, order, mean).
        variances: Chebyshev-Lobatto nodes from 0 to the largest variance.
        start, spacing: of the means.
    """

    values: Float[np.ndarray, "variance order mean"]
    variances: Float[np.ndarray, " variance"]
    start: float
    spacing: float

    @classmethod
    def of(cls, activation: Activation, largest: float, reach: float, highest: int) -> "Table":
        """For variances up to `largest`, |m| up to `reach`, and orders q up to `highest`; as many variances as it takes."""
        table, number = cls._of(activation, largest, reach, highest, VARIANCES), 2 * VARIANCES
        error = np.inf if largest else 0.0
        while error > INTERPOLATION and number <= 16 * VARIANCES:
            finer = cls._of(activation, largest, reach, highest, number)
            exact, some = finer.values[:, : highest + 1, ::16], table.values[:, : highest + 1, ::16]
            interpolated = np.einsum("fv,vom->fom", table.weights(finer.variances), some)
            error = np.abs(interpolated - exact).max() / np.abs(exact).max()
            table, number = finer, 2 * number
        return table

    @classmethod
    def _of(cls, activation: Activation, largest: float, reach: float, highest: int, number: int) -> "Table":
        angles = np.pi * np.arange(number) / (number - 1)
        variances = largest * (1 - np.cos(angles)) / 2 if largest else np.zeros(1)
        count = int(np.ceil(reach / SPACING)) + 1
        means = SPACING * np.arange(-count, count + 1)
        values = np.stack([_means(activation, means, v, highest + DEGREE) for v in variances])
        return cls(values, variances, float(means[0]), SPACING)

    def weights(self, variances: Float[np.ndarray, " set"]) -> Float[np.ndarray, "set variance"]:
        """Barycentric weights that interpolate in the variance."""
        number = len(self.variances)
        if number == 1:
            return np.ones((len(variances), 1))
        signs = (-1.0) ** np.arange(number)
        signs[[0, -1]] /= 2
        gaps = np.asarray(variances)[:, None] - self.variances
        exact = gaps == 0
        weights = signs / np.where(exact, 1, gaps)
        weights[exact.any(axis=1)] = 0
        weights[exact] = 1
        return weights / weights.sum(axis=1, keepdims=True)

    @property
    def sigma(self) -> "Means":
        """The activation itself, for all sets."""
        return Means(self.values[0], 0, self.start, self.spacing)

    def at(self, variances: Float[np.ndarray, " set"]) -> "Means":
        """The functions of the mean alone, for one variance of each set."""
        weights, (number, orders, means) = self.weights(variances), self.values.shape
        values = (weights @ self.values.reshape(number, -1)).reshape(-1, orders, means).transpose(1, 0, 2)
        return Means(np.ascontiguousarray(values).reshape(orders, -1), means, self.start, self.spacing)


def _means(activation: Activation, means: np.ndarray, variance: float, highest: int) -> np.ndarray:
    """h_q at uniformly spaced means, (order, mean): a convolution with the normal density."""
    deviation = np.sqrt(variance)
    spacing = means[1] - means[0]
    if deviation < 1.6 * spacing:
        # Too narrow for a sum over the means, so narrow that sigma is a polynomial there.
        points, weights = hermite(24)
        return activation.derivatives(means[:, None] + deviation * points, highest, np) @ weights
    # The trapezoid rule for a normal density is exact to rounding from 1.6 spacings on.
    margin = int(np.ceil(REACH * deviation / spacing))
    offsets = spacing * np.arange(-margin, margin + 1)
    density = np.exp(-0.5 * (offsets / deviation) ** 2)
    density /= density.sum()
    z = means[0] - spacing * margin + spacing * np.arange(len(means) + 2 * margin)
    values = activation.derivatives(z, highest, np)
    return fftconvolve(values, density[None], mode="valid", axes=1)


@dataclass(frozen=True)
class Means:
    """h_q(m) of each set, from a Taylor polynomial at the closest mean in its table.

    Attributes:
        values: the tables of all sets one after the other, `number` means each; 0: one table for all.
    """

    values: Float[np.ndarray, "order set_times_mean"]
    number: int
    start: float
    spacing: float

    def __call__(self, m: Float[np.ndarray, "set point"], highest: int) -> list[np.ndarray]:
        """h_0 ... h_highest, each (set, point)."""
        position = (m - self.start) / self.spacing
        closest = np.rint(position)
        step = self.spacing * (position - closest)
        index = closest.astype(np.intp) + self.number * np.arange(len(m))[:, None]
        around = [row.take(index) for row in self.values[: highest + DEGREE + 1]]
        scaled = [step / (j + 1) for j in range(DEGREE)]
        return [self._taylor(around[q : q + DEGREE + 1], scaled) for q in range(highest + 1)]

    @staticmethod
    def _taylor(derivatives: Sequence[np.ndarray], scaled: Sequence[np.ndarray]) -> np.ndarray:
        value = derivatives[-1].copy()
        for derivative, step in zip(derivatives[-2::-1], scaled[::-1], strict=True):
            value *= step
            value += derivative
        return value

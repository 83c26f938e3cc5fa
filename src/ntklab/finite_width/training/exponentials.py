"""Closed-form time integrals of training: divided differences of the exponential, and of powers for discrete steps.

In the eigenbasis of the training NTK every mode decays by itself, by exp(-r t) or, after k steps, by x^k with
x = 1 - learning rate * eigenvalue. All that the corrections need are nested integrals (sums) of products of such decays,

    flow     int_{0 < s1 < ... < sm < t} exp(-r0 s1 - r1 (s2 - s1) - ... - rm (t - sm))  =  t^m exp[-r0 t, ..., -rm t]
    steps    eta^m sum_{i0 + ... + im = k - m} x0^i0 ... xm^im                           =  eta^m p_k[x0, ..., xm]

with the divided differences f[...] of exp, and of p_k(x) = x^k (Hermite-Genocchi; complete homogeneous polynomials). A
`Clock` says what a decay is in its own terms and evaluates these, for nodes in any order that may coincide or vanish: the
recursion (f[x1...] - f[x0...]) / (xm - x0) on sorted nodes where it loses no more than a digit, else a Taylor series of
positive terms. Relative error: some 1e-14, and k * 1e-16 after k steps.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ntklab.types import Numbers

TERMS = 19
"""Of the Taylor series: the j-th is below 1/j! of the first."""


Near = Callable[[np.ndarray], tuple[Numbers | np.bool_, np.ndarray]]
"""Nodes, along the first axis -> which of them are so close that a recursion would cancel, and the difference there."""


class Clock(ABC):
    """How long training has lasted, and what a decay over that time is.

    A node stands for a decay per unit of time: a rate for the flow, a factor for steps.
    """

    still: float
    """The node of what does not decay."""
    step: float
    """The learning rate, 0 for the flow: what the terms of higher order of a step are proportional to."""

    @abstractmethod
    def node(self, eigenvalues: np.ndarray) -> np.ndarray:
        """The node of each mode."""

    @abstractmethod
    def both(self, first: Numbers, second: Numbers) -> Numbers:
        """The node of a product of two decays."""

    @abstractmethod
    def lag(self, node: Numbers) -> Numbers:
        """What a decay in step j itself costs a sum over j that begins at the step before; 1 for the flow."""

    @abstractmethod
    def integral(self, *nodes: Numbers | float) -> Numbers:
        """The nested integral over one interval for each node, elementwise over nodes that broadcast; any order of nodes."""


@dataclass(frozen=True)
class Flow(Clock):
    """Gradient flow for a time, infinity included."""

    time: float | int
    still = 0.0
    step = 0.0

    def node(self, eigenvalues: np.ndarray) -> np.ndarray:
        return eigenvalues

    def both(self, first: Numbers, second: Numbers) -> Numbers:
        return first + second

    def lag(self, node: Numbers) -> Numbers:
        return np.ones_like(node)

    def integral(self, *nodes: Numbers | float) -> Numbers:
        rates = _sorted(nodes)
        if np.isinf(self.time):
            return _limit(rates == self.still, rates)
        # A derivative of exp(-r t) with respect to r changes the sign.
        return (-1) ** (len(rates) - 1) * _differences(rates, np.exp(-self.time * rates), self._near)

    def _near(self, rates: np.ndarray) -> tuple[Numbers | np.bool_, np.ndarray]:
        offsets = self.time * (rates[-1] - rates)
        near = offsets[0] < 1
        order, offsets = len(rates) - 1, offsets[:, near]
        series = sum(h / math.factorial(order + j) for j, h in enumerate(_homogeneous(offsets)))
        return near, (-self.time) ** order * np.exp(-self.time * rates[-1, near]) * series


@dataclass(frozen=True)
class Steps(Clock):
    """Gradient descent for a number of steps, infinity included."""

    step: float
    number: float | int
    still = 1.0

    def node(self, eigenvalues: np.ndarray) -> np.ndarray:
        return 1 - self.step * eigenvalues

    def both(self, first: Numbers, second: Numbers) -> Numbers:
        return first * second

    def lag(self, node: Numbers) -> Numbers:
        return node

    def integral(self, *nodes: Numbers | float) -> Numbers:
        factors, order = _sorted(nodes), len(nodes) - 1
        if np.isinf(self.number):
            return self.step**order * _limit(factors == self.still, 1 - factors)
        if self.number < order:
            return np.zeros(factors.shape[1:])
        return self.step**order * _differences(factors, factors**self.number, self._near)

    def _near(self, factors: np.ndarray) -> tuple[Numbers | np.bool_, np.ndarray]:
        low, high = factors[0], factors[-1]
        centre = np.where(low >= 0, low, high)
        near = (low == high) | ((low * high > 0) & (self.number * (high - low) < np.abs(centre)))
        order, centre = len(factors) - 1, centre[near]
        offsets = (factors[:, near] - centre) / np.where(centre == 0, 1, centre)
        coefficient, series = math.comb(int(self.number), order), 0.0
        for j, h in enumerate(_homogeneous(offsets)):
            series = series + coefficient * h
            coefficient = coefficient * (self.number - order - j) / (order + j + 1)
        return near, centre ** (self.number - order) * series


def _sorted(nodes: tuple[Numbers | float, ...]) -> np.ndarray:
    return np.sort(np.stack(np.broadcast_arrays(*nodes)), axis=0)


def _limit(still: np.ndarray, rates: np.ndarray) -> Numbers:
    """After infinite time: the product of 1/rate over the other nodes if exactly one is still, 0 if none is."""
    count = still.sum(axis=0)
    product = 1 / np.where(still, 1, rates).prod(axis=0)
    return np.where(count == 1, product, np.where(count == 0, 0.0, np.inf))


def _differences(nodes: np.ndarray, values: np.ndarray, near: Near) -> Numbers:
    """Divided difference, over the first axis, of a function with these values at sorted nodes."""
    row = list(values)
    for order in range(1, len(nodes)):
        following = []
        for i in range(len(nodes) - order):
            window = nodes[i : i + order + 1]
            close, series = near(window)
            span = np.where(close, 1, window[-1] - window[0])
            difference = np.asarray((row[i + 1] - row[i]) / span)
            difference[close] = series
            following.append(difference)
        row = following
    return row[0]


def _homogeneous(values: np.ndarray) -> np.ndarray:
    """Complete homogeneous symmetric polynomials of degrees 0, 1, ... of the values along the first axis."""
    h = np.zeros((TERMS, *values.shape[1:]))
    h[0] = 1
    for value in values:
        for j in range(1, TERMS):
            h[j] += value * h[j - 1]
    return h

"""Corrections of order 1/n at one input from the values of sigma and sigma' alone, for any activation.

Gaussian integration by parts turns every derivative of the recursions into a Hermite polynomial, z ~ N(0, K):

    <f''> = <f He_2(z / sqrt K)> / K,      <f''''> = <f He_4(z / sqrt K)> / K^2

so that no derivative of a kink is needed, and none is put to zero by hand: what vanishes has to do so in the quadrature.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntklab.activations import Activation, get_activation

NODES = 64
"""Gauss-Hermite nodes, of an even number: none lies on the kink."""
ROUNDING = 1e-13
"""Relative error of sums over nodes in float64, added to the error bound."""


class AtOneInput(NamedTuple):
    """Tensor -> values over layers 1 to depth, and how far they may be off."""

    values: dict[str, Float[np.ndarray, " layer"]]
    errors: dict[str, Float[np.ndarray, " layer"]]


def by_parts(activation: Activation | str, x: Float[np.ndarray, " n0"], c_w: float, depth: int) -> AtOneInput:
    """K, Theta, K1 and Theta1 of networks without biases and with lambda_W = 1, at twice `NODES` nodes.

    The error bound is the change from half the nodes, the largest up to that layer, and rounding relative to the terms that
    cancel (V and D times the kernels' scale).
    """
    activation = get_activation(activation)
    coarse, fine = (_solved(activation, float(x @ x / len(x)), c_w, depth, n) for n in (NODES, 2 * NODES))
    errors = {}
    for tensor, values in fine.items():
        change = np.abs(values - coarse[tensor])
        scale = np.abs(fine["K" if tensor.startswith("K") else "Theta"]) * np.arange(1, depth + 1)
        errors[tensor] = np.maximum.accumulate(change) + ROUNDING * scale
    return AtOneInput(fine, errors)


def _solved(activation: Activation, norm: float, c_w: float, depth: int, nodes: int) -> dict[str, np.ndarray]:
    K, theta = c_w * norm, norm
    K1 = theta1 = V = D = F = 0.0
    layers = [(K, theta, K1, theta1)]
    for _ in range(1, depth):
        step = _Step(activation, K, theta, c_w, nodes)
        K1, theta1 = step.means(K1, theta1, V, D, F)
        V, D, F = step.cumulants(V, D, F)
        K, theta = c_w * step.mean(step.gg), step.mean(step.omega)
        layers.append((K, theta, K1, theta1))
    return dict(zip(("K", "Theta", "K1", "Theta1"), np.array(layers).T, strict=True))


class _Step:
    """Expectations at one layer, on the nodes: the recursions of spec finite-width.md, section 2, at one input."""

    def __init__(self, activation: Activation, K: float, theta: float, c_w: float, nodes: int):
        self.y, weights = np.polynomial.hermite_e.hermegauss(nodes)
        self.weights = weights / weights.sum()
        s, slope = activation.derivatives(np.sqrt(K) * self.y, 1, np)
        self.K, self.theta, self.c = K, theta, c_w
        self.gg, self.dd, self.gd = s * s, slope * slope, s * slope
        self.omega = self.gg + c_w * theta * self.dd

    def mean(self, f: np.ndarray) -> float:
        return float(self.weights @ f)

    def first(self, f: np.ndarray) -> float:
        """<f'>"""
        return self.mean(f * self.y) / np.sqrt(self.K)

    def second(self, f: np.ndarray) -> float:
        """<f''>"""
        return self.mean(f * (self.y**2 - 1)) / self.K

    def fourth(self, f: np.ndarray) -> float:
        """<f''''>"""
        return self.mean(f * (self.y**4 - 6 * self.y**2 + 3)) / self.K**2

    def means(self, K1: float, theta1: float, V: float, D: float, F: float) -> tuple[float, float]:
        """K1 and Theta1 of the next layer: 2.2 and the five diagrams of 2.4."""
        of_slopes = self.second(self.dd)
        preactivation = self.c * (K1 / 2 * self.second(self.gg) + V / 8 * self.fourth(self.gg))
        ntk = K1 / 2 * self.second(self.omega) + V / 8 * self.fourth(self.omega)
        return preactivation, ntk + self.c * (theta1 * self.mean(self.dd) + D / 2 * of_slopes + F * of_slopes)

    def cumulants(self, V: float, D: float, F: float) -> tuple[float, float, float]:
        """V, D and F of the next layer: 2.2 and 2.3."""
        c, gg, omega = self.c, self.gg, self.omega
        own = self.second(gg)
        new_v = c**2 * (self.mean(gg * gg) - self.mean(gg) ** 2) + c**2 / 4 * V * own**2
        new_d = c * (self.mean(gg * omega) - self.mean(gg) * self.mean(omega))
        new_d += c / 4 * V * own * self.second(omega) + c**2 / 2 * own * self.mean(self.dd) * D
        new_f = c**2 * (self.theta * self.mean(gg * self.dd) + self.first(self.gd) ** 2 * F)
        return new_v, new_d, new_f

"""Beyond the paper: statistics of the Hessian product at order 1/n, from the engine and from sampled networks.

    Hhat_ij(a, b) = sum_mn lambda_m lambda_n  d_m d_n z_i(a)  d_m d_n z_j(b)

is the squared Frobenius norm of a network's Hessian (a = b), the curvature that the mean NTK does not see.

    E[Hhat_ij(1,2)]            = delta_ij (H_12 + H1_12 / n)
    Ec[z_1, z_2, Hhat(3,4)]    = (1/n) [ d12 d34 X_1234 + d13 d24 Y_1324 + d14 d23 Y_1423 ]

The engine derives the recursions of H, H1, X and Y; nothing below knows them. `sample` estimates the same at layer 3 of
networks, from the definitions: the average over the last weights is done exactly, the layers before are drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from ntklab.activations import get_activation
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.feynman.enumeration import enumerate_diagrams
from ntklab.finite_width.feynman.numeric import Layer, assemble, from_expectations
from ntklab.finite_width.feynman.rules import TENSORS

Array = np.ndarray
BATCHES = 40
"""Disjoint sets of networks; their spread gives the standard error."""


@dataclass(frozen=True)
class Ensemble:
    """Networks of two hidden layers; every constant is that of all layers. Biases and learning rates as in `solve`."""

    x: Float[np.ndarray, "n n0"]
    activation: str
    c_w: float
    c_b: float
    lambda_w: float
    lambda_b: float

    def first(self) -> tuple[Array, Array]:
        """K and Theta of layer 1, (input, input) each."""
        gram = self.x @ self.x.T / self.x.shape[1]
        return self.c_b + self.c_w * gram, self.lambda_b + self.lambda_w * gram


def layer_before(ensemble: Ensemble, nodes: int) -> Layer:
    """Layer 2 for equal widths, every tensor by the engine's diagrams; `nodes` are those of the quadrature per dimension."""
    K, theta = ensemble.first()
    size = len(K)
    # At layer 1 z is Gaussian and linear in the parameters: no cumulants and no Hessian.
    tensors = {name: np.zeros((size,) * len(tensor.colours)) for name, tensor in TENSORS.items()}
    tensors |= {"K": K, "Theta": theta}
    step = partial(_layer, ensemble, nodes)
    layer = step(tensors)
    return step({name: assemble(enumerate_diagrams(tensor), layer) for name, tensor in TENSORS.items()})


def _layer(ensemble: Ensemble, nodes: int, tensors: Mapping[str, Array]) -> Layer:
    moments = from_expectations(gaussian_expectations(get_activation(ensemble.activation), tensors["K"], nodes))
    return Layer(moments, tensors, ensemble.c_w, ensemble.lambda_w, 1.0, ensemble.c_b, ensemble.lambda_b)


def sample(
    ensemble: Ensemble,
    components: Sequence[tuple[int, int, int, int]],
    width: int,
    networks: int,
    rng: np.random.Generator,
) -> dict[tuple[str, tuple[int, ...]], Float[np.ndarray, " batch"]]:
    """Estimates at layer 3 of networks with both hidden layers of `width`: (tensor, component) -> independent batches.

    For every component (1, 2, 3, 4): X[1,2,3,4], Y[1,3,2,4], and H[3,4], the mean of Hhat. Each is the finite-width value,
    which differs from the leading order by O(1/n).
    """
    per_batch = max(2, networks // BATCHES)
    batches = [_batch(ensemble, components, width, per_batch, rng) for _ in range(BATCHES)]
    return {key: np.array([batch[key] for batch in batches]) for key in batches[0]}


def mean(batches: Float[np.ndarray, " batch"]) -> tuple[float, float]:
    """Mean over independent batches and its standard error."""
    return float(batches.mean()), float(batches.std(ddof=1) / np.sqrt(len(batches)))


def _batch(
    ensemble: Ensemble, components: Sequence[tuple[int, ...]], width: int, networks: int, rng: np.random.Generator
) -> dict[tuple[str, tuple[int, ...]], float]:
    network = second_layer(ensemble, width, networks, rng)
    estimates = {}
    for component in components:
        a, b, c, d = component
        g = ensemble.c_b + ensemble.c_w * np.mean(network.s[0][:, a] * network.s[0][:, b], axis=1)
        second = network.second(c, d)
        h = network.traced(second, c, d)
        estimates["X", component] = float(width * np.cov(g, h)[0, 1])
        estimates["Y", (a, c, b, d)] = float(np.mean(network.crossed(second, a, b)))
        estimates["H", (c, d)] = float(np.mean(h))
    return estimates


@dataclass(frozen=True)
class SecondLayer:
    """Sampled networks up to layer 2, and what the average over the weights of layer 3 needs.

    Attributes:
        s: sigma, sigma', sigma'' of layer 2, each (network, input, neuron).
        first: the same of layer 1.
        weights: W of layer 2, (network, neuron, neuron of layer 1).
        theta: NTK of layer 1, (input, input).
        ensemble: its constants.
    """

    s: Array
    first: Array
    weights: Array
    theta: Array
    ensemble: Ensemble

    def ntk(self, a: int, b: int) -> Array:
        """NTK of layer 2, (network, j, k)."""
        own = self.ensemble.lambda_b + self.ensemble.lambda_w * np.mean(
            self.first[0][:, a] * self.first[0][:, b], axis=1
        )
        return self._gram(self.first[1][:, a] * self.first[1][:, b] * self.theta[a, b]) + _diagonal(own, self.width)

    def hessians(self, a: int, b: int) -> Array:
        """Hessian product of layer 2, (network, j, k): both derivatives below the weights, or one of them such a weight."""
        below = self._gram(self.first[2][:, a] * self.first[2][:, b] * self.theta[a, b] ** 2)
        own = np.mean(self.first[1][:, a] * self.first[1][:, b], axis=1) * self.theta[a, b]
        return below + _diagonal(2 * self.ensemble.lambda_w * own, self.width)

    def dntk(self, a: int, b: int) -> Array:
        """dNTK of layer 2, (network, k, j): second derivative of z_k(a) along both gradients of z_j(b)."""
        slopes, theta = self.first[1][:, b], self.theta[a, b]
        below = self.weights @ (self.weights**2 * (slopes**2 * self.first[2][:, a] * theta**2)[:, None]).swapaxes(1, 2)
        own = self.weights @ (self.first[0][:, b] * self.first[1][:, a] * theta * slopes)[..., None]
        total = below + 2 * self.ensemble.lambda_w * own * np.eye(self.width)
        return total / self.weights.shape[2] ** 1.5

    @property
    def width(self) -> int:
        return self.weights.shape[1]

    def _gram(self, weight: Array) -> Array:
        return (self.weights * weight[:, None]) @ self.weights.swapaxes(1, 2) / self.weights.shape[2]

    def second(self, a: int, b: int) -> Array:
        """sum_mn lambda lambda d_m d_n sigma(z_j(a)) d_m d_n sigma(z_k(b)) over parameters below, (network, j, k)."""
        _, one, two = self.s
        outer = lambda p, q: p[:, a, :, None] * q[:, b, None, :]  # noqa: E731
        return (
            outer(two, two) * self.ntk(a, b) ** 2
            + outer(two, one) * self.dntk(b, a).swapaxes(1, 2)
            + outer(one, two) * self.dntk(a, b)
            + outer(one, one) * self.hessians(a, b)
        )

    def traced(self, second: Array, a: int, b: int) -> Array:
        """Mean of Hhat_ii(a, b) at layer 3 over the weights of layer 3, (network,); `second` is that of a and b."""
        own = self.s[1][:, a] * self.s[1][:, b] * np.diagonal(self.ntk(a, b), axis1=1, axis2=2)
        below = np.diagonal(second, axis1=1, axis2=2)
        return np.mean(self.ensemble.c_w * below + 2 * self.ensemble.lambda_w * own, axis=1)

    def crossed(self, second: Array, a: int, b: int) -> Array:
        """n times the mean of z_i(a) z_k(b) Hhat_ik, i != k, over the weights of layer 3, (network,)."""
        total = self.s[0][:, a, None, :] @ second @ self.s[0][:, b, :, None]
        return self.ensemble.c_w**2 * total[:, 0, 0] / self.width


def _diagonal(value: Array, width: int) -> Array:
    return value[:, None, None] * np.eye(width)


def second_layer(ensemble: Ensemble, width: int, networks: int, rng: np.random.Generator) -> SecondLayer:
    """Draw networks up to layer 2. Layer 1 is drawn as the Gaussian it is, so that the inputs' dimension costs nothing."""
    K, theta = ensemble.first()
    values, vectors = np.linalg.eigh(K)
    root = vectors * np.sqrt(values.clip(min=0.0))
    z = root @ rng.normal(size=(networks, len(K), width))
    first = get_activation(ensemble.activation).derivatives(z, 2, np)
    weights = np.sqrt(ensemble.c_w) * rng.normal(size=(networks, width, width))
    biases = np.sqrt(ensemble.c_b) * rng.normal(size=(networks, 1, width))
    z = biases + first[0] @ weights.swapaxes(1, 2) / np.sqrt(width)
    return SecondLayer(get_activation(ensemble.activation).derivatives(z, 2, np), first, weights, theta, ensemble)


def extrapolated(widths: Sequence[int], estimates: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Value and standard error at infinite width of a polynomial in 1/n through independent estimates at all widths."""
    powers = np.vander(1 / np.array(widths, dtype=float), increasing=True)
    weights = np.linalg.inv(powers)[0]
    values, errors = np.array(estimates).T
    return float(weights @ values), float(np.hypot.reduce(weights * errors))

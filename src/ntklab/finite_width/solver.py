"""Solve the recursions: all requested tensors at every layer, with the error of the quadrature."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Num

from ntklab.activations import Activation, get_activation
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.recursions import MATRICES, RECURSIONS, Layer

TENSORS = ("K", "Theta", *RECURSIONS)
"""Everything `solve` can return: the two infinite-width kernels and the thirteen tensors of order 1/n."""
UNDEFINED_AT_KINKS = ("R", "S", "T", "U")
MAX_NODES = 200
PerLayer = float | int | Sequence[float | int]
"""One value for all layers, or one for each."""


@dataclass(frozen=True)
class Solution(Mapping):
    """Tensor -> list over layers 1, 2, ... of arrays, with what the quadrature is worth.

    Attributes:
        errors: tensor -> largest change of a component when the nodes are doubled, over layers, relative to the layer's
            largest component: an upper bound of the relative error of what is returned, which is the finer result.
        nodes: Gauss-Hermite nodes per dimension of the four-dimensional integrals of the finer result.
    """

    layers: dict[str, list[np.ndarray]]
    errors: dict[str, float]
    nodes: int

    def __getitem__(self, tensor: str) -> list[np.ndarray]:
        return self.layers[tensor]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)


@dataclass(frozen=True)
class Architecture:
    """What defines an ensemble of networks at initialisation, each value for layers 1 ... depth.

    Layer l means its preactivations: depth 4 has three hidden layers. W ~ N(0, c_w), b ~ N(0, c_b), the factor
    1/sqrt(fan-in) stands in the forward pass, and the NTK weights each parameter's derivative by lambda_w or lambda_b.
    """

    depth: int
    widths: tuple[int, ...] | None
    c_w: tuple[float, ...]
    c_b: tuple[float, ...]
    lambda_w: tuple[float, ...]
    lambda_b: tuple[float, ...]

    @classmethod
    def of(
        cls,
        depth: int,
        widths: Sequence[int] | None,
        c_w: PerLayer,
        c_b: PerLayer,
        lambda_w: PerLayer,
        lambda_b: PerLayer,
    ) -> "Architecture":
        """Check and spread over layers; `ValueError` names what is wrong."""
        if depth < 1:
            raise ValueError(f"depth={depth}: at least 1, the number of layers of weights")
        if widths is not None and (len(widths) != depth - 1 or any(n < 1 for n in widths)):
            raise ValueError(f"widths={list(widths)}: one positive number for each of the {depth - 1} hidden layers")
        values = {"c_w": c_w, "c_b": c_b, "lambda_w": lambda_w, "lambda_b": lambda_b}
        spread = {name: _spread(name, value, depth) for name, value in values.items()}
        if min(spread["c_w"]) <= 0:
            raise ValueError(f"c_w={c_w}: a weight variance is positive")
        return cls(depth, None if widths is None else tuple(widths), **spread)

    def ratio(self, layer: int) -> float:
        """n_l / n_{l-1} for the step from layer l; 1 at layer 1, whose tensors are zero."""
        return 1.0 if self.widths is None or layer == 1 else self.widths[layer - 1] / self.widths[layer - 2]

    def first(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """K and Theta of layer 1."""
        gram = x @ x.T / x.shape[1]
        return self.c_b[0] + self.c_w[0] * gram, self.lambda_b[0] + self.lambda_w[0] * gram


def _spread(name: str, value: PerLayer, depth: int) -> tuple[float, ...]:
    values = tuple(map(float, np.broadcast_to(value, depth) if np.ndim(value) == 0 else value))
    if len(values) != depth or not all(0 <= v < np.inf for v in values):
        raise ValueError(f"{name}={value}: one number >= 0, or one for each of the {depth} layers")
    return values


def solve(
    x: Num[np.ndarray, "n n0"],
    activation: Activation | str,
    depth: int = 4,
    widths: Sequence[int] | None = None,
    c_w: PerLayer = 1.0,
    c_b: PerLayer = 0.0,
    lambda_w: PerLayer = 1.0,
    lambda_b: PerLayer = 0.0,
    tensors: Sequence[str] = ("Theta1",),
    nodes: int | None = None,
    tolerance: float = 1e-6,
) -> Solution:
    """The statistics at order 1/n of networks at initialisation, for layers 1 to `depth`.

    With n the width of the layer before (n_0 never matters: layer 1 is exactly Gaussian), neuron indices dropped:

        K, Theta      infinite-width kernels; E[z z] = K + K1/n, E[NTK] = Theta + Theta1/n
        V[1,2,3,4]    neuron pairs (1,2), (3,4) of the connected four-point function, n Ec[z z z z]
        D[1,2,3,4]    n cov(z z, NTK): 1, 2 preactivations, 3, 4 NTK; F[1,3,2,4] the other pairing: slots 0, 2 preactivations
        A[1,2,3,4]    n cov(NTK(1,2), NTK(3,4)); B[1,3,2,4] the other pairing
        P, Q[0,1,2,3] n E[dNTK(0; 1,2) z(3)], neuron pairs (0,3),(1,2) and (0,1),(2,3)
        R[0,1,2,3]    n E[ddNTK_I(0; 1,2,3)]; S[1,2,3,4], T[1,3,2,4], U[1,4,2,3]: n E[ddNTK_II(1,2,3,4)]

    Slots (0,1) of an array share a neuron and slots (2,3) do, except in P (Guillen, Misof & Gerken, arXiv 2508.11522v4,
    extended to biases, unequal widths and learning-rate factors). Everything is float64.

    Args:
        x: inputs; repeated ones are computed once.
        activation: name of an activation, such as "gelu" or "leaky_relu(0.1)", or an `Activation`.
        depth: number of layers of weights; depth 4 has three hidden layers.
        widths: of the depth - 1 hidden layers; only their ratios matter. None: equal.
        c_w, c_b, lambda_w, lambda_b: see `Architecture`; one number, or one for each layer.
        tensors: which of `TENSORS` to return; only these and what they need is computed.
        nodes: of the coarser quadrature, per dimension; None: the activation's.
        tolerance: the nodes are doubled until no requested tensor changes by more, relatively.

    Raises:
        ValueError: for bad input, or a tensor that does not exist for an activation with a kink.
    """
    activation = get_activation(activation)
    architecture = Architecture.of(depth, widths, c_w, c_b, lambda_w, lambda_b)
    _check(x, activation, tensors)
    unique, inverse = np.unique(np.asarray(x, float), axis=0, return_inverse=True)
    nodes = nodes or activation.nodes
    request = _Request(unique, activation, architecture, tuple(dict.fromkeys(tensors)))
    coarse = request.solve(nodes)
    while True:
        nodes = 2 * nodes
        fine = request.solve(nodes)
        errors = {tensor: _change(coarse[tensor], fine[tensor]) for tensor in fine}
        if activation.exact or max(errors.values()) <= tolerance or 2 * nodes > MAX_NODES:
            break
        coarse = fine
    # np.unique of numpy 2.0 returned the inverse with an extra axis.
    inverse = inverse.reshape(-1)
    back = {tensor: [X[np.ix_(*[inverse] * X.ndim)] for X in layers] for tensor, layers in fine.items()}
    return Solution(back, errors, nodes)


def _check(x: np.ndarray, activation: Activation, tensors: Sequence[str]) -> None:
    if len(x) == 0 or not np.all(np.isfinite(x)):
        raise ValueError("x: at least one input, and no NaN or infinite entries")
    unknown = [tensor for tensor in tensors if tensor not in TENSORS]
    if unknown or not tensors:
        raise ValueError(f"tensors={list(tensors)}: at least one of {', '.join(TENSORS)}")
    undefined = [tensor for tensor in tensors if tensor in UNDEFINED_AT_KINKS]
    if undefined and not activation.smooth:
        raise ValueError(
            f"tensors {', '.join(undefined)} diverge for {activation.name} where slots coincide (squared delta functions); "
            "choose a smooth activation"
        )


def _change(coarse: list[np.ndarray], fine: list[np.ndarray]) -> float:
    changes = [
        np.abs(a - b).max() / size if (size := np.abs(b).max()) else 0.0 for a, b in zip(coarse, fine, strict=True)
    ]
    return float(max(changes))


@dataclass(frozen=True)
class _Request:
    """Unique inputs and what is asked of them."""

    x: np.ndarray
    activation: Activation
    architecture: Architecture
    tensors: tuple[str, ...]

    def solve(self, nodes: int) -> dict[str, list[np.ndarray]]:
        """All layers at one number of nodes."""
        K, theta = self.architecture.first(self.x)
        size = len(K)
        needed = closure(self.tensors)
        current = {name: np.zeros((size,) * (2 if name in MATRICES else 4)) for name in needed}
        layers = [{**current, "K": K, "Theta": theta}]
        for layer in range(1, self.architecture.depth):
            last = layer == self.architecture.depth - 1
            K, theta, current = self._step(
                layer, K, theta, current, closure(self.tensors, below=False) if last else needed, nodes
            )
            layers.append({**current, "K": K, "Theta": theta})
        return {tensor: [values[tensor] for values in layers] for tensor in self.tensors}

    def _step(
        self,
        layer: int,
        K: np.ndarray,
        theta: np.ndarray,
        current: dict[str, np.ndarray],
        wanted: list[str],
        nodes: int,
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """From layer to layer + 1, whose constants have index `layer`."""
        a = self.architecture
        expectations = gaussian_expectations(self.activation, K, nodes)
        patterns = {pattern for tensor in wanted for pattern in RECURSIONS[tensor].patterns}
        s = Layer(
            theta, expectations, expectations.quadruples(patterns), current,
            c_w=a.c_w[layer], lambda_w=a.lambda_w[layer], ratio=a.ratio(layer),
        )  # fmt: skip
        for tensor in wanted:
            s.new[tensor] = sum(RECURSIONS[tensor].terms(s))
        return a.c_b[layer] + s.c_w * s.M(0, 0), a.lambda_b[layer] + s.omega, s.new


def closure(tensors: Iterable[str], below: bool = True) -> list[str]:
    """The tensors needed for these, in the order of computation: at the same layer, and (`below`) at earlier ones."""
    needed: set[str] = set()
    stack = [tensor for tensor in tensors if tensor in RECURSIONS]
    while stack:
        tensor = stack.pop()
        if tensor not in needed:
            needed.add(tensor)
            stack += [*RECURSIONS[tensor].new, *(RECURSIONS[tensor].carries if below else ())]
    return [tensor for tensor in RECURSIONS if tensor in needed]

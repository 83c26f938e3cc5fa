"""Solve the recursions: all requested tensors at every layer, with the error of the quadrature."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ntklab.activations import Activation
from ntklab.errors import InputError, QuadratureError, QuadratureWarning
from ntklab.finite_width.architecture import Architecture, PerLayer, WholeNumber, chosen, described, flattened
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.recursions import MATRICES, RECURSIONS, Layer
from ntklab.finite_width.solution import Solution
from ntklab.network import Network

TENSORS = ("K", "Theta", *RECURSIONS)
"""Everything `solve` can return: the two infinite-width kernels and the thirteen tensors of order 1/n."""
UNDEFINED_AT_KINKS = ("R", "S", "T", "U")
MAX_NODES = 400
WRONG = 1e-2
"""Relative change on doubling the nodes above which there is no number."""
NATURAL = {
    **{"K": (1, 0), "Theta": (0, 1), "K1": (1, 0), "Theta1": (0, 1), "V": (2, 0), "D": (1, 1), "F": (1, 1)},
    **dict.fromkeys(("A", "B", "P", "Q"), (0, 2)),
    **dict.fromkeys(("R", "S", "T", "U"), (-1, 3)),
}
"""Tensor -> powers of K and Theta whose product has its units."""
VANISHING = 1e-9
"""A tensor this much smaller than that product is a rounding error of zero (K1 of a rectifier at one input)."""


def solve(
    x: ArrayLike,
    activation: Activation | str | None = None,
    depth: WholeNumber | None = None,
    widths: Sequence[WholeNumber] | np.ndarray | None = None,
    c_w: PerLayer | None = None,
    c_b: PerLayer | None = None,
    lambda_w: PerLayer | None = None,
    lambda_b: PerLayer | None = None,
    tensors: Sequence[str] = ("Theta1",),
    nodes: int | None = None,
    tolerance: float = 1e-6,
    *,
    network: Network | None = None,
) -> Solution:
    """The statistics at order 1/n of networks at initialisation, for layers 1 to `depth`.

    Networks are described by an activation and numbers, or by a `Network`, the same object as for `mlp_kernel`; then
    `solve(x, network=network, tensors=("K", "Theta"))` has both kernels of `mlp_kernel(network, x)` in its last layer, for
    c_w = lambda_w = weight_variance, c_b = lambda_b = bias_variance and depth = dense + 1 (docs/conventions.md).

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
        x: inputs (n, ...), flattened to (n, n0) as in `mlp_kernel`; repeated ones are computed once.
        activation: name of an activation, such as "gelu" or "leaky_relu(0.1)", or an `Activation`.
        depth: number of layers of weights; depth 4, the default, has three hidden layers.
        widths: of the depth - 1 hidden layers; only their ratios matter. None: equal.
        c_w, c_b, lambda_w, lambda_b: see `Architecture`; one number, or one for each layer. Default 1, 0, 1, 0.
        tensors: which of `TENSORS` to return, one name or several; only these and what they need is computed.
        nodes: of the coarser quadrature, per dimension; None: the activation's.
        tolerance: the nodes are doubled until no requested tensor changes by more, relatively (`Solution.errors`).
        network: a `Network` without filters, in the place of activation, depth, c_w, c_b, lambda_w and lambda_b.

    Warns:
        QuadratureWarning: if a tensor still changes by more than `tolerance` at the last doubling.

    Raises:
        InputError: for bad input, or a tensor that does not exist for an activation with a kink.
        QuadratureError: if it changes by more than 1e-2 (and `tolerance`) even then; an `InputError` and ArithmeticError.
    """
    activation, architecture = described(
        network, activation, widths, depth=depth, c_w=c_w, c_b=c_b, lambda_w=lambda_w, lambda_b=lambda_b
    )
    x, tensors = flattened(x), chosen(tensors, TENSORS)
    _check(activation, tensors)
    unique, inverse = np.unique(x, axis=0, return_inverse=True)
    request = _Request(unique, activation, architecture, tensors)
    fine, errors, nodes = _refined(request, nodes or activation.nodes, tolerance)
    report_errors(errors, tolerance)
    # np.unique of numpy 2.0 returned the inverse with an extra axis.
    inverse = inverse.reshape(-1)
    back = {tensor: [X[np.ix_(*[inverse] * X.ndim)] for X in fine[tensor]] for tensor in tensors}
    return Solution(back, errors, nodes)


def _refined(request: "_Request", nodes: int, tolerance: float) -> tuple[dict[str, list[np.ndarray]], dict, int]:
    """Tensors at twice as many nodes as it takes, their changes at the last doubling, and the nodes."""
    coarse, changes = request.solve(nodes), []
    while True:
        nodes = 2 * nodes
        fine = request.solve(nodes)
        errors = {tensor: _change(tensor, coarse, fine) for tensor in request.tensors}
        changes.append(max(errors.values()))
        helpless = len(changes) > 2 and changes[-1] > changes[-2] / 2
        if request.activation.exact or changes[-1] <= tolerance or helpless or 2 * nodes > MAX_NODES:
            return fine, errors, nodes
        coarse = fine


def report_errors(errors: dict[str, float], tolerance: float) -> None:
    """`QuadratureWarning` for errors above the tolerance, `QuadratureError` above `WRONG` and the tolerance."""
    worst = max(errors, key=errors.get)
    if errors[worst] <= tolerance:
        return
    message = f"{worst} changes by {errors[worst]:.1e}, relatively, at the last refinement of the quadrature"
    if not errors[worst] <= max(WRONG, tolerance):
        raise QuadratureError(
            f"{message}; no number is returned above {WRONG:g}: take smaller weight variances or inputs less alike"
        )
    warnings.warn(f"{message}, more than tolerance={tolerance:g}", QuadratureWarning, stacklevel=3)


def _check(activation: Activation, tensors: Sequence[str]) -> None:
    undefined = [tensor for tensor in tensors if tensor in UNDEFINED_AT_KINKS]
    if undefined and not activation.smooth:
        raise InputError(
            f"tensors {', '.join(undefined)} diverge for {activation.name} where slots coincide (squared delta functions); "
            "choose a smooth activation"
        )


def _change(tensor: str, coarse: dict[str, list[np.ndarray]], fine: dict[str, list[np.ndarray]]) -> float:
    """Largest over layers of the change relative to the layer's largest component."""
    k, t = NATURAL[tensor]
    largest = 0.0
    for layer, (a, b) in enumerate(zip(coarse[tensor], fine[tensor], strict=True)):
        K, theta = (np.abs(fine[name][layer]).max() for name in ("K", "Theta"))
        natural = (K**k if K else 0.0) * theta**t
        size = max(np.abs(b).max(), VANISHING * natural)
        largest = max(largest, float(np.abs(a - b).max() / size) if size else 0.0)
    return largest


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
        return {tensor: [values[tensor] for values in layers] for tensor in {*self.tensors, "K", "Theta"}}

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

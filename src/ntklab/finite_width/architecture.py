"""What defines an ensemble of fully connected networks at initialisation, however it was described."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from ntklab.activations import Activation, get_activation
from ntklab.arrays import as_array, is_whole
from ntklab.errors import InputError
from ntklab.network import Network

PerLayer = float | int | Sequence[float | int] | np.ndarray | np.number
"""One value for all layers, or one for each."""
WholeNumber = int | float | np.number
"""An integer, of Python or NumPy; others are refused with a message."""


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
        depth: WholeNumber,
        widths: Iterable[WholeNumber] | None,
        c_w: PerLayer,
        c_b: PerLayer,
        lambda_w: PerLayer,
        lambda_b: PerLayer,
    ) -> "Architecture":
        """Check and spread over layers; `InputError` names what is wrong."""
        if not is_whole(depth, 1):
            raise InputError(f"depth={depth}: at least 1, the number of layers of weights (an integer)")
        depth, widths = int(depth), None if widths is None else tuple(widths)
        if widths is not None and (len(widths) != depth - 1 or not all(is_whole(n, 1) for n in widths)):
            raise InputError(f"widths={list(widths)}: one positive integer for each of the {depth - 1} hidden layers")
        values = {"c_w": c_w, "c_b": c_b, "lambda_w": lambda_w, "lambda_b": lambda_b}
        spread = {name: _spread(name, value, depth) for name, value in values.items()}
        if min(spread["c_w"]) <= 0:
            raise InputError(f"c_w={c_w}: a weight variance is positive")
        return cls(depth, None if widths is None else tuple(map(int, widths)), **spread)

    @classmethod
    def of_network(cls, network: Network, widths: Iterable[WholeNumber] | None = None) -> "Architecture":
        """That of a fully connected `Network`, whose parameters are N(0, 1) with the variances in the forward pass.

        The NTK by those parameters weights derivatives by the variances: lambda_w = c_w, lambda_b = c_b.
        """
        if not isinstance(network, Network):
            raise InputError(f"network={network!r}: an ntklab.network.Network, such as Network(dense=3)")
        if network.filters:
            raise InputError(f"network={network}: has filters; finite width is solved and sampled without, filters=()")
        w, b = network.weight_variance, network.bias_variance
        return cls.of(network.dense + 1, widths, w, b, w, b)

    def ratio(self, layer: int) -> float:
        """n_l / n_{l-1} for the step from layer l; 1 at layer 1, whose tensors are zero."""
        return 1.0 if self.widths is None or layer == 1 else self.widths[layer - 1] / self.widths[layer - 2]

    def first(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """K and Theta of layer 1."""
        gram = x @ x.T / x.shape[1]
        return self.c_b[0] + self.c_w[0] * gram, self.lambda_b[0] + self.lambda_w[0] * gram


DEPTH = 4
"""Of networks whose depth is not given: three hidden layers."""
DEFAULTS = {"c_w": 1.0, "c_b": 0.0, "lambda_w": 1.0, "lambda_b": 0.0}
"""Of networks that are described number by number."""


def described(
    network: Network | None,
    activation: Activation | str | None,
    widths: Iterable[WholeNumber] | None,
    default_depth: int = DEPTH,
    **numbers: Any,
) -> tuple[Activation, Architecture]:
    """The activation and architecture of a `Network`, or of an activation and depth, c_w, c_b, lambda_w, lambda_b.

    None stands for what is not given. `InputError` where both are, or neither.
    """
    given = [name for name, value in {"activation": activation, **numbers}.items() if value is not None]
    if network is None:
        if activation is None:
            raise InputError("activation: missing; give an activation, or network=Network(...)")
        defaults = {**DEFAULTS, "depth": default_depth}
        values = {name: defaults[name] if value is None else value for name, value in numbers.items()}
        return get_activation(activation), Architecture.of(widths=widths, **values)
    architecture = Architecture.of_network(network, widths)
    if given:
        raise InputError(f"network and {', '.join(given)}: give either; the network has them all but widths")
    return network.nonlinearity, architecture


def flattened(x: Any, name: str = "x") -> Float[np.ndarray, "n n0"]:
    """Inputs (n, ...) as (n, n0) in float64, as `mlp_kernel` takes them; `InputError` for one axis, or what isn't real."""
    x = as_array(x, name, "n n0 ...", dtype=np.float64)
    return x.reshape(len(x), -1)


def chosen(tensors: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Names of tensors, one or several, each once; `InputError` names those there are."""
    tensors = (tensors,) if isinstance(tensors, str) else tuple(dict.fromkeys(tensors))
    if not tensors or not set(tensors) <= set(known):
        raise InputError(f"tensors={list(tensors)}: at least one of {', '.join(known)}")
    return tensors


def _spread(name: str, value: PerLayer, depth: int) -> tuple[float, ...]:
    refused = InputError(f"{name}={value}: one number >= 0, or one for each of the {depth} layers")
    try:
        values = tuple(map(float, np.broadcast_to(value, depth) if np.ndim(value) == 0 else value))
    except (TypeError, ValueError):
        raise refused from None
    if len(values) != depth or not all(0 <= v < np.inf for v in values):
        raise refused
    return values

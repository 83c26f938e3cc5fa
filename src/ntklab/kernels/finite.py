"""Networks of finite width with the architecture of a `Network`, in plain JAX: parameters, features, outputs.

NTK parametrisation: all parameters are N(0, 1), and a layer multiplies its weights by sqrt(weight_variance / fan_in)
and its bias by sqrt(bias_variance). Parameters are a list of (weights, bias), one entry per layer; bias None without.
"""

import math
from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntklab.errors import InputError
from ntklab.groups import FiniteGroup
from ntklab.kernels.group_convolution import correlate, group_convolution, lifting_convolution
from ntklab.network import Network

ARCHITECTURES = ("mlp", "cnn", "gcnn")
Parameters = list[tuple[Array, Array | None]]


def check_architecture(network: Network, architecture: str) -> None:
    """`InputError` for an unknown name, or one that does not fit the network."""
    if architecture not in ARCHITECTURES:
        raise InputError(f"architecture={architecture!r}: one of {', '.join(ARCHITECTURES)}")
    if (architecture == "mlp") == bool(network.filters):
        raise InputError(f"{network}: not a network for architecture={architecture!r}")


def weight_shapes(
    network: Network, architecture: str, image_shape: tuple[int, ...], width: int, outputs: int, support: int
) -> list[tuple[int, ...]]:
    """Shape of every layer's weights, the channels last: (..., in, out). `image_shape` is that of one input.

    `support` is the number of group elements that the filters of group convolutions extend over.
    """
    channels, shapes = image_shape[-1], []
    for number, q in enumerate(network.filters):
        group = (support,) if architecture == "gcnn" and number > 0 else ()
        shapes.append((q, q, *group, channels, width))
        channels = width
    if not network.filters:
        channels = math.prod(image_shape)
    for out in [width] * network.dense + [outputs]:
        shapes.append((channels, out))
        channels = out
    return shapes


def init(network: Network, shapes: Sequence[tuple[int, ...]], key: Array, dtype: str) -> Parameters:
    """Independent N(0, 1) parameters, cut from one long draw, which compiles much faster than one draw per array."""
    biases = [shape[-1:] if network.bias_variance else (0,) for shape in shapes]
    pieces = [shape for pair in zip(shapes, biases, strict=True) for shape in pair]
    ends = np.cumsum([math.prod(shape) for shape in pieces])
    numbers = jax.random.normal(key, (int(ends[-1]),), dtype)
    arrays = [piece.reshape(shape) for piece, shape in zip(jnp.split(numbers, ends[:-1]), pieces, strict=True)]
    return [(w, b if network.bias_variance else None) for w, b in zip(arrays[::2], arrays[1::2], strict=True)]


def _layer(network: Network, parameters, linear, x: Array) -> Array:
    """sqrt(weight_variance / fan_in) linear(x, w) + sqrt(bias_variance) b."""
    w, b = parameters
    fan_in = w.size // w.shape[-1]
    z = (network.weight_variance / fan_in) ** 0.5 * linear(x, w)
    return z if b is None else z + network.bias_variance**0.5 * b


def features(
    network: Network, architecture: str, group: FiniteGroup, parameters: Parameters, x: Array
) -> Float[Array, "sample width"]:
    """The last hidden layer, which the linear output layer sees; for pooling networks after the pooling.

    Only the architecture "gcnn" makes use of `group`.
    """
    s, h = partial(network.nonlinearity, xp=jnp), x
    convolutions, dense = parameters[: len(network.filters)], parameters[len(network.filters) : -1]
    for number, layer in enumerate(convolutions):
        on_group = partial(lifting_convolution if number == 0 else group_convolution, group)
        kind = on_group if architecture == "gcnn" else correlate
        h = s(_layer(network, layer, lambda x, w, kind=kind: kind(x, w, network.padding), h))
    h = jnp.mean(h, axis=tuple(range(1, h.ndim - 1))) if convolutions else h.reshape(len(h), -1)
    for layer in dense:
        h = s(_layer(network, layer, jnp.matmul, h))
    return h


def readout(network: Network, parameters: Parameters, h: Float[Array, "sample width"]) -> Float[Array, "sample output"]:
    """The linear output layer on the features."""
    return _layer(network, parameters[-1], jnp.matmul, h)

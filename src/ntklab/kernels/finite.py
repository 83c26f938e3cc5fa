"""Networks of finite width with the architecture of a `Network`, in plain JAX: parameters, features, outputs.

NTK parametrisation: all parameters are N(0, 1), and a layer multiplies its weights by sqrt(weight_variance / fan_in)
and its bias by sqrt(bias_variance). Parameters are a list of (weights, bias), one entry per layer; bias None without.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ntklab.kernels.group_convolution import ORDER, correlate, group_convolution, lifting_convolution
from ntklab.kernels.network import Network

ARCHITECTURES = ("mlp", "cnn", "gcnn")
Parameters = list[tuple[Array, Array | None]]


def check_architecture(network: Network, architecture: str) -> None:
    """`ValueError` for an unknown name, or one that does not fit the network."""
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture={architecture!r}: one of {', '.join(ARCHITECTURES)}")
    if (architecture == "mlp") == bool(network.filters):
        raise ValueError(f"{network}: not a network for architecture={architecture!r}")


def weight_shapes(
    network: Network, architecture: str, image_shape: tuple[int, ...], width: int, outputs: int, rotations: int = ORDER
) -> list[tuple[int, ...]]:
    """Shape of every layer's weights, the channels last: (..., in, out). `image_shape` is that of one input."""
    channels, shapes = image_shape[-1], []
    for number, q in enumerate(network.filters):
        group = (rotations,) if architecture == "gcnn" and number > 0 else ()
        shapes.append((q, q, *group, channels, width))
        channels = width
    if not network.filters:
        channels = int(jnp.prod(jnp.array(image_shape)))
    for out in [width] * network.dense + [outputs]:
        shapes.append((channels, out))
        channels = out
    return shapes


def init(network: Network, shapes: list[tuple[int, ...]], key: Array, dtype: str) -> Parameters:
    """Independent N(0, 1) parameters."""
    layers = []
    for layer_key, shape in zip(jax.random.split(key, len(shapes)), shapes, strict=True):
        key_w, key_b = jax.random.split(layer_key)
        bias = jax.random.normal(key_b, shape[-1:], dtype) if network.bias_variance else None
        layers.append((jax.random.normal(key_w, shape, dtype), bias))
    return layers


def _layer(network: Network, parameters, linear, x: Array) -> Array:
    """sqrt(weight_variance / fan_in) linear(x, w) + sqrt(bias_variance) b."""
    w, b = parameters
    fan_in = w.size // w.shape[-1]
    z = (network.weight_variance / fan_in) ** 0.5 * linear(x, w)
    return z if b is None else z + network.bias_variance**0.5 * b


def features(network: Network, architecture: str, parameters: Parameters, x: Array) -> Float[Array, "sample width"]:
    """The last hidden layer, which the linear output layer sees; for pooling networks after the pooling."""
    s, h = network.nonlinearity.function, x
    convolutions, dense = parameters[: len(network.filters)], parameters[len(network.filters) : -1]
    for number, layer in enumerate(convolutions):
        kind = correlate if architecture == "cnn" else lifting_convolution if number == 0 else group_convolution
        h = s(_layer(network, layer, lambda x, w, kind=kind: kind(x, w, network.padding), h))
    h = jnp.mean(h, axis=tuple(range(1, h.ndim - 1))) if convolutions else h.reshape(len(h), -1)
    for layer in dense:
        h = s(_layer(network, layer, jnp.matmul, h))
    return h


def outputs(network: Network, architecture: str, parameters: Parameters, x: Array) -> Float[Array, "sample output"]:
    """The network's outputs."""
    return _layer(network, parameters[-1], jnp.matmul, features(network, architecture, parameters, x))

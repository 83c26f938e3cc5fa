"""Networks composed of neural-tangents layers: slow, spatially resolved, and independent of the fast kernels.

The tests and the table of identities compare the fast kernels with these.
"""

from functools import partial

import jax.numpy as jnp

from ntklab.groups import FiniteGroup
from ntklab.kernels import stax_layers as stax
from ntklab.network import Network

QUADRATURE = 50
"""Degree of neural-tangents' quadrature for activations of which it has no closed form."""


def _activation(network: Network):
    """The layer of neural-tangents for the network's nonlinearity."""
    s = network.nonlinearity
    if s.slopes:
        return stax.LeakyRelu(s.slopes[0])
    layers = {"erf": stax.Erf, "gelu": stax.Gelu, "sin": stax.Sin, "identity": stax.Identity}
    return layers[s.name]() if s.name in layers else stax.ElementwiseNumerical(partial(s, xp=jnp), deg=QUADRATURE)


def _deviations(network: Network) -> dict:
    """Keyword arguments of every layer with weights."""
    return {"W_std": network.weight_variance**0.5, "b_std": network.bias_variance**0.5 or None}


def _head(network: Network, width: int, outputs: int) -> list:
    """Hidden dense layers and the linear output."""
    hidden = [stax.Dense(width, **_deviations(network)), _activation(network)] * network.dense
    return [*hidden, stax.Dense(outputs, **_deviations(network))]


def gcnn_layers(
    network: Network,
    group: str | FiniteGroup = "c4",
    *,
    width: int = 1,
    outputs: int = 1,
    support: int | None = None,
    theta0: str = "zero",
) -> tuple:
    """(init, apply, kernel) of the group-convolutional network; `support` is that of the group filters, None: the group."""
    options = _deviations(network) | {"padding": network.padding, "group": group}
    layers = []
    for number, q in enumerate(network.filters):
        if number == 0:
            layers.append(stax.LiftingConv(width, q, theta0=theta0, **options))
        else:
            layers.append(stax.GroupConv(width, q, support=support, **options))
        layers.append(_activation(network))
    return stax.serial(*layers, stax.GroupPool(), stax.GlobalAvgPool(), *_head(network, width, outputs))


def cnn_layers(network: Network, *, width: int = 1, outputs: int = 1) -> tuple:
    """(init, apply, kernel) of the plain convolutional network, of neural-tangents layers only."""
    options = _deviations(network) | {"padding": network.padding}
    layers = [layer for q in network.filters for layer in (stax.Conv(width, (q, q), **options), _activation(network))]
    return stax.serial(*layers, stax.GlobalAvgPool(), *_head(network, width, outputs))


def mlp_layers(network: Network, *, width: int = 1, outputs: int = 1) -> tuple:
    """(init, apply, kernel) of the fully connected network, of neural-tangents layers only."""
    return stax.serial(stax.Flatten(), *_head(network, width, outputs))

"""One finite network at some inputs, in JAX: outputs, gradients, NTK, and how training moves it.

All functions are of a single network and are mapped over many. Layer 1 is held as its preactivations at all inputs, training
inputs first: they are all that depends on its weights, they are exactly Gaussian, and the dimension of the inputs drops out.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntklab.activations import Activation
from ntklab.finite_width.architecture import Architecture

DEPENDENT = 1e-5
"""What is left of a vector, relative to it, below which it counts as lying in the span of others: some roundings of float32."""


@dataclass(frozen=True)
class Program:
    """Everything that decides which computation is compiled: networks with one output, and `inputs` of which the first
    `training` are trained on."""

    activation: Activation
    architecture: Architecture
    inputs: int
    training: int

    @property
    def sizes(self) -> list[tuple[int, ...]]:
        """Shapes of the standard normal numbers that a network is made of."""
        widths = self.architecture.widths
        hidden = [shape for n, m in zip(widths[1:], widths, strict=False) for shape in ((n, m), (n,))]
        return [(self.inputs, widths[0]), *hidden, (widths[-1],), (1,)]

    @property
    def numbers(self) -> int:
        """How many they are."""
        return sum(map(math.prod, self.sizes))


class Weights(NamedTuple):
    """A network. Hidden weights and biases are those of layers 2 to depth - 1."""

    first: Float[Array, "input n1"]
    hidden: tuple[Array, ...]
    biases: tuple[Array, ...]
    last: Float[Array, " n"]
    last_bias: Float[Array, ""]


class Gradients(NamedTuple):
    """The derivative of the output at input a by the weight from neuron j to neuron i of layer l + 1 is
    backward[l][a, i] forward[l - 1][a, j] / sqrt(width); backward[l][a, i] itself is that by the bias."""

    output: Float[Array, " input"]
    forward: tuple[Array, ...]
    backward: tuple[Array, ...]


def network(program: Program, root: Float[Array, "input input"], numbers: Float[Array, " number"]) -> Weights:
    """Weights from standard normal numbers; `root` is a square root of K of layer 1."""
    a = program.architecture
    ends = np.cumsum([math.prod(shape) for shape in program.sizes])
    parts = [part.reshape(shape) for part, shape in zip(jnp.split(numbers, ends[:-1]), program.sizes, strict=True)]
    layers = range(1, a.depth - 1)
    return Weights(
        root @ parts[0],
        tuple(math.sqrt(a.c_w[layer]) * parts[2 * layer - 1] for layer in layers),
        tuple(math.sqrt(a.c_b[layer]) * parts[2 * layer] for layer in layers),
        math.sqrt(a.c_w[-1]) * parts[-2],
        math.sqrt(a.c_b[-1]) * parts[-1][0],
    )


def gradients(program: Program, weights: Weights, inputs: int) -> Gradients:
    """At the first `inputs` inputs."""
    a = program.architecture
    values, slopes = program.activation.derivatives(weights.first[:inputs], 1, jnp)
    forward, all_slopes = [values], [slopes]
    for width, W, bias in zip(a.widths, weights.hidden, weights.biases, strict=False):
        values, slopes = program.activation.derivatives((W @ values.T).T / math.sqrt(width) + bias, 1, jnp)
        forward.append(values)
        all_slopes.append(slopes)
    backward = [all_slopes[-1] * weights.last / math.sqrt(a.widths[-1])]
    for width, W, slopes in zip(a.widths[-2::-1], weights.hidden[::-1], all_slopes[-2::-1], strict=True):
        backward.append(slopes * (backward[-1] @ W) / math.sqrt(width))
    output = values @ weights.last / math.sqrt(a.widths[-1]) + weights.last_bias
    return Gradients(output, tuple(forward), tuple(backward[::-1]))


def ntk(program: Program, theta: Float[Array, "input input"], at: Gradients) -> Float[Array, "point point"]:
    """sum over parameters of the products of derivatives, weighted by learning-rate factors; `theta` is that of layer 1."""
    a, points = program.architecture, len(at.output)
    feeding = [
        a.lambda_b[layer] + a.lambda_w[layer] * (values @ values.T) / width
        for layer, (values, width) in enumerate(zip(at.forward, a.widths, strict=True), 1)
    ]
    below = [theta[:points, :points], *feeding[:-1]]
    return feeding[-1] + sum(part * (back @ back.T) for part, back in zip(below, at.backward, strict=True))


def move(program: Program, theta: Float[Array, "input input"], weights: Weights, along: list) -> Weights:
    """Step down the gradients: `along` are pairs (gradients at training inputs, coefficient of each input), and parameters
    change by minus learning-rate factor x sum of coefficient x derivative."""
    a = program.architecture
    r = jnp.concatenate([coefficient for _, coefficient in along])
    forward = [jnp.concatenate(parts) for parts in zip(*(at.forward for at, _ in along), strict=True)]
    backward = [r[:, None] * jnp.concatenate(parts) for parts in zip(*(at.backward for at, _ in along), strict=True)]
    layers = range(1, a.depth - 1)
    scale = [factor / math.sqrt(width) for factor, width in zip(a.lambda_w[1:], a.widths, strict=True)]
    return Weights(
        weights.first - jnp.tile(theta[:, : program.training], len(along)) @ backward[0],
        tuple(W - scale[k - 1] * (backward[k].T @ forward[k - 1]) for k, W in zip(layers, weights.hidden, strict=True)),
        tuple(b - a.lambda_b[k] * backward[k].sum(0) for k, b in zip(layers, weights.biases, strict=True)),
        weights.last - scale[-1] * (r @ forward[-1]),
        weights.last_bias - a.lambda_b[-1] * r.sum(),
    )


def orthonormal(vectors: Float[Array, "k n"]) -> Float[Array, "k n"]:
    """Orthonormal rows that span the given ones, in their order; zero where one depends on those before (Gram-Schmidt, twice)."""

    def add(k, basis):
        vector = vectors[k]
        rest = vector - (basis @ vector) @ basis
        rest = rest - (basis @ rest) @ basis
        size = jnp.linalg.norm(rest)
        new = size > DEPENDENT * jnp.linalg.norm(vector)
        return basis.at[k].set(jnp.where(new, rest / jnp.where(new, size, 1), 0))

    return jax.lax.fori_loop(0, len(vectors), add, jnp.zeros_like(vectors))


def reflected(program: Program, weights: Weights) -> Weights:
    """Four networks, as equally likely as the given one, with the same hidden layers; leading axis of every leaf.

    The last weights fall into a part v in the span of the last hidden layer at the training inputs, on which with the bias
    the outputs there depend, and the rest u, on which the change of the NTK in training depends mostly. The signs are (u, v),
    (-u, -v), (u, -v), (-u, v): the second has the NTK of the first and all else reversed, as the fourth of the third.
    """
    at = gradients(program, weights, program.training)
    basis = orthonormal(at.forward[-1])
    v = (basis @ weights.last) @ basis
    u = weights.last - v
    last = jnp.stack([u + v, -u - v, u - v, v - u])
    bias = weights.last_bias * jnp.array([1.0, -1.0, -1.0, 1.0], weights.last.dtype)
    four = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (4, *leaf.shape)), weights)
    return four._replace(last=last, last_bias=bias)

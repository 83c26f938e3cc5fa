"""Fully connected members in NTK parametrisation: initialisation, forward pass, NTK, gradient descent on a chunk of them.

Weights carry a leading member axis, so that one hand-written step trains a chunk of any size: 1 on a CPU, where a
member fits the cache, and many on a GPU. The first axis of a weight matrix after that is the fan-in, which makes both
products of the smallest layer fast.

NTK parametrisation without scaling operations: layer l computes sqrt(weight_variance / n_l) W x with W ~ N(0, 1) and
step size eta. Storing w = sqrt(weight_variance / n_l) W, the same gradient descent is w -= eta weight_variance / n_l dL/dw.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ntklab.errors import InputError
from ntklab.seeds import generator

relu_backward = torch.ops.aten.threshold_backward.grad_input
Weights = list[Float[Tensor, "member _fan_in _fan_out"]]


class TrainingDiverged(InputError):
    """The loss of a member is not finite, or above its value at initialisation."""


def initial_weights(
    layer_sizes: Sequence[int],
    members: Iterable[int],
    *,
    seed: int,
    experiment: str,
    weight_variance: float = 2.0,
    dtype: torch.dtype = torch.float32,
) -> Weights:
    """Scaled weights w of the given members, for layers of the given sizes (input, hidden ..., output).

    Members 2 k and 2 k + 1 are a pair: they share their weights but for the sign of the last layer's, and so that of
    their outputs at initialisation. Each is as random as any; the mean of the two has much less noise. The draw depends
    on the root seed, the experiment, the width (size of the first hidden layer) and the member's index only, and is made
    on the CPU: the same members on every device and for every sharding.
    """
    members = list(members)
    generators = [generator(seed, experiment, "pair", layer_sizes[1], member // 2) for member in members]
    weights = []
    for fan_in, fan_out in itertools.pairwise(layer_sizes):
        scale = np.sqrt(weight_variance / fan_in)
        drawn = np.stack([rng.standard_normal((fan_in, fan_out), dtype=np.float32) for rng in generators])
        weights.append(torch.from_numpy(drawn).to(dtype).mul_(scale))
    weights[-1][[member % 2 == 1 for member in members]] *= -1
    return weights


def forward(weights: Weights, x: Float[Tensor, "input pixel"]) -> Float[Tensor, "member input output"]:
    """Outputs of every member."""
    h = x.expand(len(weights[0]), *x.shape)
    for w in weights[:-1]:
        h = torch.bmm(h, w).relu_()
    return torch.bmm(h, weights[-1])


def empirical_ntk(
    weights: Weights, x: Float[Tensor, "input pixel"], weight_variance: float = 2.0
) -> Float[Tensor, "member input input"]:
    """NTK of every member on x: sum over weights of products of derivatives, trace over outputs by their number.

    Layer l contributes weight_variance / n_l times the product of two Gram matrices, of what enters it and of what
    comes back to it.
    """
    h = [x.expand(len(weights[0]), *x.shape)]
    for w in weights[:-1]:
        h.append(torch.bmm(h[-1], w).relu_())
    outputs = weights[-1].shape[-1]
    ntk = h[-1] @ h[-1].mT * (weight_variance / h[-1].shape[-1])
    for output in range(outputs):
        back = weights[-1][:, None, :, output] * (h[-1] > 0)
        for layer in range(len(weights) - 2, -1, -1):
            scale = weight_variance / (h[layer].shape[-1] * outputs)
            ntk = ntk + scale * (h[layer] @ h[layer].mT) * (back @ back.mT)
            if layer > 0:
                back = torch.bmm(back, weights[layer].mT) * (h[layer] > 0)
    return ntk


def train_chunk(
    weights: Weights,
    x: Float[Tensor, "sample pixel"],
    y: Float[Tensor, "sample output"],
    *,
    learning_rate: float,
    recorded_steps: Sequence[int],
    record: Callable[[int, Weights, Float[Tensor, " member"]], None],
    weight_variance: float = 2.0,
) -> None:
    """Full-batch gradient descent on L = 1/(2N) sum |f(x) - y|^2 (N samples), in place, for every member of a chunk.

    At each of the increasing `recorded_steps`, `record(step, weights, loss)` is called with the weights before that
    step's update and the losses; training ends with the last of them. float32 or float64, as the arguments are.
    """
    hidden, (output,) = weights[:-1], weights[-1:]
    members, samples = len(output), len(x)
    rates = [learning_rate * weight_variance / (w.shape[1] * samples) for w in weights]
    x, y = x.expand(members, *x.shape).contiguous(), y.expand(members, *y.shape)
    h = [x, *(x.new_empty(members, samples, w.shape[2]) for w in hidden)]
    delta = [torch.empty_like(layer) for layer in h[1:]]
    residual = x.new_empty(y.shape)
    recorded = set(recorded_steps)
    for step in range(recorded_steps[-1] + 1):
        for layer, w in enumerate(hidden):
            torch.bmm(h[layer], w, out=h[layer + 1]).relu_()
        torch.bmm(h[-1], output, out=residual).sub_(y)
        if step in recorded:
            record(step, weights, residual.square().sum(dim=(1, 2)) / (2 * samples))
        torch.bmm(residual, output.mT, out=delta[-1])
        output.baddbmm_(h[-1].mT, residual, alpha=-rates[-1])
        for layer in range(len(hidden) - 1, -1, -1):
            relu_backward(delta[layer], h[layer + 1], 0, grad_input=delta[layer])
            if layer > 0:
                torch.bmm(delta[layer], hidden[layer].mT, out=delta[layer - 1])
            hidden[layer].baddbmm_(h[layer].mT, delta[layer], alpha=-rates[layer])

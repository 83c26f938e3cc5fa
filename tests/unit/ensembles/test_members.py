"""The hand-written gradient descent of fully connected members, against autograd and the NTK parametrisation."""

import numpy as np
import pytest
import torch

from ntklab.ensembles.members import empirical_ntk, forward, initial_weights, train_chunk
from ntklab.kernels import Network, mlp_kernel

WEIGHT_VARIANCE = 2.0


def weights_of(sizes, members=(0,), dtype=torch.float64):
    return initial_weights(sizes, members, seed=3, experiment="test", weight_variance=WEIGHT_VARIANCE, dtype=dtype)


def autograd_descent(weights, x, y, learning_rate: float, steps: int):
    """The same training of W, with w = sqrt(weight_variance / fan_in) W, by automatic differentiation."""
    scales = [np.sqrt(WEIGHT_VARIANCE / w.shape[0]) for w in weights]
    full = [(w / scale).requires_grad_() for w, scale in zip(weights, scales, strict=True)]
    for _ in range(steps):
        h = x
        for layer, (w, scale) in enumerate(zip(full, scales, strict=True)):
            h = h @ (scale * w)
            h = torch.relu(h) if layer < len(full) - 1 else h
        loss = (h - y).square().sum() / (2 * len(x))
        gradients = torch.autograd.grad(loss, full)
        with torch.no_grad():
            for w, gradient in zip(full, gradients, strict=True):
                w -= learning_rate * gradient
    return [(scale * w).detach() for w, scale in zip(full, scales, strict=True)]


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("outputs", [1, 3])
def test_a_hundred_steps_equal_autograd(depth, outputs, rng):
    sizes = [6, *[16] * depth, outputs]
    members = [0, 1, 4]
    x, y = torch.from_numpy(rng.normal(size=(20, 6))), torch.from_numpy(rng.normal(size=(20, outputs)))
    expected = [autograd_descent([w[0] for w in weights_of(sizes, [m])], x, y, 0.1, 100) for m in members]
    weights = weights_of(sizes, members)
    train_chunk(weights, x, y, learning_rate=0.1, recorded_steps=[0, 99], record=lambda *_: None)
    for row, of_member in enumerate(expected):
        for ours, theirs in zip(weights, of_member, strict=True):
            torch.testing.assert_close(ours[row], theirs, rtol=1e-12, atol=1e-13)


def test_the_recorded_loss_is_the_one_that_is_descended(rng):
    x, y = torch.from_numpy(rng.normal(size=(20, 6))), torch.from_numpy(rng.normal(size=(20, 1)))
    recorded = {}

    def record(step, weights, loss):
        own = (forward(weights, x) - y).square().sum(dim=(1, 2)) / 40
        torch.testing.assert_close(loss, own)
        recorded[step] = loss

    train_chunk(weights_of([6, 16, 1]), x, y, learning_rate=0.1, recorded_steps=[0, 5, 50], record=record)
    assert list(recorded) == [0, 5, 50]
    assert recorded[50] < recorded[5] < recorded[0]


@pytest.mark.parametrize("depth", [1, 2])
def test_initial_outputs_have_the_variance_of_the_ntk_parametrisation(depth, rng):
    """With weight variance 2 and ReLU, E f(x)^2 = 2 |x|^2 / n_0 at every width."""
    x = torch.from_numpy(rng.normal(size=(1, 6)))
    members = 4000
    squares = forward(weights_of([6, *[32] * depth, 1], range(0, 2 * members, 2)), x)[:, 0, 0].square().numpy()
    expected = 2 * float(x.square().mean())
    assert abs(squares.mean() - expected) < 4 * squares.std() / np.sqrt(members)


@pytest.mark.parametrize("sizes", [[4, 8, 1], [6, 5, 7, 1], [5, 7, 7, 7, 3]])
def test_the_empirical_ntk_is_that_of_autograd(sizes, rng):
    x, weights = torch.from_numpy(rng.normal(size=(4, sizes[0]))), weights_of(sizes, [0, 1, 5])
    leaves = [w.requires_grad_() for w in weights]
    outputs = forward(leaves, x)
    expected = torch.zeros(3, 4, 4, dtype=torch.float64)
    for output in range(sizes[-1]):
        rows = [torch.autograd.grad(outputs[:, i, output].sum(), leaves, retain_graph=True) for i in range(4)]
        for w, *of_inputs in zip(leaves, *rows, strict=True):
            gradients = torch.stack([gradient.flatten(1) for gradient in of_inputs], dim=1)
            expected += WEIGHT_VARIANCE / (w.shape[1] * sizes[-1]) * gradients @ gradients.mT
    found = empirical_ntk([w.detach() for w in weights], x, WEIGHT_VARIANCE)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_the_analytic_ntk_is_the_mean_of_the_members_empirical_ntk(rng):
    """Exact at every width for one hidden layer, so a small width and many draws decide; partners have the same NTK."""
    x, draws = rng.normal(size=(3, 2, 2)), 3000
    weights = weights_of([4, 8, 1], range(0, 2 * draws, 2))
    ntk = empirical_ntk(weights, torch.from_numpy(x.reshape(3, -1)), WEIGHT_VARIANCE).numpy()
    z = (ntk.mean(axis=0) - mlp_kernel(Network(dense=1, weight_variance=2.0), x, x).ntk) / (
        ntk.std(axis=0) / np.sqrt(draws)
    )
    assert np.abs(z).max() < 4


def test_partners_have_opposite_outputs_and_the_same_ntk(rng):
    x = torch.from_numpy(rng.normal(size=(5, 6)))
    weights = weights_of([6, 16, 16, 2], range(6))
    outputs, ntk = forward(weights, x), empirical_ntk(weights, x)
    torch.testing.assert_close(outputs[1::2], -outputs[::2])
    torch.testing.assert_close(ntk[1::2], ntk[::2])
    assert (outputs[0] - outputs[2]).abs().max() > 0.1
    torch.testing.assert_close(forward(weights_of([6, 16, 16, 2], [3]), x)[0], outputs[3])

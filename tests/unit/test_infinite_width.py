"""Analytic kernels against finite networks, and closed-form training against iteration, flow and sampling."""

import numpy as np
import pytest
import torch
from jax.experimental import enable_x64

from ntklab.ensembles.members import forward, initial_weights
from ntklab.groups import cyclic
from ntklab.kernels import Dynamics, Network, mlp_kernel
from ntklab.kernels._neural_tangents import nt
from ntklab.kernels.mean_prediction import (
    critical_learning_rate,
    mean_prediction,
    orbit_covariance,
    spectrum,
)

DEPTH = 2
STEPS = [0, 1, 7, 60, 400]


@pytest.fixture
def problem(rng):
    """Kernels of six training and four test inputs, targets, and a stable learning rate."""
    x, z = rng.normal(size=(6, 3, 3)), rng.normal(size=(4, 3, 3))
    both = mlp_kernel(Network(dense=DEPTH, weight_variance=2.0), np.concatenate([x, z]), np.concatenate([x, z]))
    eigen = spectrum(both.ntk[:6, :6])
    return both, eigen, rng.normal(size=(6, 2)), 0.8 * critical_learning_rate(eigen.eigenvalues)


def relu_step(k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Arc-cosine kernels of degree 1 and 0, times weight variance 2."""
    norm = np.sqrt(np.outer(np.diag(k), np.diag(k)))
    angle = np.arccos(np.clip(k / norm, -1, 1))
    return norm * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi, (np.pi - angle) / np.pi


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_kernels_equal_the_arc_cosine_recursion(depth, rng):
    x = rng.normal(size=(5, 2, 2))
    flat = x.reshape(5, -1)
    k = theta = 2 * flat @ flat.T / 4
    for _ in range(depth):
        k, derivative = relu_step(k)
        theta = k + theta * derivative
    ours = mlp_kernel(Network(dense=depth, weight_variance=2.0), x, x)
    # arccos is good to the square root of the rounding unit at coincident inputs, the diagonal.
    np.testing.assert_allclose(ours.nngp, k, rtol=1e-7)
    np.testing.assert_allclose(ours.ntk, theta, rtol=1e-7)


def test_the_analytic_ntk_is_the_mean_of_the_members_empirical_ntk(rng):
    """Exact at every width for one hidden layer, so a small width and many draws decide."""
    x = rng.normal(size=(3, 2, 2))
    flat, draws = torch.from_numpy(x.reshape(3, -1)), 3000
    weights = initial_weights([4, 8, 1], range(draws), seed=1, experiment="test", dtype=torch.float64)
    scales = [2 / w.shape[1] for w in weights]
    leaves = [w.requires_grad_() for w in weights]
    rows = [torch.autograd.grad(forward(leaves, flat)[:, i].sum(), leaves) for i in range(3)]
    ntk = np.array(
        [
            [
                sum(s * (a * b).sum(dim=(1, 2)) for s, a, b in zip(scales, row, column, strict=True)).numpy()
                for column in rows
            ]
            for row in rows
        ]
    )
    z = (ntk.mean(axis=-1) - mlp_kernel(Network(dense=1, weight_variance=2.0), x, x).ntk) / (
        ntk.std(axis=-1) / np.sqrt(draws)
    )
    assert np.abs(z).max() < 4


def test_the_mean_equals_iterated_gradient_descent(problem):
    both, eigen, y, rate = problem
    theta = both.ntk[:, :6]
    f, iterated = np.zeros((10, 2)), []
    for step in range(STEPS[-1] + 1):
        if step in STEPS:
            iterated.append(f.copy())
        f = f - rate / 6 * theta @ (f[:6] - y)
    ours = mean_prediction(eigen, theta, y, STEPS, rate)
    np.testing.assert_allclose(ours, np.stack(iterated), rtol=1e-11, atol=1e-12)


def test_the_covariance_equals_iterated_gradient_descent(problem):
    """f_k is a linear map of f_0; the covariance is that map applied to K on both sides."""
    both, eigen, _, rate = problem
    update = np.eye(10)
    update[:, :6] -= rate / 6 * both.ntk[:, :6]
    expected = []
    for step in STEPS:
        power = np.linalg.matrix_power(update, step)
        full = power @ both.nngp @ power.T
        expected.append([full[6:8, 6:8], full[8:, 8:]])
    ntk, nngp = (kernel[6:, :6].reshape(2, 2, 6) for kernel in (both.ntk, both.nngp))
    own = np.stack([both.nngp[6:8, 6:8], both.nngp[8:, 8:]])
    ours = orbit_covariance(eigen, ntk, both.nngp[:6, :6], nngp, own, STEPS, rate)
    np.testing.assert_allclose(ours, np.array(expected), rtol=1e-10, atol=1e-11)


def test_small_steps_tend_to_the_flow_of_neural_tangents(problem):
    """neural-tangents' time is learning rate times steps, its loss the mean over samples and outputs."""
    both, eigen, y, _ = problem
    rate, outputs = 1e-4, y.shape[1]
    steps = [100, 10_000, 1_000_000]
    with enable_x64():
        predict = nt.predict.gradient_descent_mse(both.ntk[:6, :6], y, learning_rate=rate)
        flow = [np.asarray(predict(k * outputs, 0.0, 0.0, both.ntk[6:, :6])[1]) for k in steps]
    ours = mean_prediction(eigen, both.ntk[6:, :6], y, steps, rate)
    np.testing.assert_allclose(ours, np.stack(flow), rtol=1e-3, atol=1e-5)


def test_the_learned_fraction_of_a_vanishing_eigenvalue_is_finite():
    eigenvalues = np.array([-1e-17, 0.0, 1e-3, 1.0, 2.0])
    fraction = Dynamics(1.0).learned_fraction(eigenvalues, 50, 5)
    assert fraction[:2] == pytest.approx(50 / 5)
    np.testing.assert_allclose(fraction[2:], (1 - (1 - eigenvalues[2:] / 5) ** 50) / eigenvalues[2:], rtol=1e-12)


def test_duplicate_inputs_do_no_harm(rng):
    x = rng.normal(size=(3, 2, 2))
    x = np.concatenate([x, x])
    kernel = mlp_kernel(Network(dense=1, weight_variance=2.0), x, x)
    y = np.tile(rng.normal(size=(3, 1)), (2, 1))
    eigen = spectrum(kernel.ntk)
    mean = mean_prediction(eigen, kernel.ntk, y, [10**7], 0.5 * critical_learning_rate(eigen.eigenvalues))
    np.testing.assert_allclose(mean[0], y, atol=1e-6)


def test_the_mean_is_invariant_with_augmentation_and_not_without(rng):
    group, spins, test = cyclic(4), rng.choice([-1.0, 1.0], size=(8, 5, 5)), rng.normal(size=(6, 5, 5))
    y = rng.normal(size=(8, 1))
    orbits = group.orbit(test).reshape(-1, 5, 5)

    def violation(x: np.ndarray, targets: np.ndarray) -> np.ndarray:
        eigen = spectrum(mlp_kernel(Network(dense=DEPTH, weight_variance=2.0), x, x).ntk)
        rate = 0.8 * critical_learning_rate(eigen.eigenvalues)
        mean = mean_prediction(
            eigen, mlp_kernel(Network(dense=DEPTH, weight_variance=2.0), orbits, x).ntk, targets, STEPS[1:], rate
        )
        mean = mean.reshape(len(STEPS) - 1, 6, 4)
        return np.ptp(mean, axis=-1).max(axis=1) / np.sqrt(np.square(mean).mean(axis=(1, 2)))

    augmented = violation(group.orbit(spins).reshape(-1, 5, 5), np.repeat(y, 4, axis=0))
    assert augmented.max() < 1e-10
    assert violation(spins, y).min() > 0.1

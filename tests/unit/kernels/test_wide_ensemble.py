"""Mean and covariance during training in closed form, against iteration, flow and symmetry."""

import numpy as np
import pytest
from jax import enable_x64
from scipy.linalg import expm

from ntklab.groups import cyclic
from ntklab.kernels import (
    Dynamics,
    Network,
    augmented_gram,
    cnn_kernel,
    gcnn_kernel,
    mlp_kernel,
)
from ntklab.kernels._neural_tangents import nt
from ntklab.kernels.augmented import augmented_solve, augmented_spectrum
from ntklab.kernels.wide_ensemble import (
    critical_learning_rate,
    mean_prediction,
    orbit_covariance,
    prediction_covariance,
    spectrum,
)

pytestmark = pytest.mark.usefixtures("unoptimised")

DEPTH = 2
STEPS = [0, 1, 7, 60, 400]


@pytest.fixture
def problem(rng):
    """Kernels of six training and four test inputs, targets, and a stable learning rate."""
    x, z = rng.normal(size=(6, 3, 3)), rng.normal(size=(4, 3, 3))
    both = mlp_kernel(Network(dense=DEPTH, weight_variance=2.0), np.concatenate([x, z]), np.concatenate([x, z]))
    eigen = spectrum(both.ntk[:6, :6])
    return both, eigen, rng.normal(size=(6, 2)), 0.8 * critical_learning_rate(eigen.eigenvalues)


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
    with enable_x64(True):
        predict = nt.predict.gradient_descent_mse(both.ntk[:6, :6], y, learning_rate=rate)
        flow = [np.asarray(predict(k * outputs, 0.0, 0.0, both.ntk[6:, :6])[1]) for k in steps]
    ours = mean_prediction(eigen, both.ntk[6:, :6], y, steps, rate)
    np.testing.assert_allclose(ours, np.stack(flow), rtol=1e-3, atol=1e-5)


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


RNG = np.random.default_rng(13)
TIMES = [0.0, 0.3, 10.0, 1e4, np.inf]
NETWORK = Network((3, 3), padding="CIRCULAR", weight_variance=2.0)
X, T = RNG.normal(size=(3, 5, 5, 2)), RNG.normal(size=(2, 5, 5, 2))
FACTOR = RNG.normal(size=(5, 8))
GRAM, CROSS, TARGETS = FACTOR @ FACTOR.T, RNG.normal(size=(3, 8)) @ FACTOR.T, RNG.normal(size=(5, 2))


@pytest.mark.parametrize("loss, divisor", [("mean", 5), ("sum", 1)])
@pytest.mark.parametrize("ridge", [0.0, 0.5])
def test_flow_is_the_matrix_exponential(loss, divisor, ridge):
    matrix = GRAM + ridge * np.eye(5)
    dynamics = Dynamics(0.2, kind="flow", loss=loss, ridge=ridge)
    for t, mean in zip(TIMES, mean_prediction(spectrum(GRAM), CROSS, TARGETS, TIMES, dynamics), strict=True):
        decay = np.zeros((5, 5)) if np.isinf(t) else expm(-0.2 * t / divisor * matrix)
        np.testing.assert_allclose(mean, CROSS @ np.linalg.solve(matrix, TARGETS - decay @ TARGETS), atol=1e-10)


def test_steps_are_gradient_descent_and_tend_to_the_flow():
    residual = -TARGETS
    for _ in range(7):
        residual = residual - 0.05 / 5 * GRAM @ residual
    expected = CROSS @ np.linalg.solve(GRAM, residual + TARGETS)
    np.testing.assert_allclose(mean_prediction(spectrum(GRAM), CROSS, TARGETS, [7], 0.05)[0], expected, rtol=1e-11)
    small, flow = (mean_prediction(spectrum(GRAM), CROSS, TARGETS, [1e5], Dynamics(1e-5, k)) for k in ("steps", "flow"))
    np.testing.assert_allclose(small, flow, rtol=1e-3)


def test_neural_tangents_divides_time_by_samples_times_outputs():
    with enable_x64(True):
        predict = nt.predict.gradient_descent_mse(GRAM, TARGETS)
        theirs = np.asarray(predict(10.0, 0.0, 0.0, CROSS)[1])
    ours = mean_prediction(spectrum(GRAM), CROSS, TARGETS, [10.0 / TARGETS.shape[1]], Dynamics(kind="flow"))[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_covariance_is_that_of_the_linear_map_of_initial_outputs():
    nngp = RNG.normal(size=(8, 9))
    nngp = nngp @ nngp.T
    train, cross, test = nngp[:5, :5], nngp[5:, :5], nngp[5:, 5:]
    for t in (0.0, 3.0, np.inf):
        decay = 0 if np.isinf(t) else expm(-0.1 * t / 5 * GRAM)
        weights = CROSS @ np.linalg.solve(GRAM, np.eye(5) - decay)
        both = np.hstack([-weights, np.eye(3)])
        ours = prediction_covariance(spectrum(GRAM), CROSS, train, cross, test, [t], Dynamics(0.1, "flow"))[0]
        np.testing.assert_allclose(ours, both @ nngp @ both.T, atol=1e-9)


def test_scaling_images_leaves_predictions_under_a_relative_ridge():
    """ReLU without bias is homogeneous: K and Theta scale by s^2, and so does a relative ridge."""
    predictions = []
    for scale in (1.0, 255.0):
        gram, cross = cnn_kernel(NETWORK, scale * X).ntk, cnn_kernel(NETWORK, scale * T, scale * X).ntk
        dynamics = Dynamics(ridge=1e-4 * np.diag(gram).mean())
        predictions.append(mean_prediction(spectrum(gram), cross, np.eye(3), [np.inf], dynamics))
    np.testing.assert_allclose(*predictions, rtol=1e-9)


def test_labels_that_do_not_match_and_empty_sets_are_refused():
    with pytest.raises(ValueError, match=r"targets: shape \(4, 2\); expected shape \(5, outputs\)"):
        mean_prediction(spectrum(GRAM), CROSS, TARGETS[:4], [1], 0.1)
    with pytest.raises(ValueError, match="NaN"):
        mean_prediction(spectrum(GRAM), CROSS, TARGETS * np.nan, [1], 0.1)
    with pytest.raises(ValueError, match=r"expected shape \(12, outputs\)"):
        augmented_solve("c4", np.ones((4, 3, 3)), np.ones((3, 1)))
    with pytest.raises(ValueError, match="an axis is empty"):
        spectrum(GRAM[:0, :0])
    with pytest.raises(ValueError, match="an axis is empty"):
        augmented_spectrum("c4", np.ones((4, 0, 0)))


def test_the_group_mean_is_that_of_the_augmented_network():
    x, test = RNG.normal(size=(3, 4, 4, 1)), RNG.normal(size=(2, 4, 4, 1))
    y = RNG.normal(size=(3, 2))
    network = Network((4, 1), padding="VALID", weight_variance=2.0)
    group = mean_prediction(spectrum(gcnn_kernel(network, x).ntk), gcnn_kernel(network, test, x).ntk, y, [30], 0.2)
    augmented = mean_prediction(
        spectrum(augmented_gram(network, x).ntk),
        augmented_gram(network, test, x).ntk[::4],
        y.repeat(4, axis=0),
        [30],
        0.2,
    )
    np.testing.assert_allclose(group, augmented, atol=1e-12)

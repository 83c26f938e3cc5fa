"""Closed-form training: times, losses, ridge, infinite time, singular Gram matrices, and the block-circulant route."""

import numpy as np
import pytest
from jax.experimental import enable_x64
from scipy.linalg import expm

from ntklab.groups import cyclic
from ntklab.kernels import (
    Dynamics,
    Network,
    augmented_blocks,
    augmented_from_orbit,
    cnn_kernel,
    mean_prediction,
    orbit_kernel,
)
from ntklab.kernels._neural_tangents import nt
from ntklab.kernels.circulant import circulant_mean_prediction, circulant_solve, circulant_spectrum
from ntklab.kernels.mean_prediction import prediction_covariance, spectrum

RNG = np.random.default_rng(13)
TIMES = [0.0, 0.3, 10.0, 1e4, np.inf]
NETWORK = Network((3, 3), padding="CIRCULAR", weight_variance=2.0)
X, T = RNG.normal(size=(3, 5, 5, 2)), RNG.normal(size=(2, 5, 5, 2))
SYMMETRIC = sum(cyclic(4).act(g, X) for g in range(4)) / 4
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
    with enable_x64():
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


@pytest.fixture(scope="module")
def orbits():
    """Augmented blocks and dense augmented matrices of train-train and test-train, in that order."""
    kernels = [orbit_kernel(NETWORK, X), orbit_kernel(NETWORK, T, X)]
    return [(augmented_blocks(NETWORK, b).ntk, augmented_from_orbit(NETWORK, b).ntk) for b in kernels]


@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["steps", "flow"])
def test_circulant_training_is_training_with_the_dense_augmented_gram(orbits, kind, ridge):
    (blocks, gram), (test_blocks, cross) = orbits
    targets, dynamics = RNG.normal(size=(12, 2)), Dynamics(0.5, kind, ridge=ridge)
    dense = mean_prediction(spectrum(gram), cross[::4], targets, TIMES, dynamics)
    fast = circulant_mean_prediction(circulant_spectrum(blocks), test_blocks, targets, TIMES, dynamics)
    np.testing.assert_allclose(fast, dense, atol=1e-11)
    solution = circulant_solve(blocks, targets, ridge)
    np.testing.assert_allclose(gram @ solution + ridge * solution, targets, atol=1e-11)


@pytest.mark.parametrize("images", [SYMMETRIC, np.concatenate([X, X[:1]])], ids=["symmetric images", "duplicates"])
def test_singular_gram_matrices_give_no_nan_and_fit_consistent_labels(images):
    """Rotation-symmetric images make all four rows of an orbit equal; duplicates make two orbits equal."""
    orbit = orbit_kernel(NETWORK, images)
    blocks, gram = augmented_blocks(NETWORK, orbit).ntk, augmented_from_orbit(NETWORK, orbit).ntk
    assert np.linalg.matrix_rank(gram, hermitian=True) < len(gram)
    labels = RNG.normal(size=(3, 1))[np.arange(len(images)) % 3].repeat(4, axis=0)
    dense = mean_prediction(spectrum(gram), gram, labels, TIMES, Dynamics(kind="flow"))
    fast = circulant_mean_prediction(circulant_spectrum(blocks), blocks, labels, TIMES, Dynamics(kind="flow"))
    for mean in (dense, fast, gram @ circulant_solve(blocks, labels)):
        assert np.all(np.isfinite(mean))
    np.testing.assert_allclose(fast, dense[:, ::4], atol=1e-9)
    np.testing.assert_allclose(dense[-1], labels, atol=1e-9)
    np.testing.assert_allclose(gram @ circulant_solve(blocks, labels), labels, atol=1e-9)


def test_scaling_images_leaves_predictions_under_a_relative_ridge():
    """ReLU without bias is homogeneous: K and Theta scale by s^2, and so does a relative ridge."""
    predictions = []
    for scale in (1.0, 255.0):
        gram, cross = cnn_kernel(NETWORK, scale * X).ntk, cnn_kernel(NETWORK, scale * T, scale * X).ntk
        dynamics = Dynamics(ridge=1e-4 * np.diag(gram).mean())
        predictions.append(mean_prediction(spectrum(gram), cross, np.eye(3), [np.inf], dynamics))
    np.testing.assert_allclose(*predictions, rtol=1e-9)


def test_labels_that_do_not_match_and_empty_sets_are_refused():
    with pytest.raises(ValueError, match=r"targets: expected shape \(5, outputs\), got \(4, 2\)"):
        mean_prediction(spectrum(GRAM), CROSS, TARGETS[:4], [1], 0.1)
    with pytest.raises(ValueError, match="NaN"):
        mean_prediction(spectrum(GRAM), CROSS, TARGETS * np.nan, [1], 0.1)
    with pytest.raises(ValueError, match=r"expected shape \(12, outputs\)"):
        circulant_solve(np.ones((4, 3, 3)), np.ones((3, 1)))
    with pytest.raises(ValueError, match="no samples"):
        spectrum(GRAM[:0, :0])
    with pytest.raises(ValueError, match="no samples"):
        circulant_spectrum(np.ones((4, 0, 0)))


@pytest.mark.parametrize("arguments", [{"kind": "newton"}, {"loss": "hinge"}, {"learning_rate": 0.0}, {"ridge": -1.0}])
def test_unknown_dynamics_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Dynamics(**arguments)

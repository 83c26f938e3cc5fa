"""`predict` against the same written out on the augmented training set, and against sampled networks."""

import jax
import numpy as np
import pytest
import torch

import ntklab
from ntklab.errors import InputError
from ntklab.groups import group
from ntklab.kernels import Dynamics, Network, augmented_gram, cnn_kernel, gcnn_kernel, mean_prediction, mlp_kernel
from ntklab.kernels.prediction import predict
from ntklab.kernels.wide_ensemble import prediction_covariance, spectrum

RNG = np.random.default_rng(0)
X, X_TEST = RNG.standard_normal((5, 4, 4, 2)), RNG.standard_normal((3, 4, 4, 2))
Y = RNG.standard_normal((5, 2))
TIMES = (3, 50, np.inf)
DENSE = Network(dense=2, nonlinearity="relu", weight_variance=2.0, bias_variance=0.1)
CONVOLUTIONAL = Network(filters=(3, 2), dense=1, nonlinearity="relu", padding="CIRCULAR", weight_variance=2.0)
GROUPS = ("c2", "c4", "d1", "d4")


def written_out(kernel, x, y, x_test, times, dynamics):
    """Mean and variance from Gram matrices."""
    train, cross, test = kernel(x), kernel(x_test, x), kernel(x_test)
    eigen = spectrum(train.ntk)
    mean = mean_prediction(eigen, cross.ntk, y, times, dynamics)
    covariance = prediction_covariance(eigen, cross.ntk, train.nngp, cross.nngp, test.nngp, times, dynamics)
    return mean, np.diagonal(covariance, axis1=1, axis2=2)


def agree(prediction, mean, variance):
    np.testing.assert_allclose(prediction.mean, mean, atol=1e-10 * np.abs(mean).max())
    np.testing.assert_allclose(prediction.variance, variance, atol=1e-10 * np.abs(variance).max())


@pytest.mark.parametrize("network", [DENSE, CONVOLUTIONAL], ids=["dense", "convolutional"])
def test_plain_networks(network):
    kernel = mlp_kernel if network is DENSE else cnn_kernel
    dynamics = Dynamics(0.2, ridge=0.01)
    mean, variance = written_out(lambda x, z=None: kernel(network, x, z), X, Y, X_TEST, TIMES, dynamics)
    prediction = predict(network, X, Y, X_TEST, times=TIMES, learning_rate=0.2, ridge=0.01)
    assert prediction.mean.shape == (3, 3, 2) and prediction.variance.shape == (3, 3)
    agree(prediction, mean, variance)


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("network", [DENSE, CONVOLUTIONAL], ids=["dense", "convolutional"])
def test_augmentation_is_training_on_the_orbits(network, name):
    acting = group(name)
    kernel = mlp_kernel if network is DENSE else cnn_kernel
    orbits, targets = acting.orbit(X).reshape(-1, 4, 4, 2), np.repeat(Y, acting.order, axis=0)
    dynamics = Dynamics(0.2)
    expected = written_out(lambda x, z=None: kernel(network, x, z), orbits, targets, X_TEST, TIMES, dynamics)
    agree(predict(network, X, Y, X_TEST, group=name, times=TIMES, learning_rate=dynamics), *expected)


@pytest.mark.parametrize("network", [DENSE, CONVOLUTIONAL], ids=["dense", "convolutional"])
def test_augmented_networks_are_invariant_and_plain_ones_are_not(network):
    options = {"times": TIMES, "learning_rate": 0.2, "orbits": "d4"}
    augmented = predict(network, X, Y, X_TEST, group=group("d4"), **options)
    assert augmented.mean.shape == (3, 3, 8, 2) and augmented.variance.shape == (3, 3, 8)
    assert np.ptp(augmented.mean, axis=2).max() < 1e-10
    assert np.ptp(augmented.variance, axis=2).max() < 1e-10
    plain = predict(network, X, Y, X_TEST, **options)
    assert np.ptp(plain.mean, axis=2).max() > 1e-2
    # Off the identity too it is the prediction at the transformed input.
    moved = group("d4").act(5, X_TEST)
    np.testing.assert_allclose(
        plain.mean[:, :, 5], predict(network, X, Y, moved, times=TIMES, learning_rate=0.2).mean, atol=1e-12
    )


def test_group_convolutional_networks():
    dynamics = Dynamics(0.2)
    expected = written_out(
        lambda x, z=None: gcnn_kernel(CONVOLUTIONAL, x, z, group="d4"), X, Y, X_TEST, TIMES, dynamics
    )
    options = {"group": "d4", "method": "convolution"}
    agree(predict(CONVOLUTIONAL, X, Y, X_TEST, times=TIMES, learning_rate=dynamics, **options), *expected)
    assert np.ptp(predict(CONVOLUTIONAL, X, Y, X_TEST, orbits="d4", **options).mean, axis=2).max() < 1e-10


def test_augmentation_and_group_convolutions_have_one_mean_and_their_own_variance():
    """E2, theorem on augmentation: a linear head, and the ridge times the order of the group."""
    network = Network(filters=(3,), padding="CIRCULAR", weight_variance=2.0)
    augmented = predict(network, X, Y, X_TEST, group="c4", ridge=0.4)
    convolution = predict(network, X, Y, X_TEST, group="c4", method="convolution", ridge=0.1)
    np.testing.assert_allclose(augmented.mean, convolution.mean, atol=1e-10)
    assert np.all(augmented.variance[0] > convolution.variance[0])


def test_the_augmented_gram_matrix_in_full_says_the_same():
    """Not through the kernel function, but through the matrix that the theorem on augmentation gives."""
    network = Network(filters=(3,), padding="SAME", weight_variance=2.0)
    gram = augmented_gram(network, X, group="d2").ntk
    cross = augmented_gram(network, X_TEST, X, group="d2").ntk[::4]
    expected = cross @ np.linalg.solve(gram + 0.1 * np.eye(20), np.repeat(Y, 4, axis=0))
    np.testing.assert_allclose(predict(network, X, Y, X_TEST, group="d2", ridge=0.1).mean[0], expected, atol=1e-10)


def test_sampled_networks_have_that_mean_and_variance():
    """Networks of width 512, linearised and trained to the end: f_0 - A (f_0(X) - y) with their own NTK, 400 of them.

    Standard errors of variances are 1/sqrt(200) relative; finite width adds about 1/512.
    """
    network = Network(dense=1, nonlinearity="relu", weight_variance=2.0)
    y, acting = Y[:2, 0], group("c2")
    everything = np.concatenate([X_TEST, acting.orbit(X[:2]).reshape(4, 4, 4, 2)]).reshape(7, -1)
    drawn = []
    for key in jax.random.split(jax.random.key(1), 400):
        hidden, last = jax.random.split(key)
        w = np.asarray(jax.random.normal(hidden, (everything.shape[1], 512)), float)
        v = np.asarray(jax.random.normal(last, (512,)), float)
        before = np.sqrt(2 / everything.shape[1]) * everything @ w
        h = np.maximum(before, 0)
        f = np.sqrt(2 / 512) * h @ v
        back = (before > 0) * v
        ntk = 2 / 512 * (h @ h.T) + 2 / 512 * (back @ back.T) * (2 / everything.shape[1]) * (everything @ everything.T)
        a = np.linalg.solve(ntk[3:, 3:], ntk[3:, :3]).T
        drawn.append(f[:3] - a @ (f[3:] - np.repeat(y, 2)))
    drawn = np.array(drawn)
    prediction = predict(network, X[:2], y, X_TEST, group=acting)
    mean, variance = prediction.mean[0, :, 0], prediction.variance[0]
    assert np.all(np.abs(drawn.mean(axis=0) - mean) < 4.5 * np.sqrt(variance / 400))
    assert np.all(np.abs(drawn.var(axis=0, ddof=1) / variance - 1) < 4.5 / np.sqrt(200))


def test_training_points_are_learned_and_symmetric_images_do_no_harm():
    x = np.concatenate([X[:2], np.ones((1, 4, 4, 2)), X[:1]])  # invariant, and a duplicate
    y = np.array([1.0, -1.0, 0.5, 1.0])
    for name in (None, "c4", "d4"):
        prediction = predict(DENSE, x, y, x, group=name, orbits=name)
        mean = prediction.mean[0, ..., 0]
        np.testing.assert_allclose(mean, np.broadcast_to(y.reshape(4, *[1] * (mean.ndim - 1)), mean.shape), atol=1e-9)
        assert prediction.variance.max() < 1e-9


def test_only_invariant_images():
    """All blocks but the trivial one vanish up to rounding."""
    x, test = np.array([1.0, -0.7])[:, None, None] * np.ones((1, 4, 4)), np.full((1, 4, 4), 0.3)
    augmented, plain = (predict(DENSE, x, [1.0, 2.0], test, group=name) for name in ("d4", None))
    np.testing.assert_allclose(augmented.mean, plain.mean, rtol=1e-9)
    np.testing.assert_allclose(augmented.variance, plain.variance, atol=1e-9)


def test_arrays_as_callers_have_them():
    flat, test = X.reshape(5, -1), X_TEST.reshape(3, -1)
    expected = predict(DENSE, flat, Y[:, 0], test)
    for found in (
        predict(DENSE, flat.tolist(), Y[:, 0].tolist(), test.tolist()),
        predict(DENSE, torch.tensor(flat, requires_grad=True), torch.tensor(Y[:, :1]), torch.tensor(test)),
        predict(DENSE, flat, Y[:, :1], test, times=np.inf),
        ntklab.predict(DENSE, flat, Y[:, 0], test, times=[np.inf]),
    ):
        np.testing.assert_array_equal(found.mean, expected.mean)
        np.testing.assert_array_equal(found.variance, expected.variance)
    assert predict(DENSE, flat, Y[:, 0], test.astype(np.float16)).mean.dtype == np.float64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": X[0, 0, 0, :]}, "x: shape (2,); expected shape (n, ...)"),
        ({"x": X[:0]}, "x: shape (0, 4, 4, 2): an axis is empty"),
        ({"x": X * 1j}, "x: complex numbers"),
        ({"x": np.where(X > 3, X, np.nan)}, "x: "),
        ({"y": Y[:4]}, "y: shape (4, 2); expected shape (5, outputs)"),
        ({"y": Y[0, 0]}, "y: shape ()"),
        ({"x_test": X_TEST[..., :1]}, "x_test: shape (3, 4, 4, 1); expected shape (test, 4, 4, 2)"),
        ({"group": "so3"}, "group='so3'"),
        ({"group": "c4", "x": X[:, :3], "x_test": X_TEST[:, :3]}, "x: shape (5, 3, 4, 2)"),
        ({"method": "averaging"}, "method='averaging': one of augmentation, convolution"),
        ({"group": "c4", "method": "convolution"}, "has no filters"),
        ({"times": [1.0]}, "learning_rate: missing"),
        ({"times": [-1]}, "times: [-1]"),
        ({"times": [np.nan]}, "times: [nan]"),
        ({"times": [0.5], "learning_rate": 0.1}, "steps are whole numbers"),
        ({"times": [10], "learning_rate": 100.0}, "learning_rate=100: above "),
        ({"ridge": 1.0, "learning_rate": Dynamics()}, "ridge=1.0: with a Dynamics"),
        ({"ridge": -1.0}, "ridge=-1.0 not negative"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_predicted_says_so(change, message):
    arguments = {"x": X, "y": Y, "x_test": X_TEST, **change}
    with pytest.raises(InputError) as refused:
        predict(DENSE, **arguments)
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_its_repr_is_short():
    prediction = predict(DENSE, X, Y, X_TEST, times=[10, np.inf], learning_rate=0.1, orbits="c4")
    assert repr(prediction).startswith(
        "Prediction at times 10, inf\n  mean      (time, test, element, output) = (2, 3, 4, 2)"
    )
    assert len(repr(prediction).splitlines()) == 3

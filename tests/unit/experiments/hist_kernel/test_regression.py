"""Kernels of turned images, and mean outputs of the three architectures against dense linear algebra."""

import numpy as np
import pytest

from ntklab.experiments.hist_kernel.regression import ARCHITECTURES, KERNELS, centred_one_hot, mean_outputs
from ntklab.groups import cyclic
from ntklab.kernels import Network, augmented_gram, cnn_kernel, gcnn_kernel, orbit_kernel
from ntklab.kernels.cnn import orbit_subset, turned_orbit

RNG = np.random.default_rng(23)
X, T = RNG.normal(size=(5, 5, 5, 1)), RNG.normal(size=(4, 5, 5, 1))
TURNS_X, TURNS_T = np.array([0, 1, 2, 3, 1]), np.array([3, 0, 2, 1])
LINEAR, NONLINEAR = (Network((3, 2), dense=dense, padding="VALID", bias_variance=0.1) for dense in (0, 1))
LABELS = np.array([0, 2, 1, 1, 0])
RIDGE = 1e-2


def turn(images, turns):
    return np.stack([np.rot90(image, r) for image, r in zip(images, turns, strict=True)])


def solve(gram, cross, targets, ridge):
    return cross @ np.linalg.solve(gram + ridge * np.eye(len(gram)), targets)


def test_turned_orbit_is_the_orbit_kernel_of_the_turned_images():
    fast = turned_orbit(orbit_kernel(NONLINEAR, T, X), TURNS_T, TURNS_X)
    slow = orbit_kernel(NONLINEAR, turn(T, TURNS_T), turn(X, TURNS_X))
    for a, b in zip(fast, slow, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_orbit_subset_is_the_orbit_kernel_of_the_first_images():
    for network in (LINEAR, NONLINEAR):
        for a, b in zip(
            orbit_subset(orbit_kernel(network, T, X), 3, 2), orbit_kernel(network, T[:3], X[:2]), strict=True
        ):
            assert (a is None and b is None) or np.array_equal(a, b)


@pytest.mark.parametrize("network", [LINEAR, NONLINEAR], ids=["linear", "nonlinear"])
def test_mean_outputs_are_ridge_regression_with_each_kernel(network):
    targets = centred_one_hot(LABELS, 3)
    outputs = mean_outputs(network, orbit_kernel(network, X), orbit_kernel(network, T, X), targets, RIDGE)
    assert set(outputs) == {(a, k) for a in ARCHITECTURES for k in KERNELS}
    for part, kernel in enumerate(KERNELS):
        for architecture, function in (("cnn", cnn_kernel), ("gcnn", gcnn_kernel)):
            gram, cross = function(network, X)[part], function(network, T, X)[part]
            ridge = RIDGE * np.trace(gram) / len(gram)
            expected = solve(gram, cross, targets, ridge)
            np.testing.assert_allclose(outputs[architecture, kernel], expected, atol=1e-11)
        dense = augmented_gram(network, X)[part], augmented_gram(network, T, X)[part][::4]
        expected = solve(*dense, targets.repeat(4, axis=0), 4 * ridge)
        np.testing.assert_allclose(outputs["cnn_augmented", kernel], expected, atol=1e-11)


def test_augmented_and_group_network_agree_with_a_linear_head_only():
    difference = {}
    for network in (LINEAR, NONLINEAR):
        outputs = mean_outputs(
            network, orbit_kernel(network, X), orbit_kernel(network, T, X), centred_one_hot(LABELS, 3), RIDGE
        )
        difference[network] = np.abs(outputs["cnn_augmented", "ntk"] - outputs["gcnn", "ntk"]).max()
    assert difference[LINEAR] < 1e-12 and difference[NONLINEAR] > 1e-3


def test_predictions_do_not_change_when_test_images_turn_unless_the_network_is_a_plain_cnn():
    targets = centred_one_hot(LABELS, 3)
    train = orbit_kernel(NONLINEAR, X)
    still, turned = (
        mean_outputs(NONLINEAR, train, orbit_kernel(NONLINEAR, images, X), targets, RIDGE)
        for images in (T, np.array(cyclic(4).act(1, T)))
    )
    for architecture in ARCHITECTURES:
        change = np.abs(still[architecture, "ntk"] - turned[architecture, "ntk"]).max()
        assert (change > 1e-2) if architecture == "cnn" else (change < 1e-12)


def test_targets_have_mean_zero_over_the_classes():
    targets = centred_one_hot(LABELS, 3)
    np.testing.assert_allclose(targets.sum(axis=1), 0, atol=1e-15)
    np.testing.assert_array_equal(targets.argmax(axis=1), LABELS)

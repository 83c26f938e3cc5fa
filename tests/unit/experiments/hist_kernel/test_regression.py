"""Mean outputs of the three architectures against dense linear algebra."""

from functools import partial

import numpy as np
import pytest

from ntklab.experiments.hist_kernel.regression import ARCHITECTURES, KERNELS, centred_one_hot, mean_outputs
from ntklab.groups import cyclic, group
from ntklab.kernels import Network, augmented_gram, cnn_kernel, gcnn_kernel, orbit_kernel

RNG = np.random.default_rng(23)
X, T = RNG.normal(size=(5, 5, 5, 1)), RNG.normal(size=(4, 5, 5, 1))
LINEAR, NONLINEAR = (Network((3, 2), dense=dense, padding="VALID", bias_variance=0.1) for dense in (0, 1))
LABELS = np.array([0, 2, 1, 1, 0])
RIDGE = 1e-2


def solve(gram, cross, targets, ridge):
    return cross @ np.linalg.solve(gram + ridge * np.eye(len(gram)), targets)


def outputs_of(network, targets, group):
    kernels = orbit_kernel(network, X, group=group), orbit_kernel(network, T, X, group=group)
    return mean_outputs(network, *kernels, targets, RIDGE)


@pytest.mark.parametrize("name", ["c4", "d1", "d4"])
@pytest.mark.parametrize("network", [LINEAR, NONLINEAR], ids=["linear", "nonlinear"])
def test_mean_outputs_are_ridge_regression_with_each_kernel(network, name):
    targets, order = centred_one_hot(LABELS, 3), group(name).order
    outputs = outputs_of(network, targets, name)
    assert set(outputs) == {(a, k) for a in ARCHITECTURES for k in KERNELS}
    for part, kernel in enumerate(KERNELS):
        for architecture, function in (("cnn", cnn_kernel), ("gcnn", partial(gcnn_kernel, group=name))):
            gram, cross = function(network, X)[part], function(network, T, X)[part]
            ridge = RIDGE * np.trace(gram) / len(gram)
            expected = solve(gram, cross, targets, ridge)
            np.testing.assert_allclose(outputs[architecture, kernel], expected, atol=1e-11)
        gram, cross = (augmented_gram(network, *z, group=name)[part] for z in ((X,), (T, X)))
        expected = solve(gram, cross[::order], targets.repeat(order, axis=0), order * ridge)
        np.testing.assert_allclose(outputs["cnn_augmented", kernel], expected, atol=1e-11)


@pytest.mark.parametrize("name", ["c4", "d4"])
def test_augmented_and_group_network_agree_with_a_linear_head_only(name):
    difference = {}
    for network in (LINEAR, NONLINEAR):
        outputs = outputs_of(network, centred_one_hot(LABELS, 3), name)
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

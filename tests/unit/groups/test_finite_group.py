"""Outputs of a finite group's orbits that transform trivially: targets that all elements share, and nothing to turn back."""

import numpy as np
import pytest

from ntklab.groups import REGISTRY, cyclic, group

every = pytest.mark.parametrize("name", [*REGISTRY, "c12"])


@every
def test_targets_are_shared_by_the_elements_of_an_orbit(name, rng):
    G, y = group(name), rng.normal(size=5)
    turned = G.turn_targets(y)
    assert turned.shape == (5, G.order, 1)
    for element in G.elements:
        np.testing.assert_array_equal(turned[:, element, 0], y)


@every
def test_outputs_pulled_back_are_constant_exactly_where_the_function_is_invariant(name, rng):
    G, y = group(name), rng.normal(size=5)
    pulled = G.pull_back(G.turn_targets(y))
    np.testing.assert_array_equal(pulled, np.repeat(y[:, None], G.order, axis=1))
    outputs = rng.normal(size=(7, 3, 5, G.order, 1))  # member and time before the input
    np.testing.assert_array_equal(G.pull_back(outputs), outputs[..., 0])


def test_the_covariance_of_pulled_back_outputs_is_that_of_the_outputs(rng):
    root = rng.normal(size=(3, 4, 4))
    covariance = root @ root.transpose(0, 2, 1)
    np.testing.assert_array_equal(cyclic(4).pull_back_covariance(covariance), covariance)
    samples = (root @ rng.normal(size=(20_000, 3, 4, 1)))[..., 0]
    pulled = cyclic(4).pull_back(samples[..., None])
    for x in range(3):
        scale = np.abs(np.diag(covariance[x])).max()
        np.testing.assert_allclose(
            np.cov(pulled[:, x], rowvar=False), covariance[x], atol=5 * scale * np.sqrt(2 / 20_000)
        )

"""What both methods of Gaussian expectations share: arrays of products of four, and products in any order."""

import numpy as np
import pytest

from ntklab.activations import get_activation
from ntklab.finite_width import gaussian_expectations

K = np.array([[1.0, 0.3], [0.3, 0.7]])


@pytest.mark.parametrize("name", ["gelu", "relu"])
def test_quadruples_are_the_products_at_every_index(name):
    E = gaussian_expectations(get_activation(name), K)
    patterns = [(0, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0)]
    found = E.quadruples(patterns)
    assert list(found) == patterns
    for pattern, array in found.items():
        assert array.shape == (2, 2, 2, 2)
        for index in np.ndindex(2, 2, 2, 2):
            assert array[index] == pytest.approx(E.product(zip(index, pattern, strict=True)), rel=1e-12)
    np.testing.assert_allclose(found[1, 1, 0, 0], found[1, 0, 1, 0].transpose(0, 2, 1, 3), rtol=1e-12)


@pytest.mark.parametrize("name", ["gelu", "relu"])
def test_products_of_two_are_pair_moments(name):
    E = gaussian_expectations(get_activation(name), K, 40)
    assert E.product([(1, 1), (0, 1)]) == pytest.approx(E.pair(1, 1)[0, 1], rel=1e-9)
    assert E.product([(0, 0), (0, 0)]) == pytest.approx(E.pair(0, 0)[0, 0], rel=1e-9)

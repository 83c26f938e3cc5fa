"""Cyclic groups of any order; those of quarter turns act on square grids, all others only multiply."""

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.groups import cyclic


@pytest.mark.parametrize("order", [1, 2, 4])
def test_elements_are_counter_clockwise_turns(order, rng):
    images = rng.normal(size=(3, 5, 5, 2))
    for element in cyclic(order).elements:
        turned = np.rot90(images, element * 4 // order, axes=(1, 2))
        np.testing.assert_array_equal(cyclic(order).act(element, images), turned)
    assert cyclic(order).name == f"c{order}" and len(cyclic(order).elements) == order


@pytest.mark.parametrize("order", [3, 8, 12])
def test_other_orders_multiply_but_do_not_permute_pixels(order):
    G = cyclic(order)
    assert [G.multiply(g, 1) for g in G.elements] == [*range(1, order), 0]
    assert [G.inverse(g) for g in G.elements] == [0, *range(order - 1, 0, -1)]
    message = rf"cyclic\({order}\): only rotations by multiples of 90 degrees permute pixels"
    for element in (0, 1):
        with pytest.raises(InputError, match=message):
            G.act(element, np.zeros((2, 4, 4)))
    with pytest.raises(InputError, match=message):
        G.orbit(np.zeros((2, 4, 4)))


@pytest.mark.parametrize("shape", [(2, 3, 4), (4, 4), (2, 4, 5, 4)])
def test_only_squares_are_turned(shape):
    with pytest.raises(InputError, match=r"cyclic\(4\) acts on arrays \(input, height, width, ...\) of squares, not"):
        cyclic(4).act(1, np.zeros(shape))


@pytest.mark.parametrize("order", [0, -4])
def test_a_group_has_an_element(order):
    with pytest.raises(InputError, match=rf"cyclic\({order}\): a group has at least one element"):
        cyclic(order)

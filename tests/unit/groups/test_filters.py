"""Filters at every element of a group: the taps move by the inverse, and parts of the filter lead from output to input."""

import numpy as np
import pytest

from ntklab.groups import REGISTRY, group
from ntklab.groups.filters import moved_taps, relative_elements, tap_positions


def test_filters_of_c4_are_turned_clockwise():
    """R_1 (a, b) = (b, -a) for offsets from the centre (E2 sec. 3)."""
    rows, columns = tap_positions(group("c4"), 3, 1)
    a, b = np.divmod(np.arange(9), 3)
    np.testing.assert_array_equal(rows - 1, b - 1)
    np.testing.assert_array_equal(columns - 1, -(a - 1))


@pytest.mark.parametrize("name", REGISTRY)
def test_relative_elements_lead_from_output_to_input(name):
    G = group(name)
    for g, row in enumerate(relative_elements(G)):
        assert [G.multiply(int(p), g) for p in row] == list(G.elements)


@pytest.mark.parametrize("name", REGISTRY)
def test_taps_are_those_of_the_filter_moved_by_the_inverse(name, rng):
    G, w = group(name), rng.normal(size=(1, 3, 3))
    for g, taps in enumerate(moved_taps(G, 3)):
        moved = w.ravel()[taps].reshape(1, 3, 3)
        np.testing.assert_array_equal(G.act(g, moved), w)
        rows, columns = tap_positions(G, 3, g)
        np.testing.assert_array_equal(moved[0, rows, columns], w.ravel())

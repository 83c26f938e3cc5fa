"""Cyclic groups of any order, of which those of quarter turns act on square grids, and dihedral groups, which all do."""

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.groups import cyclic, dihedral


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


@pytest.mark.parametrize("n", [1, 2, 4])
def test_dihedral_elements_are_turns_of_the_image_and_of_its_mirror_image(n, rng):
    images, G = rng.normal(size=(3, 5, 5, 2)), dihedral(n)
    assert G.order == 2 * n and G.name == f"d{n}"
    for r in range(n):
        np.testing.assert_array_equal(G.act(r, images), cyclic(n).act(r, images))
        np.testing.assert_array_equal(G.act(n + r, images), cyclic(n).act(r, images[:, :, ::-1]))


def test_d4_moves_a_small_image_as_drawn():
    """Element 5 mirrors left to right, then turns counter-clockwise: that is a reflection at the main diagonal."""
    image = np.array([[[1, 2], [3, 4]]])
    moved = [dihedral(4).act(g, image)[0].tolist() for g in range(8)]
    assert moved[1] == [[2, 4], [1, 3]] and moved[4] == [[2, 1], [4, 3]] and moved[5] == [[1, 3], [2, 4]]


def test_only_the_largest_dihedral_group_is_not_abelian():
    for n, abelian in ((1, True), (2, True), (4, False)):
        table = dihedral(n).multiplication_table
        assert np.array_equal(table, table.T) == abelian
        assert sum(table[g, g] == 0 for g in range(2 * n)) == {1: 2, 2: 4, 4: 6}[n]  # their own inverses


@pytest.mark.parametrize("n", [0, 3, 6, 8])
def test_dihedral_groups_that_do_not_permute_pixels_are_refused(n):
    with pytest.raises(InputError, match=rf"dihedral\({n}\): n is 1, 2 or 4"):
        dihedral(n)


def test_dimensions_and_types_of_the_representations():
    """C4 has a pair of complex ones, D4 one of two dimensions; all others of the square's groups are signs."""
    found = {
        G.name: [(pi.dimension, pi.copies, np.iscomplexobj(pi.matrices)) for pi in G.irreducibles]
        for G in (cyclic(1), cyclic(2), cyclic(4), dihedral(1), dihedral(2), dihedral(4))
    }
    sign, pair, plane = (1, 1, False), (1, 2, True), (2, 1, False)
    assert found == {
        "c1": [sign], "c2": [sign] * 2, "c4": [sign, pair, sign], "d1": [sign] * 2, "d2": [sign] * 4,
        "d4": [sign] * 4 + [plane],
    }  # fmt: skip

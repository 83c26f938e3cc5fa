"""Axioms of every registered group, its action on lattices, orbits and representations."""

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.groups import REGISTRY, cyclic, group, tetrahedral
from ntklab.kernels import Network, mlp_kernel

groups = pytest.mark.parametrize("name", sorted(REGISTRY))
with_others = pytest.mark.parametrize("name", [*sorted(REGISTRY), "c5", "c12"])
"""Also groups that do not act on square grids."""


@pytest.fixture
def inputs(rng):
    return rng.normal(size=(3, 5, 5))


@with_others
def test_axioms(name):
    G = group(name)
    table = G.multiplication_table
    assert list(table[0]) == list(G.elements) == list(table[:, 0])
    for g in G.elements:
        assert sorted(table[g]) == list(G.elements)
        assert G.multiply(g, G.inverse(g)) == 0 == G.multiply(G.inverse(g), g)
        for h in G.elements:
            np.testing.assert_array_equal(table[table[g, h]], table[g][table[h]])


@groups
def test_the_action_is_an_exact_left_action_by_permutations(name, inputs):
    G = group(name)
    np.testing.assert_array_equal(G.act(0, inputs), inputs)
    for g in G.elements:
        np.testing.assert_array_equal(np.sort(G.act(g, inputs).reshape(3, -1)), np.sort(inputs.reshape(3, -1)))
        for h in G.elements:
            np.testing.assert_array_equal(G.act(g, G.act(h, inputs)), G.act(G.multiply(g, h), inputs))


@groups
def test_the_action_is_faithful_and_acts_on_images_with_channels(name, inputs, rng):
    G = group(name)
    images = rng.normal(size=(3, 4, 4, 2))
    assert len({G.act(g, images).tobytes() for g in G.elements}) == G.order
    np.testing.assert_array_equal(G.act(1 % G.order, images)[..., 1], G.act(1 % G.order, images[..., 1]))


@groups
def test_the_orbit_holds_every_transform_after_the_input_axis(name, inputs):
    G = group(name)
    orbit = G.orbit(inputs)
    assert orbit.shape == (3, G.order, 5, 5)
    for g in G.elements:
        np.testing.assert_array_equal(orbit[:, g], G.act(g, inputs))


@groups
def test_the_permutation_matrix_moves_the_augmented_set_as_the_group_does(name, inputs):
    G = group(name)
    augmented = G.orbit(inputs).reshape(-1, 5, 5)
    for g in G.elements:
        matrix = G.permutation_matrix(g, len(inputs))
        moved = (matrix @ augmented.reshape(len(augmented), -1)).reshape(augmented.shape)
        np.testing.assert_array_equal(moved, G.act(g, augmented))
        np.testing.assert_array_equal(augmented[G.permutation(g, len(inputs))], G.act(g, augmented))


@with_others
def test_the_regular_representation(name, rng):
    G = group(name)
    f = rng.normal(size=G.order)
    for g in G.elements:
        moved = G.regular_representation(g) @ f
        assert [moved[h] for h in G.elements] == [f[G.multiply(G.inverse(g), h)] for h in G.elements]
        for h in G.elements:
            product = G.regular_representation(g) @ G.regular_representation(h)
            np.testing.assert_array_equal(product, G.regular_representation(G.multiply(g, h)))


with_irreducibles = pytest.mark.parametrize(
    "name", [name for name in (*sorted(REGISTRY), "c5", "c12") if "irreducibles" in vars(type(group(name)))]
)
"""Groups that have their representations written down."""


@with_irreducibles
def test_irreducible_representations_are_unitary_homomorphisms_the_trivial_one_first(name):
    G = group(name)
    np.testing.assert_array_equal(G.irreducibles[0].matrices, np.ones((G.order, 1, 1)))
    for pi in G.irreducibles:
        for g in G.elements:
            np.testing.assert_allclose(pi.matrices[g].conj().T, pi.matrices[G.inverse(g)], atol=1e-14)
            for h in G.elements:
                product = pi.matrices[g] @ pi.matrices[h]
                np.testing.assert_allclose(product, pi.matrices[G.multiply(g, h)], atol=1e-14)


@with_irreducibles
def test_entries_of_irreducible_representations_are_an_orthogonal_basis(name):
    """Schur: sum_g pi(g)_ab conj(pi'(g)_cd) = (|G| / d) delta; as many entries as elements, conjugate ones included."""
    G = group(name)
    entries = []
    for pi in G.irreducibles:
        rows = np.sqrt(pi.dimension / G.order) * pi.matrices.reshape(G.order, -1).T
        entries += [rows, rows.conj()][: pi.copies]
    basis = np.concatenate(entries)
    assert basis.shape == (G.order, G.order)
    np.testing.assert_allclose(basis @ basis.conj().T, np.eye(G.order), atol=1e-13)


def test_groups_without_representations_written_down_say_so():
    with pytest.raises(InputError, match="tetrahedral: irreducible representations are known for cyclic and dihedral"):
        tetrahedral().irreducibles


@groups
def test_permutation_shift_of_the_ntk(name, inputs):
    """Pi(g) Theta(X, X) = Theta(rho(g) X, X) = Theta(X, X) Pi(g) on an augmented set (E1, permutation shift)."""
    G = group(name)
    augmented = G.orbit(inputs).reshape(-1, 5, 5)
    network = Network(dense=2, weight_variance=2.0)
    theta = mlp_kernel(network, augmented).ntk
    for g in G.elements:
        matrix = G.permutation_matrix(g, len(inputs))
        np.testing.assert_allclose(matrix @ theta, theta @ matrix, rtol=1e-7)
        np.testing.assert_allclose(mlp_kernel(network, G.act(g, augmented), augmented).ntk, matrix @ theta, rtol=1e-7)


def test_groups_that_do_not_permute_pixels_are_refused():
    with pytest.raises(ValueError, match=r"cyclic\(8\): only rotations by multiples of 90 degrees permute pixels"):
        cyclic(8).orbit(np.zeros((2, 4, 4)))
    with pytest.raises(ValueError, match="unknown group 'd5'; known groups: c1, c2, c4, d1, d2, d4, c<order>"):
        group("d5")
    with pytest.raises(ValueError, match="of squares"):
        cyclic(4).orbit(np.zeros((2, 3, 4)))

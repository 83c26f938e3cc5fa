"""Rotation groups of space: axioms, orders, action on inputs and targets, and what turning back does."""

import numpy as np
import pytest
from scipy.stats import kstest

from ntklab.groups.rotations import (
    GROUPS,
    ROTATION_SETS,
    RotationSet,
    haar_rotations,
    nearest_angles,
    octahedral,
    to_nearest,
)

ORDERS = {"tetrahedral": 12, "octahedral": 24, "icosahedral": 60}
RNG = np.random.default_rng(41)
X = RNG.normal(size=(4, 2, 3))


@pytest.fixture(params=GROUPS)
def rotations(request):
    group = GROUPS[request.param]()
    assert group.name == request.param and group.order == ORDERS[request.param]
    return group


def test_the_groups_are_listed_by_increasing_order():
    assert list(GROUPS) == sorted(ORDERS, key=ORDERS.get)


def test_axioms(rotations):
    table = rotations.multiplication_table
    assert np.allclose(rotations.matrices[0], np.eye(3))
    for g in rotations.elements:
        assert sorted(table[g]) == sorted(table[:, g]) == list(rotations.elements)
        assert table[g, rotations.inverse(g)] == table[rotations.inverse(g), g] == 0
    products = np.einsum("gab,hbc->ghac", rotations.matrices, rotations.matrices)
    np.testing.assert_allclose(products, rotations.matrices[table], atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(rotations.matrices), 1, atol=1e-12)


def test_the_action_is_a_left_action_and_agrees_with_the_orbit(rotations):
    orbit = rotations.orbit(X)
    for g in rotations.elements:
        np.testing.assert_allclose(rotations.act(g, X), orbit[:, g], atol=1e-14)
    g, h = 3, 7
    product = rotations.multiply(g, h)
    np.testing.assert_allclose(rotations.act(g, rotations.act(h, X)), rotations.act(product, X), atol=1e-12)


def test_turned_cross_products_are_cross_products_of_turned_vectors(rotations):
    orbit = rotations.orbit(X)
    expected = np.cross(orbit[..., 0, :], orbit[..., 1, :])
    np.testing.assert_allclose(rotations.turn_targets(np.cross(X[:, 0], X[:, 1])), expected, atol=1e-12)


def test_pulled_back_equivariant_outputs_are_constant_on_orbits(rotations):
    outputs = rotations.turn_targets(np.cross(X[:, 0], X[:, 1]))[None]
    pulled = rotations.pull_back(outputs)
    assert pulled.shape == (1, len(X) * 3, rotations.order)
    np.testing.assert_allclose(np.ptp(pulled, axis=-1), 0, atol=1e-12)
    invariant = np.broadcast_to(outputs[:, :, :1], outputs.shape)
    assert np.ptp(rotations.pull_back(invariant), axis=-1).max() > 0.1


def test_pulled_back_covariance_is_that_of_pulled_back_outputs():
    """Components are independent, with the same covariance between the elements of an orbit."""
    rotations, rng = haar_rotations(3, np.random.default_rng(1)), np.random.default_rng(2)
    root = rng.normal(size=(3, 3))
    samples = np.einsum("gh,shc->sgc", root, rng.normal(size=(200_000, 3, 3)))[:, None]
    pulled = rotations.pull_back(samples)
    expected = rotations.pull_back_covariance((root @ root.T)[None])
    for entry in range(3):
        found = np.cov(pulled[:, entry], rowvar=False)
        error = np.sqrt(2 / len(samples)) * np.abs(np.diag(expected[entry])).max()
        np.testing.assert_allclose(found, expected[entry], atol=5 * error)


def test_haar_rotations_are_uniform():
    """The angle of a uniform rotation has distribution (a - sin a) / pi."""
    drawn = haar_rotations(4000, np.random.default_rng(3))
    angles = nearest_angles(RotationSet(np.eye(3)[None]), RotationSet(drawn.matrices[1:]))
    assert kstest(angles, lambda a: (a - np.sin(a)) / np.pi).pvalue > 1e-3


def test_larger_groups_leave_smaller_angles():
    probes = haar_rotations(3000, np.random.default_rng(4))
    angles = [nearest_angles(make(), probes).mean() for make in GROUPS.values()]
    assert angles[0] > angles[1] > angles[2]
    np.testing.assert_allclose(nearest_angles(octahedral(), octahedral()), 0, atol=1e-7)


def test_every_set_of_the_config_begins_with_the_identity_and_refuses_other_vectors():
    for make in ROTATION_SETS.values():
        rotations = make(np.random.default_rng(5))
        np.testing.assert_allclose(rotations.matrices[0], np.eye(3), atol=1e-12)
        with pytest.raises(ValueError, match=r"act on arrays \(input, vector, 3\), not \(4, 2, 2\)"):
            rotations.orbit(X[..., :2])
    with pytest.raises(ValueError, match="vectors with three entries"):
        octahedral().act(1, X[..., :2])


def test_what_takes_a_rotation_to_the_nearest_of_a_group_has_the_smallest_angle(rotations):
    probes = haar_rotations(20, np.random.default_rng(5))
    r = to_nearest(rotations, probes)
    nearest = np.einsum("pab,pbc->pac", r.matrices, probes.matrices)
    assert all(np.isclose(rotations.matrices, h).all(axis=(1, 2)).any() for h in nearest)
    angles = np.arccos(np.clip((np.trace(r.matrices, axis1=1, axis2=2) - 1) / 2, -1, 1))
    np.testing.assert_allclose(angles, nearest_angles(rotations, probes), atol=1e-7)

"""Pairs of vectors on and off the manifold, and their cross product."""

import numpy as np

from ntklab.data.cross_product import cross_product, pairs_off_manifold, unit_pairs


def test_pairs_of_vectors(rng):
    pairs = unit_pairs(1000, rng)
    np.testing.assert_allclose(np.linalg.norm(pairs, axis=-1), 1)
    assert np.all(np.abs(pairs.mean(axis=0)) < 5 / np.sqrt(3 * 1000))
    lengths = np.linalg.norm(pairs_off_manifold(4000, rng), axis=-1)
    np.testing.assert_allclose(np.mean(lengths**2), 4.0, rtol=0.1)
    products = cross_product(pairs)
    np.testing.assert_allclose(np.einsum("nvc,nc->nv", pairs, products), 0, atol=1e-12)

"""Training on the augmented set by Fourier blocks, against the dense Gram matrix, singular ones included."""

import numpy as np
import pytest

from ntklab.groups import cyclic
from ntklab.kernels import (
    Dynamics,
    Network,
    augmented_blocks,
    augmented_from_orbit,
    mean_prediction,
    orbit_kernel,
)
from ntklab.kernels.circulant import circulant_mean_prediction, circulant_solve, circulant_spectrum
from ntklab.kernels.mean_prediction import spectrum

pytestmark = pytest.mark.usefixtures("unoptimised")

RNG = np.random.default_rng(13)
TIMES = [0.0, 0.3, 10.0, 1e4, np.inf]
NETWORK = Network((3, 3), padding="CIRCULAR", weight_variance=2.0)
X, T = RNG.normal(size=(3, 5, 5, 2)), RNG.normal(size=(2, 5, 5, 2))
SYMMETRIC = sum(cyclic(4).act(g, X) for g in range(4)) / 4


@pytest.fixture(scope="module")
def orbits():
    """Augmented blocks and dense augmented matrices of train-train and test-train, in that order."""
    kernels = [orbit_kernel(NETWORK, X), orbit_kernel(NETWORK, T, X)]
    return [(augmented_blocks(NETWORK, b).ntk, augmented_from_orbit(NETWORK, b).ntk) for b in kernels]


@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["steps", "flow"])
def test_circulant_training_is_training_with_the_dense_augmented_gram(orbits, kind, ridge):
    (blocks, gram), (test_blocks, cross) = orbits
    targets, dynamics = RNG.normal(size=(12, 2)), Dynamics(0.5, kind, ridge=ridge)
    dense = mean_prediction(spectrum(gram), cross[::4], targets, TIMES, dynamics)
    fast = circulant_mean_prediction(circulant_spectrum(blocks), test_blocks, targets, TIMES, dynamics)
    np.testing.assert_allclose(fast, dense, atol=1e-11)
    solution = circulant_solve(blocks, targets, ridge)
    np.testing.assert_allclose(gram @ solution + ridge * solution, targets, atol=1e-11)


@pytest.mark.parametrize("images", [SYMMETRIC, np.concatenate([X, X[:1]])], ids=["symmetric images", "duplicates"])
def test_singular_gram_matrices_give_no_nan_and_fit_consistent_labels(images):
    """Rotation-symmetric images make all four rows of an orbit equal; duplicates make two orbits equal."""
    orbit = orbit_kernel(NETWORK, images)
    blocks, gram = augmented_blocks(NETWORK, orbit).ntk, augmented_from_orbit(NETWORK, orbit).ntk
    assert np.linalg.matrix_rank(gram, hermitian=True) < len(gram)
    labels = RNG.normal(size=(3, 1))[np.arange(len(images)) % 3].repeat(4, axis=0)
    dense = mean_prediction(spectrum(gram), gram, labels, TIMES, Dynamics(kind="flow"))
    fast = circulant_mean_prediction(circulant_spectrum(blocks), blocks, labels, TIMES, Dynamics(kind="flow"))
    for mean in (dense, fast, gram @ circulant_solve(blocks, labels)):
        assert np.all(np.isfinite(mean))
    np.testing.assert_allclose(fast, dense[:, ::4], atol=1e-9)
    np.testing.assert_allclose(dense[-1], labels, atol=1e-9)
    np.testing.assert_allclose(gram @ circulant_solve(blocks, labels), labels, atol=1e-9)

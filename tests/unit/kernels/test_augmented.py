"""Training on the augmented set by Fourier blocks, against the dense Gram matrix, singular ones included."""

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.groups import REGISTRY, group
from ntklab.kernels import (
    Dynamics,
    Network,
    augmented_blocks,
    augmented_from_orbit,
    mean_prediction,
    orbit_kernel,
)
from ntklab.kernels.augmented import (
    augmented_mean_prediction,
    augmented_solve,
    augmented_spectrum,
    fourier_block,
    from_frequencies,
    to_frequencies,
)
from ntklab.kernels.wide_ensemble import spectrum

pytestmark = pytest.mark.usefixtures("unoptimised")

every_group = pytest.mark.parametrize("name", REGISTRY)
RNG = np.random.default_rng(13)
TIMES = [0.0, 0.3, 10.0, 1e4, np.inf]
NETWORK = Network((3, 3), padding="CIRCULAR", weight_variance=2.0)
X, T = RNG.normal(size=(3, 5, 5, 2)), RNG.normal(size=(2, 5, 5, 2))


@pytest.fixture
def blocks_and_matrices(name):
    """Augmented blocks and dense augmented matrices of train-train and test-train, in that order."""
    kernels = [orbit_kernel(NETWORK, X, group=name), orbit_kernel(NETWORK, T, X, group=name)]
    return [(augmented_blocks(NETWORK, b).ntk, augmented_from_orbit(NETWORK, b).ntk) for b in kernels]


@every_group
def test_the_transform_is_inverted_and_makes_the_gram_matrix_block_diagonal(blocks_and_matrices, name):
    G, (blocks, gram) = group(name), blocks_and_matrices[0]
    v = RNG.normal(size=(G.order * 3, 2))
    hats = to_frequencies(G, v)
    np.testing.assert_allclose(from_frequencies(G, hats), v, atol=1e-14)
    for pi, hat, after in zip(G.irreducibles, hats, to_frequencies(G, gram @ v), strict=True):
        block = fourier_block(pi, blocks)
        np.testing.assert_allclose(block, block.conj().T, atol=1e-13 * np.abs(block).max())
        np.testing.assert_allclose(block @ hat, after, atol=1e-12)


@every_group
def test_the_spectrum_is_that_of_the_dense_gram_matrix(blocks_and_matrices, name):
    """Eigenvalues of a block of dimension d come d times, those of one that stands for two twice as often."""
    G, (blocks, gram) = group(name), blocks_and_matrices[0]
    values = augmented_spectrum(name, blocks).eigenvalues
    repeated = [np.repeat(v, pi.copies * pi.dimension) for v, pi in zip(values, G.irreducibles, strict=True)]
    np.testing.assert_allclose(np.sort(np.concatenate(repeated)), np.linalg.eigvalsh(gram), atol=1e-12)


@every_group
@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["steps", "flow"])
def test_augmented_training_is_training_with_the_dense_augmented_gram(blocks_and_matrices, name, kind, ridge):
    (blocks, gram), (test_blocks, cross) = blocks_and_matrices
    order = group(name).order
    targets, dynamics = RNG.normal(size=(3 * order, 2)), Dynamics(0.5, kind, ridge=ridge)
    dense = mean_prediction(spectrum(gram), cross[::order], targets, TIMES, dynamics)
    fast = augmented_mean_prediction(augmented_spectrum(name, blocks), test_blocks, targets, TIMES, dynamics)
    np.testing.assert_allclose(fast, dense, atol=1e-11)
    solution = augmented_solve(name, blocks, targets, ridge)
    np.testing.assert_allclose(gram @ solution + ridge * solution, targets, atol=1e-11)


@every_group
def test_labels_constant_on_orbits_make_it_training_with_the_averaged_kernel(blocks_and_matrices, name):
    """E2, theorem on augmentation; equal to the group-convolutional network because the head is linear."""
    (blocks, _), (test_blocks, _) = blocks_and_matrices
    G, labels = group(name), RNG.normal(size=(3, 1))
    fast = augmented_mean_prediction(
        augmented_spectrum(G, blocks), test_blocks, labels.repeat(G.order, axis=0), TIMES, Dynamics(0.5)
    )
    averaged = mean_prediction(spectrum(blocks.mean(axis=0)), test_blocks.mean(axis=0), labels, TIMES, 0.5)
    np.testing.assert_allclose(fast, averaged, atol=1e-11)
    weights = augmented_solve(G, blocks, labels.repeat(G.order, axis=0)).reshape(3, G.order)
    np.testing.assert_allclose(weights, weights[:, :1].repeat(G.order, axis=1), rtol=1e-12)


@pytest.mark.parametrize("name", ["c4", "d2", "d4"])
@pytest.mark.parametrize("which", ["symmetric", "mirrored", "duplicates"])
def test_singular_gram_matrices_give_no_nan_and_fit_consistent_labels(name, which):
    """Images that equal transforms of themselves make rows of an orbit equal; duplicates make two orbits equal."""
    G = group(name)
    images = {
        "symmetric": sum(group("d4").act(g, X) for g in range(8)) / 8,
        "mirrored": X + X[:, :, ::-1],
        "duplicates": np.concatenate([X, X[:1]]),
    }[which]
    orbit = orbit_kernel(NETWORK, images, group=G)
    blocks, gram = augmented_blocks(NETWORK, orbit).ntk, augmented_from_orbit(NETWORK, orbit).ntk
    if (name, which) != ("c4", "mirrored"):
        assert np.linalg.matrix_rank(gram, hermitian=True) < len(gram)
    labels = RNG.normal(size=(3, 1))[np.arange(len(images)) % 3].repeat(G.order, axis=0)
    dense = mean_prediction(spectrum(gram), gram, labels, TIMES, Dynamics(kind="flow"))
    fast = augmented_mean_prediction(augmented_spectrum(G, blocks), blocks, labels, TIMES, Dynamics(kind="flow"))
    solved = gram @ augmented_solve(G, blocks, labels)
    for mean in (dense, fast, solved):
        assert np.all(np.isfinite(mean))
    np.testing.assert_allclose(fast, dense[:, :: G.order], atol=1e-9)
    np.testing.assert_allclose(dense[-1], labels, atol=1e-9)
    np.testing.assert_allclose(solved, labels, atol=1e-9)


def test_the_group_decides_where_orders_are_equal():
    """C4 and D2 have four elements each; blocks of the one solved as the other's are another system."""
    b = augmented_blocks(NETWORK, orbit_kernel(NETWORK, X, group="d2")).ntk
    targets = RNG.normal(size=(12, 1))
    difference = augmented_solve("d2", b, targets, 0.1) - augmented_solve("c4", b, targets, 0.1)
    assert np.abs(difference).max() > 1e-3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("d4", np.ones((4, 3, 3)), np.ones((24, 1))), r"b: shape \(4, 3, 3\); expected shape \(8, n, n\)"),
        (("c4", np.ones((4, 3, 2)), np.ones((12, 1))), r"b: shape \(4, 3, 2\); expected shape \(4, n, n\)"),
        (("c4", np.ones((4, 3, 3)), np.ones((3, 1))), r"targets: shape \(3, 1\); expected shape \(12, outputs\)"),
        (("c4", np.ones((4, 3, 3)) * np.nan, np.ones((12, 1))), "b: NaN or infinity"),
        (("c8", np.ones((8, 3, 3)), np.ones((24, 1))), "group='c8': groups that permute the pixels"),
    ],
)
def test_arrays_of_another_shape_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        augmented_solve(*arguments)


def test_images_that_their_group_leaves_as_they_are_are_fitted_in_the_mean(rng):
    """Of targets that differ on orbits only the mean can be fitted: that is the pseudo-inverse, and training without end."""
    network, c4 = Network(filters=(3,), padding="CIRCULAR"), group("c4")
    x = c4.orbit(rng.standard_normal((5, 4, 4, 1))).mean(axis=1)
    orbit = orbit_kernel(network, x, group="c4")
    b, targets = augmented_blocks(network, orbit).ntk, rng.standard_normal((20, 1))
    means = np.repeat(targets.reshape(5, 4, 1).mean(axis=1), 4, axis=0)
    gram = augmented_from_orbit(network, orbit).ntk
    np.testing.assert_allclose(gram @ augmented_solve("c4", b, targets), means, atol=1e-9)
    trained = augmented_mean_prediction(augmented_spectrum("c4", b), b, targets, [np.inf], 0.1)
    np.testing.assert_allclose(trained[0], means[::4], atol=1e-9)

"""CNN, augmented and GCNN kernels: independent implementations, limiting cases, bad input."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from ntklab.errors import InputError
from ntklab.groups import REGISTRY, group, tetrahedral
from ntklab.kernels import (
    Network,
    augmented_blocks,
    augmented_from_orbit,
    augmented_gram,
    cnn_kernel,
    gcnn_kernel,
    mlp_kernel,
    orbit_kernel,
)
from ntklab.kernels.cnn import moved_orbit, orbit_subset
from ntklab.kernels.direct import cnn_layers, gcnn_layers

pytestmark = pytest.mark.usefixtures("unoptimised")

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(3, 5, 5, 2)), RNG.normal(size=(2, 5, 5, 2))
CIRCULAR = Network((3, 3), padding="CIRCULAR", weight_variance=2.0)


def assert_close(left, right, rtol=1e-12):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max())


@pytest.mark.parametrize(
    "network",
    [
        Network((3, 2), padding="VALID", bias_variance=0.3, dense=1),
        Network((3, 2), padding="SAME", nonlinearity="erf", weight_variance=1.5),
        Network((2, 3), padding="CIRCULAR", nonlinearity="gelu", bias_variance=0.1),
    ],
    ids=str,
)
def test_cnn_kernel_is_that_of_neural_tangents(layer_kernel, network):
    assert_close(cnn_kernel(network, X, Y), layer_kernel(cnn_layers(network))(X, Y))


@pytest.mark.parametrize(
    "network",
    [
        Network((3, 3), padding="SAME", nonlinearity="erf", bias_variance=0.2),
        Network((3, 2), padding="VALID", weight_variance=2.0),
        Network((5,), padding="CIRCULAR", bias_variance=0.1, dense=1),
    ],
    ids=str,
)
def test_gcnn_kernel_is_that_of_the_group_layers(layer_kernel, network):
    assert_close(gcnn_kernel(network, X, Y), layer_kernel(gcnn_layers(network))(X, Y))


@pytest.mark.parametrize("name", [name for name in REGISTRY if name != "c4"])
def test_gcnn_kernel_of_every_group_is_that_of_the_group_layers(layer_kernel, name):
    network = Network((3, 2), padding="VALID", nonlinearity="erf", bias_variance=0.1, dense=1)
    kernels = gcnn_kernel(network, X, Y, group=name)
    assert_close(kernels, layer_kernel(gcnn_layers(network, name))(X, Y))
    assert np.abs(kernels.ntk / gcnn_kernel(network, X, Y).ntk - 1).max() > 1e-7  # not that of C4


def test_orbit_kernel_is_the_cnn_kernel_with_moved_images():
    for name in REGISTRY:
        G = group(name)
        orbit = orbit_kernel(CIRCULAR, X, Y, group=name)
        assert orbit.group.name == name and orbit.ntk.shape == (G.order, 3, 2)
        for g, kernels in enumerate(zip(*augmented_blocks(CIRCULAR, orbit), strict=True)):
            assert_close(kernels, cnn_kernel(CIRCULAR, X, G.act(g, Y)))


def test_averaging_after_a_nonlinear_head_is_not_the_gcnn():
    network = Network((3,), dense=1, bias_variance=0.1)
    after = np.mean([cnn_kernel(network, X, np.rot90(Y, r, axes=(1, 2))).ntk for r in range(4)], axis=0)
    assert np.abs(after / gcnn_kernel(network, X, Y).ntk - 1).max() > 1e-4


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize("dense", [0, 1])
def test_augmented_gram_is_the_kernel_of_the_augmented_set(name, dense):
    network = Network((3,), padding="CIRCULAR", dense=dense)
    closed = [group(name).orbit(z).reshape(-1, *z.shape[1:]) for z in (X, Y)]
    assert_close(augmented_gram(network, X, group=name), cnn_kernel(network, closed[0]))
    assert_close(augmented_gram(network, X, Y, group=name), cnn_kernel(network, *closed))


def test_the_order_of_factors_matters_where_the_group_is_not_abelian():
    """Control of the augmented Gram matrix: B[r s^-1] in place of B[s^-1 r]."""
    D4, network = group("d4"), Network((4,), padding="VALID")
    b = orbit_kernel(network, X, group=D4).ntk
    wrong = np.stack([b[D4.multiplication_table[:, D4.inverse(s)]] for s in D4.elements])
    wrong = wrong.transpose(2, 0, 3, 1).reshape(24, 24)
    assert np.abs(wrong / augmented_gram(network, X, group=D4).ntk - 1).max() > 1e-2


@pytest.mark.parametrize("name", ["c4", "d2", "d4"])
def test_moved_orbit_is_the_orbit_kernel_of_the_moved_images(name):
    G, network = group(name), Network((3, 2), padding="VALID", bias_variance=0.1, dense=1)
    moves = [RNG.integers(G.order, size=len(z)) for z in (X, Y)]
    moved = [
        np.stack([G.act(int(g), image[None])[0] for g, image in zip(m, z, strict=True)])
        for m, z in zip(moves, (X, Y), strict=True)
    ]
    fast = moved_orbit(orbit_kernel(network, X, Y, group=name), *moves)
    assert_close(fast.at_pooling, orbit_kernel(network, *moved, group=name).at_pooling)


def test_orbit_subset_is_the_orbit_kernel_of_the_first_images():
    for network in (CIRCULAR, Network((3,), dense=1)):
        parts = orbit_subset(orbit_kernel(network, X, Y), 2, 1), orbit_kernel(network, X[:2], Y[:1])
        for a, b in zip(*(part.at_pooling for part in parts), strict=True):
            assert (a is None and b is None) or np.array_equal(a, b)


def test_orbit_kernel_is_symmetric_and_equals_its_full_computation():
    """B[g, i, j] = B[g^-1, j, i]; the symmetric route computes half of it, here over two blocks of images."""
    x = RNG.normal(size=(18, 3, 3, 1))
    for name in ("c4", "d4"):
        half, full = (orbit_kernel(Network((3,)), x, *y, group=name) for y in ((), (x,)))
        assert_close(half[:2], full[:2], rtol=1e-13)
        inverses = [half.group.inverse(g) for g in half.group.elements]
        for b in full[:2]:
            # Small entries are sums of both signs: what rounds is of the size of the largest.
            np.testing.assert_allclose(b[inverses].transpose(0, 2, 1), b, rtol=0, atol=1e-13 * np.abs(b).max())


def test_averaged_kernel_is_positive_semidefinite():
    x = RNG.normal(size=(6, 5, 5, 2))
    for kernel in (*gcnn_kernel(CIRCULAR, x), *gcnn_kernel(CIRCULAR, x, group="d4")):
        assert np.linalg.eigvalsh(kernel).min() >= -1e-12 * np.trace(kernel)


def test_single_pixels_make_the_cnn_an_mlp():
    cnn = Network((1, 1), bias_variance=0.2, weight_variance=1.5)
    mlp = Network(dense=2, bias_variance=0.2, weight_variance=1.5)
    x = RNG.normal(size=(4, 1, 1, 3))
    assert_close(cnn_kernel(cnn, x), mlp_kernel(mlp, x))


def test_one_colour_images_make_everything_an_mlp_of_the_colour():
    colours = RNG.normal(size=(4, 1, 1, 3))
    images = np.broadcast_to(colours, (4, 5, 5, 3))
    expected = mlp_kernel(Network(dense=2, weight_variance=2.0), colours)
    assert_close(cnn_kernel(CIRCULAR, images), expected)
    assert_close(gcnn_kernel(CIRCULAR, images), expected)
    for b in orbit_kernel(CIRCULAR, images)[:2]:
        np.testing.assert_allclose(b, np.broadcast_to(b[0], b.shape), rtol=1e-12)


def test_relu_without_bias_is_homogeneous():
    for small, large in zip(gcnn_kernel(CIRCULAR, X), gcnn_kernel(CIRCULAR, 7.0 * X), strict=True):
        np.testing.assert_allclose(large, 49 * small, rtol=1e-13)


def test_weight_variance_two_keeps_the_variance_through_relu_layers():
    network = Network((1, 1, 1), padding="CIRCULAR", weight_variance=2.0)
    colours = np.broadcast_to(RNG.normal(size=(3, 1, 1, 2)), (3, 5, 5, 2))
    power = np.mean(colours**2, axis=(1, 2, 3))
    np.testing.assert_allclose(np.diag(cnn_kernel(network, colours).nngp), 2 * power, rtol=1e-13)


def test_float32_agrees_with_direct_float64(layer_kernel):
    x, y = RNG.normal(size=(2, 8, 8, 3)), RNG.normal(size=(2, 8, 8, 3))
    network = Network((3, 3), padding="VALID")
    assert_close(gcnn_kernel(network, x, y, dtype="float32"), layer_kernel(gcnn_layers(network))(x, y), rtol=1e-5)


def test_coincident_and_black_images_give_finite_kernels():
    x = np.concatenate([X, X[:1], np.zeros_like(X[:1])])
    for kernel in augmented_gram(CIRCULAR, x):
        assert np.all(np.isfinite(kernel))
        np.testing.assert_allclose(kernel[:4, :4], kernel[12:16, :4], rtol=1e-13)
        np.testing.assert_array_equal(kernel[16:], 0)


def test_nonlinear_head_uses_the_pooled_variances_of_both_sides():
    network = Network((3,), dense=2, bias_variance=0.1, padding="CIRCULAR")
    both = np.concatenate([X, Y])
    for kernel in (cnn_kernel, gcnn_kernel):
        assert_close(kernel(network, X, Y), [k[:3, 3:] for k in kernel(network, both)])
    whole = augmented_from_orbit(network, orbit_kernel(network, both))
    assert_close(augmented_gram(network, X, Y), [k[:12, 12:] for k in whole])


@pytest.mark.parametrize(
    "x, y, message",
    [
        (np.zeros((2, 4, 5, 1)), None, r"x: shape \(2, 4, 5, 1\); expected shape \(n, size, size, channels\)"),
        (np.zeros((2, 4, 4)), None, r"x: shape \(2, 4, 4\); expected shape \(n, size, size, channels\)"),
        (np.zeros((0, 4, 4, 1)), None, r"x: shape \(0, 4, 4, 1\): an axis is empty"),
        (np.full((2, 4, 4, 1), np.nan), None, r"x: NaN or infinity, first at \[0, 0, 0, 0\]"),
        (np.zeros((2, 4, 4, 1)) * 1j, None, "x: complex numbers"),
        (np.zeros((2, 4, 4, 1)), np.zeros((2, 4, 4, 3)), r"y: shape \(2, 4, 4, 3\); expected shape \(m, 4, 4, 1\)"),
        (np.zeros((2, 4, 4, 1)), np.zeros((2, 5, 4, 1)), r"y: shape \(2, 5, 4, 1\); expected shape \(m, 4, 4, 1\)"),
        (np.zeros((2, 2, 2, 1)), None, "filter of side 3 does not fit"),
    ],
)
def test_bad_images_are_refused_with_one_line(x, y, message):
    for kernel in (cnn_kernel, gcnn_kernel, augmented_gram, orbit_kernel):
        with pytest.raises(ValueError, match=message) as error:
            kernel(Network((3,), padding="VALID"), x, y)
        assert "\n" not in str(error.value)


def test_even_filters_with_zero_padding_are_refused_where_equivariance_is_claimed():
    network = Network((2,), padding="SAME")
    cnn_kernel(network, X)
    for kernel in (gcnn_kernel, augmented_gram, orbit_kernel):
        with pytest.raises(ValueError, match="even filters with SAME padding do not commute with rotations"):
            kernel(network, X)


def test_kernel_and_network_must_fit():
    with pytest.raises(ValueError, match="use mlp_kernel"):
        cnn_kernel(Network(dense=1), X)
    with pytest.raises(ValueError, match="use cnn_kernel"):
        mlp_kernel(Network((3,)), X)


def test_images_may_be_lists_and_arrays_of_other_libraries():
    for as_other in (np.ndarray.tolist, torch.tensor, jnp.asarray, np.float32):
        kernels = gcnn_kernel(CIRCULAR, as_other(X), as_other(Y), group="d4")
        assert_close(kernels, gcnn_kernel(CIRCULAR, X, Y, group="d4"), rtol=1e-5)
    pixels = RNG.integers(256, size=(2, 5, 5, 1), dtype=np.uint8)
    assert_close(cnn_kernel(CIRCULAR, pixels), cnn_kernel(CIRCULAR, pixels.astype(float)))


@pytest.mark.parametrize("name", ["c3", "c8", "d3", "tetrahedral", ""])
def test_groups_that_do_not_permute_pixels_are_refused(name):
    message = f"group='{name}': groups that permute the pixels of a square are c1, c2, c4, d1, d2, d4"
    for kernel in (orbit_kernel, gcnn_kernel, augmented_gram):
        with pytest.raises(InputError, match=message):
            kernel(CIRCULAR, X, group=name)
    with pytest.raises(InputError, match="group='tetrahedral'"):
        orbit_kernel(CIRCULAR, X, group=tetrahedral())


def test_other_dtypes_are_refused():
    with pytest.raises(InputError, match="dtype='float16': one of float64, float32"):
        cnn_kernel(CIRCULAR, X, dtype="float16")

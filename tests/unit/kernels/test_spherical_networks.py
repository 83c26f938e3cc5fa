"""SO(3) networks on a grid of rotations: their kernels layer by layer, and those of networks of finite width."""

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.kernels import SphericalNetwork, so3_direct_kernel, so3_empirical_kernels, so3_kernel
from ntklab.kernels.so3_direct import rotation_grid
from ntklab.kernels.spherical_harmonics import real_synthesis

pytestmark = pytest.mark.usefixtures("unoptimised")

RNG = np.random.default_rng(10)
X = 1.5 * real_synthesis(RNG.normal(size=(2, 9, 2)), 4)
LOW = 1.5 * real_synthesis(RNG.normal(size=(2, 4, 2)), 4)
"""Of degree below 2."""


def gaps(network: SphericalNetwork, bandlimits: tuple[int, ...], tolerance: float = 1e-5) -> np.ndarray:
    """Largest relative differences from the fast kernels: (bandlimit, kernel)."""
    x, y = X[:1], X[1:]
    fast = so3_kernel(network, x, y, tolerance=tolerance)
    direct = [so3_direct_kernel(network, x, y, bandlimit=bandlimit) for bandlimit in bandlimits]
    return np.array([[np.abs(a - b).max() / np.abs(b).max() for a, b in zip(of, fast, strict=True)] for of in direct])


@pytest.mark.parametrize("convolutions", [0, 2])
def test_linear_networks_on_the_grid_are_exact(convolutions):
    network = SphericalNetwork(
        3, convolutions, dense=1, nonlinearity="identity", weight_variance=1.3, bias_variance=0.2
    )
    assert gaps(network, (3, 4)).max() < 1e-13


@pytest.mark.parametrize("name", ["erf", "relu"])
def test_gap_without_convolution_falls_fast_with_the_bandlimit(name):
    """It is quadrature only, of two different signals here."""
    found = gaps(SphericalNetwork(3, 0, nonlinearity=name, bias_variance=0.1), (3, 5), 1e-6 if name == "erf" else 1e-5)
    assert np.all(found[0] < 1e-2) and np.all(found[1] < 0.2 * found[0])


def test_gap_with_a_convolution_falls_with_the_bandlimit():
    """The features above the bandlimit are cut off: about 1 % at bandlimit 3, half of that at 4."""
    found = gaps(SphericalNetwork(3, 1, nonlinearity="erf", bias_variance=0.1, dense=1), (3, 5))
    assert np.all(found[0] < 0.02) and np.all(found[1] < 0.5 * found[0])


def test_grid_of_rotations_averages_products_exactly():
    grid = rotation_grid(3)
    np.testing.assert_allclose(grid.weights.sum(), 1, rtol=1e-14)
    flat = np.concatenate([block.reshape(len(grid.weights), -1) for block in grid.blocks], axis=1)
    norms = np.concatenate([np.full((2 * k + 1) ** 2, 1 / (2 * k + 1)) for k in range(3)])
    np.testing.assert_allclose((flat.T * grid.weights) @ flat, np.diag(norms), atol=1e-14)


def test_linear_lifting_and_pooling_have_an_exact_ntk():
    """Nothing fluctuates but the output layer's weights, of which the NTK of the lifting is a mean of squares."""
    network = SphericalNetwork(2, 0, nonlinearity="identity", weight_variance=1.7)
    width = 50
    kernels = so3_empirical_kernels(network, LOW, bandlimit=2, width=width, draws=4, seed=0)
    exact = so3_kernel(network, LOW)
    # The ratio to the exact kernel is the same for all pairs: NNGP and NTK fluctuate by a number per draw.
    ratios = (kernels.ntk - kernels.nngp) / (exact.ntk - exact.nngp)
    np.testing.assert_allclose(ratios, np.broadcast_to(ratios[:, :1, :1], ratios.shape), rtol=1e-11)


@pytest.mark.parametrize(
    "network",
    [
        SphericalNetwork(2, 1, nonlinearity="erf", bias_variance=0.1, weight_variance=1.5),
        SphericalNetwork(2, 0, dense=1, nonlinearity="relu", bias_variance=0.1),
    ],
    ids=str,
)
def test_mean_over_draws_tends_to_the_kernel_of_the_same_grid(network):
    width, draws = 24, 80
    kernels = so3_empirical_kernels(network, LOW, bandlimit=2, width=width, draws=draws, seed=1)
    exact = so3_direct_kernel(network, LOW, bandlimit=2)
    for empirical, limit in zip(kernels, exact, strict=True):
        # The bias of finite width is of order 1 / width.
        error = empirical.std(axis=0, ddof=1) / np.sqrt(draws) + 0.3 * np.abs(limit) / width
        assert np.all(np.abs(empirical.mean(axis=0) - limit) < 4 * error)
        assert np.all(empirical.std(axis=0) < 0.5 * np.abs(limit).max())


def test_networks_are_invariant_only_as_far_as_their_grid():
    """Pooled features of a linear network do not change under quarter turns about the axis, exactly on the grid."""
    network = SphericalNetwork(2, 1, nonlinearity="identity")
    turned = np.roll(LOW, 3, axis=2)  # the azimuths of the grid: a rotation about z by three steps
    kernels = so3_empirical_kernels(network, LOW, turned, bandlimit=2, width=4, draws=4, seed=2)
    for kernel in kernels:
        np.testing.assert_allclose(kernel, kernel.swapaxes(1, 2), rtol=1e-10, atol=1e-12)


def test_seed_gives_the_same_networks_and_draws_can_be_shared_out():
    options = {"bandlimit": 2, "width": 2}
    network = SphericalNetwork(2, 0, nonlinearity="erf")
    whole = so3_empirical_kernels(network, LOW, seed=3, draws=6, **options)
    part = so3_empirical_kernels(network, LOW, LOW[:1], seed=3, first=2, draws=3, **options)
    other = so3_empirical_kernels(network, LOW, seed=4, draws=1, **options)
    for a, b in zip(whole, part, strict=True):
        np.testing.assert_allclose(b, a[2:5, :, :1], rtol=1e-12)
    assert not np.allclose(other.ntk, whole.ntk[:1])


def test_grids_that_do_not_resolve_the_network_are_refused():
    network = SphericalNetwork(3, 1)
    for call in (
        lambda: so3_direct_kernel(network, X, bandlimit=2),
        lambda: so3_empirical_kernels(network, X, bandlimit=2, width=1, draws=1, seed=0),
    ):
        with pytest.raises(InputError, match="bandlimit=2: the grid of rotations must resolve that of the network, 3"):
            call()
    with pytest.raises(InputError, match="bandlimit=0: a grid of rotations"):
        rotation_grid(0)

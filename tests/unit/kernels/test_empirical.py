"""Kernels of finite networks: exact where nothing fluctuates, unbiased and shrinking as width^-1/2 elsewhere."""

import numpy as np
import pytest

from ntklab.groups import group
from ntklab.kernels import Network, cnn_kernel, empirical_kernels, gcnn_kernel, mlp_kernel

RNG = np.random.default_rng(17)
X, Y = RNG.normal(size=(2, 4, 4, 2)), RNG.normal(size=(1, 4, 4, 2))
GCNN = Network((3, 3), padding="SAME")


@pytest.mark.usefixtures("unoptimised")
def test_linear_output_layer_on_pixels_has_an_exact_ntk():
    network = Network(dense=0, bias_variance=0.5, weight_variance=1.7)
    kernels = empirical_kernels(network, X, Y, architecture="mlp", width=3, draws=3, seed=0, outputs=2)
    for empirical, exact in zip(kernels, mlp_kernel(network, X, Y), strict=True):
        np.testing.assert_allclose(empirical, np.broadcast_to(exact, empirical.shape), rtol=1e-13)


@pytest.mark.parametrize(
    "architecture, network, analytic",
    [
        ("mlp", Network(dense=2, nonlinearity="erf", bias_variance=0.2), mlp_kernel),
        ("cnn", Network((3,), dense=1, padding="CIRCULAR", bias_variance=0.1), cnn_kernel),
    ],
)
def test_mean_over_draws_tends_to_the_infinite_width_kernel(architecture, network, analytic):
    width, draws = 64, 100
    kernels = empirical_kernels(network, X, Y, architecture=architecture, width=width, draws=draws, seed=1)
    for empirical, exact in zip(kernels, analytic(network, X, Y), strict=True):
        error = empirical.std(axis=0, ddof=1) / np.sqrt(draws) + 0.5 * np.abs(exact) / width
        assert np.all(np.abs(empirical.mean(axis=0) - exact) < 4 * error)


def test_gcnn_deviation_falls_as_the_square_root_of_the_width_and_is_unbiased():
    exact, shares = gcnn_kernel(GCNN, X), {4: 2000, 16: 800}
    deviation = []
    for width, draws in shares.items():
        kernels = empirical_kernels(GCNN, X, architecture="gcnn", width=width, draws=draws, seed=2)
        for empirical, limit in zip(kernels, exact, strict=True):
            z = (empirical.mean(axis=0) - limit) / (empirical.std(axis=0, ddof=1) / np.sqrt(draws))
            assert np.abs(z).max() < 4
        squared = np.sum((kernels.ntk - exact.ntk) ** 2, axis=(1, 2)) / np.sum(exact.ntk**2)
        deviation.append(np.sqrt(squared.mean()))
    slope = np.polyfit(np.log(list(shares)), np.log(deviation), 1)[0]
    assert -0.6 < slope < -0.4


@pytest.mark.parametrize("name", ["d2", "d4"])
def test_mean_over_draws_of_group_networks_with_reflections_tends_to_the_group_kernel(name):
    """The control is the kernel of C4, for which these mirror images, of one bright pixel each, are no orbit."""
    network, width, draws = Network((4, 1), padding="VALID", weight_variance=2.0), 32, 400
    x = np.zeros((2, 4, 4, 1))
    x[0, 0, 1] = x[1, 0, 2] = 4
    kernels = empirical_kernels(network, x, architecture="gcnn", group=name, width=width, draws=draws, seed=5)
    analytic = gcnn_kernel(network, x, group=name), gcnn_kernel(network, x)
    for empirical, exact, other in zip(kernels, *analytic, strict=True):
        mean, error = empirical.mean(axis=0), empirical.std(axis=0, ddof=1) / np.sqrt(draws)
        assert np.abs((mean - exact) / error).max() < 4
        assert np.abs((mean - other) / error).max() > 6


@pytest.mark.parametrize("name", ["c4", "d2", "d4"])
@pytest.mark.usefixtures("unoptimised")
def test_outputs_of_group_networks_are_invariant_for_any_weights(name):
    """So are their kernels, draw by draw, whatever the support of the filters."""
    G = group(name)
    for support in (None, 1, G.order - 1):
        options = {"architecture": "gcnn", "group": name, "support": support, "width": 2, "draws": 2, "seed": 8}
        for element in (1, G.order - 1):
            moved = np.array(G.act(element, X))
            for still, after in zip(
                empirical_kernels(GCNN, X, Y, **options), empirical_kernels(GCNN, moved, Y, **options), strict=True
            ):
                np.testing.assert_allclose(after, still, rtol=1e-12)


@pytest.mark.usefixtures("unoptimised")
def test_seed_gives_the_same_networks_and_support_may_be_restricted():
    options = {"architecture": "gcnn", "width": 2, "draws": 2, "support": 1}
    first, again, other = (empirical_kernels(GCNN, X, seed=seed, **options) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.ntk, again.ntk)
    assert not np.allclose(first.ntk, other.ntk)
    assert first.ntk.shape == (2, 2, 2)


@pytest.mark.usefixtures("unoptimised")
def test_draws_can_be_shared_out():
    """What draw number i is does not depend on how many are drawn, nor on where a share begins."""
    options = {"architecture": "gcnn", "width": 2, "seed": 6, "support": 1}
    whole = empirical_kernels(GCNN, X, draws=7, **options)
    parts = [empirical_kernels(GCNN, X, first=first, draws=draws, **options) for first, draws in ((0, 3), (3, 4))]
    for together, *shares in zip(whole, *parts, strict=True):
        np.testing.assert_allclose(np.concatenate(shares), together, rtol=1e-13)


def test_architecture_and_network_must_fit():
    for architecture, network in [("mlp", GCNN), ("cnn", Network(dense=1)), ("transformer", GCNN)]:
        with pytest.raises(ValueError, match=f"architecture='{architecture}'"):
            empirical_kernels(network, X, architecture=architecture, width=2, draws=1, seed=0)
    with pytest.raises(ValueError, match="support=9: filters extend over 1 to 8 elements of d4"):
        empirical_kernels(GCNN, X, architecture="gcnn", group="d4", support=9, width=2, draws=1, seed=0)
    with pytest.raises(ValueError, match=r"x: shape \(2, 3, 4, 2\); expected shape \(n, size, size, channels\)"):
        empirical_kernels(GCNN, X[:, :3], architecture="gcnn", width=2, draws=1, seed=0)

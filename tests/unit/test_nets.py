"""Group layers in torch: the same functions as those in JAX, equivariant for any weights, with the analytic NTK."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax.experimental import enable_x64

from ntklab.kernels import Network, gcnn_kernel
from ntklab.kernels.finite import features, readout
from ntklab.nets import GroupConvolution, LiftingConvolution, build_network

RNG = np.random.default_rng(31)
X = RNG.normal(size=(3, 2, 5, 5))


def as_jax(net) -> list:
    """Weights of a torch network in the layout of `ntklab.kernels.finite`: (q, q, (rotation,) in, out)."""
    layers = [layer for layer in net if hasattr(layer, "weight")]
    parameters = []
    for layer in layers:
        w = layer.weight.detach().double().numpy()
        w = np.moveaxis(w, (-2, -1), (0, 1)) if w.ndim > 2 else w.T
        w = np.moveaxis(w, (2, 3), (-1, -2)) if w.ndim > 2 else w
        parameters.append((jnp.asarray(w), None))
    return parameters


@pytest.mark.parametrize("padding, filters", [("VALID", (3, 2)), ("SAME", (3, 3)), ("CIRCULAR", (2, 3))])
@pytest.mark.parametrize("architecture", ["cnn", "gcnn"])
def test_the_function_is_that_of_the_jax_network_with_the_same_weights(architecture, padding, filters):
    net = build_network(
        architecture, filters, 6, channels=2, size=5, outputs=3, rng=np.random.default_rng(1), padding=padding
    ).double()
    network = Network(filters, padding=padding, weight_variance=2.0)
    with enable_x64():
        parameters = as_jax(net)
        h = features(network, architecture, parameters, jnp.asarray(X.transpose(0, 2, 3, 1)))
        expected = np.asarray(readout(network, parameters, h))
    np.testing.assert_allclose(net(torch.from_numpy(X)).detach().numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("padding, q", [("VALID", 2), ("VALID", 3), ("SAME", 3), ("CIRCULAR", 3)])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_layers_are_equivariant_for_any_weights(padding, q, turns):
    rng = np.random.default_rng(2)
    lift = LiftingConvolution(2, 4, q, rng, padding, bias_variance=0.3).double()
    convolve = GroupConvolution(4, 3, q, rng, padding, bias_variance=0.3).double()
    x = torch.from_numpy(X)
    for z, turned in (
        (lift(x), lift(torch.rot90(x, turns, (2, 3)))),
        (convolve(lift(x)), convolve(lift(torch.rot90(x, turns, (2, 3))))),
    ):
        expected = torch.rot90(z.roll(-turns, 1), turns, (3, 4))
        torch.testing.assert_close(turned, expected, rtol=1e-12, atol=1e-12)


def test_even_filters_with_zero_padding_break_it_and_are_refused():
    lift = LiftingConvolution(2, 4, 2, np.random.default_rng(2), "SAME").double()
    x = torch.from_numpy(X)
    turned, expected = lift(torch.rot90(x, 1, (2, 3))), torch.rot90(lift(x).roll(-1, 1), 1, (3, 4))
    assert (turned - expected).abs().max() > 0.1
    with pytest.raises(ValueError, match=r"even filter \(2\) with SAME padding"):
        build_network("gcnn", (2,), 4, channels=2, size=5, outputs=1, rng=np.random.default_rng(0), padding="SAME")
    with pytest.raises(ValueError, match="a filter of side 3 does not fit feature maps of side 2"):
        build_network("gcnn", (4, 3), 4, channels=2, size=5, outputs=1, rng=np.random.default_rng(0), padding="VALID")


def test_a_gcnn_is_invariant_and_a_cnn_is_not():
    x = torch.from_numpy(X)
    options = {"channels": 2, "size": 5, "outputs": 3, "padding": "CIRCULAR"}
    gcnn = build_network("gcnn", (3, 3), 6, rng=np.random.default_rng(3), **options).double()
    cnn = build_network("cnn", (3, 3), 6, rng=np.random.default_rng(3), **options).double()
    torch.testing.assert_close(gcnn(torch.rot90(x, 1, (2, 3))), gcnn(x), rtol=1e-12, atol=1e-12)
    assert (cnn(torch.rot90(x, 1, (2, 3))) - cnn(x)).abs().max() > 0.1


def test_the_mean_empirical_ntk_is_the_analytic_one_within_its_error():
    analytic = gcnn_kernel(Network((3, 3), padding="CIRCULAR", weight_variance=2.0), X.transpose(0, 2, 3, 1)).ntk
    drawn = []
    for draw in range(200):
        rng = np.random.default_rng([5, draw])
        net = build_network("gcnn", (3, 3), 32, channels=2, size=5, outputs=1, rng=rng, padding="CIRCULAR").double()
        rows = [
            torch.cat([g.flatten() for g in torch.autograd.grad(y, list(net.parameters()), retain_graph=True)])
            for y in net(torch.from_numpy(X))[:, 0]
        ]
        rows = torch.stack(rows)
        drawn.append((rows @ rows.T).numpy())
    mean, error = np.mean(drawn, axis=0), np.std(drawn, axis=0, ddof=1) / np.sqrt(len(drawn))
    assert np.all(np.abs(mean - analytic) < 4 * error)

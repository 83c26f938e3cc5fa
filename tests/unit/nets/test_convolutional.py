"""Convolutional and group-convolutional networks in torch: the functions of those in JAX, with the analytic NTK."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax import enable_x64

from ntklab.groups import group
from ntklab.kernels import Network, gcnn_kernel
from ntklab.kernels.finite import features, readout
from ntklab.nets.convolutional import build_network

pytestmark = pytest.mark.usefixtures("unoptimised")

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
@pytest.mark.parametrize(("architecture", "name"), [("cnn", "c1"), ("gcnn", "c4"), ("gcnn", "d4")])
def test_the_function_is_that_of_the_jax_network_with_the_same_weights(architecture, name, padding, filters):
    options = {"channels": 2, "size": 5, "outputs": 3, "padding": padding, "group": name}
    net = build_network(architecture, filters, 6, rng=np.random.default_rng(1), **options).double()
    network = Network(filters, padding=padding, weight_variance=2.0)
    with enable_x64(True):
        parameters = as_jax(net)
        h = features(network, architecture, group(name), parameters, jnp.asarray(X.transpose(0, 2, 3, 1)))
        expected = np.asarray(readout(network, parameters, h))
    np.testing.assert_allclose(net(torch.from_numpy(X)).detach().numpy(), expected, rtol=1e-6)


def test_a_gcnn_is_invariant_and_a_cnn_is_not():
    x = torch.from_numpy(X)
    options = {"channels": 2, "size": 5, "outputs": 3, "padding": "CIRCULAR"}
    gcnn = build_network("gcnn", (3, 3), 6, rng=np.random.default_rng(3), **options).double()
    with_reflections = build_network("gcnn", (3, 3), 6, rng=np.random.default_rng(3), group="d4", **options).double()
    cnn = build_network("cnn", (3, 3), 6, rng=np.random.default_rng(3), **options).double()
    torch.testing.assert_close(gcnn(torch.rot90(x, 1, (2, 3))), gcnn(x), rtol=1e-12, atol=1e-12)
    for moved in (torch.rot90(x, 1, (2, 3)), x.flip(3), x.transpose(2, 3)):
        torch.testing.assert_close(with_reflections(moved), with_reflections(x), rtol=1e-12, atol=1e-12)
    assert (gcnn(x.flip(3)) - gcnn(x)).abs().max() > 1e-3
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


def test_torch_modules_draw_the_same_weights_everywhere():
    nets = [
        build_network("gcnn", (3,), 4, channels=1, size=5, outputs=2, rng=np.random.default_rng(3)) for _ in range(2)
    ]
    for a, b in zip(*(net.parameters() for net in nets), strict=True):
        assert torch.equal(a, b)

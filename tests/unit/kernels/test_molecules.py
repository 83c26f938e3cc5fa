"""Kernels of networks on molecules: sums over atom slots, against neural-tangents and sampled networks."""

import numpy as np
import pytest

from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.molecules import mlp_molecule_kernel, residual_molecule_kernel
from ntklab.network import Network

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(4, 3, 5, 2)), RNG.normal(size=(3, 3, 5, 2))
X[1, 2] = X[3, 1:] = Y[0, 1] = 0
"""Molecules of three, two, three and one atom, and of two, three and three."""


def of_stax(slot_layers, readout, x, y):
    """The same network of neural-tangents' layers: kernels of the slots added, then the read-out."""
    import jax
    from jax import enable_x64

    from ntklab.kernels._neural_tangents import stax

    with enable_x64(True):
        _, _, inside = stax.serial(*slot_layers(stax))
        _, _, outside = stax.serial(*readout(stax))
        total = None
        for slot in range(x.shape[1]):
            a, b = (z[:, slot].reshape(len(z), -1) for z in (x, y))
            found = inside(jax.numpy.array(a), jax.numpy.array(b))
            parts = [found.nngp, found.ntk, found.cov1, found.cov2]
            total = parts if total is None else [s + p for s, p in zip(total, parts, strict=True)]
        whole = outside(found.replace(nngp=total[0], ntk=total[1], cov1=total[2], cov2=total[3]))
        return np.asarray(whole.nngp), np.asarray(whole.ntk)


def dense(stax, bias=None):
    return stax.Dense(1, W_std=1.2, b_std=bias)


def residual_layers(stax, bias=None):
    block = stax.serial(
        stax.FanOut(2),
        stax.parallel(stax.Identity(), stax.serial(dense(stax, bias), stax.Relu(), dense(stax, bias))),
        stax.FanInSum(),
    )
    return [dense(stax, bias), block, block, dense(stax, bias), stax.Relu(), dense(stax, bias)]


@pytest.mark.filterwarnings("ignore:`FanIn` layers assume independent inputs")
@pytest.mark.parametrize("bias", [None, 0.3])
@pytest.mark.parametrize("model", ["mlp", "residual"])
def test_kernels_are_those_of_neural_tangents(model, bias):
    network = Network(dense=1, weight_variance=1.2**2, bias_variance=(bias or 0.0) ** 2)
    if model == "mlp":
        ours = mlp_molecule_kernel(network, X, Y)
        expected = of_stax(lambda s: [dense(s, bias), s.Relu(), dense(s, bias)], lambda s: [dense(s, bias)], X, Y)
    else:
        ours = residual_molecule_kernel(network, X, Y)
        readout = lambda s: [dense(s, bias), s.Relu(), dense(s, bias)]  # noqa: E731
        expected = of_stax(lambda s: residual_layers(s, bias), readout, X, Y)
    for mine, theirs in zip(ours, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kernel", [mlp_molecule_kernel, residual_molecule_kernel])
def test_an_empty_slot_adds_nothing(kernel):
    network = Network(dense=1)
    padded = [np.concatenate([z, np.zeros_like(z[:, :2])], axis=1) for z in (X, Y)]
    for a, b in zip(kernel(network, X, Y), kernel(network, *padded), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


@pytest.mark.parametrize("kernel", [mlp_molecule_kernel, residual_molecule_kernel])
def test_kernels_of_one_set_are_symmetric_and_positive(kernel):
    for gram in kernel(Network(dense=1), X):
        np.testing.assert_allclose(gram, gram.T, rtol=1e-13)
        assert np.linalg.eigvalsh(gram)[0] > 0


def test_one_slot_is_the_network_itself_and_a_linear_layer():
    network = Network(dense=2, nonlinearity="erf", weight_variance=1.5)
    own = mlp_kernel(network, X[:, 0], Y[:, 0])
    found = mlp_molecule_kernel(network, X[:, :1], Y[:, :1])
    np.testing.assert_allclose(found.nngp, 1.5 * own.nngp, rtol=1e-13)
    np.testing.assert_allclose(found.ntk, 1.5 * (own.ntk + own.nngp), rtol=1e-13)


def test_exchanging_atoms_of_different_slots_changes_the_kernel():
    """Slots have weights of their own: the order of the atoms matters."""
    network = Network(dense=1)
    changed = mlp_molecule_kernel(network, X, Y[:, ::-1]).ntk
    assert np.abs(changed / mlp_molecule_kernel(network, X, Y).ntk - 1).max() > 0.1


def test_refused():
    with pytest.raises(ValueError, match="has filters"):
        mlp_molecule_kernel(Network(filters=(3,)), X, Y)
    with pytest.raises(ValueError, match=r"y: shape \(.*\); expected shape \(m, "):
        mlp_molecule_kernel(Network(dense=1), X, Y[:, :, :4])

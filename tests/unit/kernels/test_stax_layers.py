"""Group layers for neural-tangents: kernels before the pooling, exact NTKs of linear networks, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64

from ntklab.groups import group
from ntklab.kernels import Network, stax
from ntklab.kernels.direct import gcnn_layers

pytestmark = pytest.mark.usefixtures("unoptimised")

RNG = np.random.default_rng(11)
X, Y = RNG.normal(size=(2, 4, 4, 2)), RNG.normal(size=(1, 4, 4, 2))


@pytest.mark.parametrize("name", ["c4", "d4"])
def test_kernels_before_the_pooling_do_not_depend_on_the_support(layer_kernel, name):
    order = group(name).order

    def layers(support):
        on = {"group": name}
        return stax.serial(
            stax.LiftingConv(1, 3, b_std=0.3, **on), stax.Erf(), stax.GroupConv(1, 3, support=support, **on), stax.Erf()
        )

    full = layer_kernel(layers(None))(X, Y)
    assert full[0].shape == (2, 1, order, order, 4, 4, 4, 4)
    for support in (1, order - 1, order):
        for a, b in zip(layer_kernel(layers(support))(X, Y), full, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 * np.abs(b).max())


@pytest.mark.parametrize("name", ["c4", "d2", "d4"])
def test_jointly_moved_inputs_move_the_resolved_kernel(layer_kernel, name):
    """K(rho(s) x, rho(s) y)[g, h] is K(x, y)[g s, h s] with both positions moved by s."""
    G = group(name)
    kernel = layer_kernel(
        stax.serial(stax.LiftingConv(1, 3, group=name), stax.Relu(), stax.GroupConv(1, 3, group=name))
    )
    plain = kernel(X, Y)
    for s in list(G.elements)[1:]:
        right = G.multiplication_table[:, s]
        for a, b in zip(kernel(*(np.array(G.act(s, z)) for z in (X, Y))), plain, strict=True):
            b = b[:, :, right][:, :, :, right].transpose(4, 6, 5, 7, 0, 1, 2, 3)  # rows and columns of x, then of y
            for _ in range(2):  # one image after the other; the action is on the second and third axes
                b = G.act(s, b[None])[0].transpose(2, 3, 0, 1, *range(4, 8))
            b = b.transpose(4, 5, 6, 7, 0, 2, 1, 3)
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 * np.abs(b).max())


@pytest.mark.parametrize("name", ["c4", "d4"])
def test_empirical_ntk_of_a_linear_network_is_exact_for_any_weights(layer_kernel, name):
    """Lifting and pooling are linear in the weights: the NTK of one draw does not fluctuate. Catches Theta0 and fan-in."""
    lifting = stax.LiftingConv(1, 3, W_std=1.3, b_std=0.7, group=name)
    layers = stax.serial(lifting, stax.GroupPool(), stax.GlobalAvgPool())
    with enable_x64(True):
        parameters = layers[0](jax.random.PRNGKey(0), X.shape)[1]
        gradient = jax.jacobian(lambda p: layers[1](p, jnp.asarray(X))[:, 0])(parameters)
        rows = np.concatenate([np.asarray(g).reshape(len(X), -1) for g in jax.tree.leaves(gradient)], axis=1)
    analytic = layer_kernel(layers)(X, None)[1]
    np.testing.assert_allclose(rows @ rows.T, analytic, rtol=1e-13)


def test_nngp_of_a_linear_network_by_enumerating_unit_filters(layer_kernel):
    """E[f f] over N(0, 1) weights is the sum of f f over the unit filters."""
    layers = stax.serial(stax.LiftingConv(1, 3), stax.GroupPool(), stax.GlobalAvgPool())
    with enable_x64(True):
        units = np.eye(18).reshape(18, 3, 3, 2, 1)
        outputs = [layers[1]([(jnp.asarray(unit), None), (), ()], jnp.asarray(X))[:, 0] for unit in units]
    np.testing.assert_allclose(np.transpose(outputs) @ outputs, layer_kernel(layers)(X, None)[0], rtol=1e-13)


def test_layers_refuse_what_they_cannot_do():
    with pytest.raises(ValueError, match="padding='REFLECT'"):
        stax.LiftingConv(1, 3, padding="REFLECT")
    with pytest.raises(ValueError, match="theta0='one': one of zero, input"):
        stax.LiftingConv(1, 3, theta0="one")
    with pytest.raises(ValueError, match="support=5: filters extend over 1 to 4 elements of c4"):
        stax.GroupConv(1, 3, support=5)
    with pytest.raises(ValueError, match="group='c8': groups that permute the pixels of a square are c1, c2, c4, d1"):
        stax.LiftingConv(1, 3, group="c8")


def test_init_shapes_follow_the_layers():
    init = gcnn_layers(Network((3, 3), padding="VALID", bias_variance=1.0), width=7, outputs=9)[0]
    shapes = []

    def parameters(key):
        shape, drawn = init(key, (5, 6, 6, 2))
        shapes.append(shape)
        return drawn

    drawn = jax.eval_shape(parameters, jax.random.PRNGKey(0))  # only shapes are computed
    assert shapes == [(5, 9)]
    assert [p[0].shape for p in drawn if p] == [(3, 3, 2, 7), (3, 3, 4, 7, 7), (7, 9)]

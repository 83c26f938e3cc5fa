"""Group layers: equivariance of the forward pass, kernels before the pooling, exact and published numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import enable_x64

from ntklab.data.gaussian import gaussian_images
from ntklab.kernels import Network, gcnn_kernel, stax
from ntklab.kernels._neural_tangents import nt
from ntklab.kernels.direct import gcnn_layers
from ntklab.kernels.group_convolution import group_convolution, lifting_convolution

RNG = np.random.default_rng(11)
X, Y = RNG.normal(size=(2, 4, 4, 2)), RNG.normal(size=(1, 4, 4, 2))


def compiled(layers):
    """The kernel function (x, y) -> [nngp, ntk], compiled once."""
    function = jax.jit(lambda x, y: tuple(layers[2](x, y, ("nngp", "ntk"))))

    def kernel(x, y):
        with enable_x64():
            return [np.asarray(k) for k in function(x, y)]

    return kernel


def turned_features(z, s):
    """What features become when the input is turned by s: z'[:, r] = rot^s z[:, r + s]."""
    return np.rot90(np.roll(z, -s, axis=1), s, axes=(2, 3))


def forward_error(q, padding):
    """Worst violation of equivariance of lifting and group convolution over all rotations, for random weights."""
    x, z = RNG.normal(size=(2, 5, 5, 2)), RNG.normal(size=(2, 4, 5, 5, 2))
    lifting, group = RNG.normal(size=(q, q, 2, 3)), RNG.normal(size=(q, q, 3, 2, 3))

    def features(layer, inputs, w):
        with enable_x64():
            return np.asarray(layer(jnp.asarray(inputs), jnp.asarray(w), padding))

    errors = []
    for s in range(4):
        x2, z2 = np.rot90(x, s, axes=(1, 2)), turned_features(z, s)
        for layer, plain, turned, w in [(lifting_convolution, x, x2, lifting), (group_convolution, z, z2, group)]:
            errors.append(np.abs(features(layer, turned, w) - turned_features(features(layer, plain, w), s)).max())
    return max(errors)


@pytest.mark.parametrize("q, padding", [(3, "SAME"), (3, "VALID"), (2, "VALID"), (3, "CIRCULAR")])
def test_forward_pass_is_equivariant_for_any_weights(q, padding):
    assert forward_error(q, padding) < 1e-12


def test_even_filters_with_zero_padding_are_not_equivariant():
    assert forward_error(2, "SAME") > 0.1


def test_kernels_before_the_pooling_do_not_depend_on_the_rotation_support():
    def layers(rotations):
        return stax.serial(
            stax.LiftingConv(1, 3, b_std=0.3), stax.Erf(), stax.GroupConv(1, 3, rotations=rotations), stax.Erf()
        )

    full = compiled(layers(4))(X, Y)
    assert full[0].shape == (2, 1, 4, 4, 4, 4, 4, 4)
    for rotations in (1, 3):
        for a, b in zip(compiled(layers(rotations))(X, Y), full, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 * np.abs(b).max())


def test_jointly_turned_inputs_turn_the_resolved_kernel():
    """K(rot^s x, rot^s y) is K(x, y) with both rotation axes rolled by -s and both position pairs turned by s."""
    kernel = compiled(stax.serial(stax.LiftingConv(1, 3), stax.Relu(), stax.GroupConv(1, 3)))
    plain = kernel(X, Y)
    for s in (1, 2, 3):
        turned = kernel(*(np.array(np.rot90(z, s, axes=(1, 2))) for z in (X, Y)))
        for a, b in zip(turned, plain, strict=True):
            b = np.roll(b, (-s, -s), axis=(2, 3))
            b = np.rot90(np.rot90(b, s, axes=(4, 6)), s, axes=(5, 7))
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 * np.abs(b).max())


def test_empirical_ntk_of_a_linear_network_is_exact_for_any_weights():
    """Lifting and pooling are linear in the weights: the NTK of one draw does not fluctuate. Catches Theta0 and fan-in."""
    layers = stax.serial(stax.LiftingConv(1, 3, W_std=1.3, b_std=0.7), stax.GroupPool(), stax.GlobalAvgPool())
    with enable_x64():
        parameters = layers[0](jax.random.PRNGKey(0), X.shape)[1]
        gradient = jax.jacobian(lambda p: layers[1](p, jnp.asarray(X))[:, 0])(parameters)
        rows = np.concatenate([np.asarray(g).reshape(len(X), -1) for g in jax.tree.leaves(gradient)], axis=1)
    analytic = compiled(layers)(X, None)[1]
    np.testing.assert_allclose(rows @ rows.T, analytic, rtol=1e-13)


def test_nngp_of_a_linear_network_by_enumerating_unit_filters():
    """E[f f] over N(0, 1) weights is the sum of f f over the unit filters."""
    layers = stax.serial(stax.LiftingConv(1, 3), stax.GroupPool(), stax.GlobalAvgPool())
    with enable_x64():
        units = np.eye(18).reshape(18, 3, 3, 2, 1)
        outputs = [layers[1]([(jnp.asarray(unit), None), (), ()], jnp.asarray(X))[:, 0] for unit in units]
    np.testing.assert_allclose(np.transpose(outputs) @ outputs, compiled(layers)(X, None)[0], rtol=1e-13)


@pytest.fixture(scope="module")
def published_images():
    """The two 16 x 16 x 3 images of the published numbers."""
    return gaussian_images(0xDEADBEEF, 2, 16, 3)


NNGP = [[0.09886191, 0.09804619], [0.09804619, 0.09776222]]
NTK = {
    "zero": [[0.13801278, 0.13625278], [0.13625278, 0.1365239]],
    "input": [[0.14003834, 0.137896], [0.137896, 0.13856379]],
}


def test_fast_kernel_gives_the_anchor_numbers(published_images):
    kernels = gcnn_kernel(Network((3, 3), padding="SAME"), published_images)
    np.testing.assert_allclose(kernels.nngp, NNGP, atol=6e-9)
    np.testing.assert_allclose(kernels.ntk, NTK["zero"], atol=6e-9)


def test_batched_layers_give_the_published_numbers_from_their_input_ntk(published_images):
    layers = gcnn_layers(Network((3, 3), padding="SAME"), theta0="input")
    with enable_x64():
        kernels = nt.batch(layers[2], batch_size=1)(published_images, None, ("nngp", "ntk"))
    np.testing.assert_allclose(kernels.nngp, NNGP, atol=6e-9)
    np.testing.assert_allclose(kernels.ntk, NTK["input"], atol=6e-9)


def test_layers_refuse_what_they_cannot_do():
    with pytest.raises(ValueError, match="padding='REFLECT'"):
        stax.LiftingConv(1, 3, padding="REFLECT")
    with pytest.raises(ValueError, match="theta0='one': one of zero, input"):
        stax.LiftingConv(1, 3, theta0="one")
    with pytest.raises(ValueError, match="rotations=5"):
        stax.GroupConv(1, 3, rotations=5)


def test_init_shapes_follow_the_layers():
    shape, parameters = gcnn_layers(Network((3, 3), padding="VALID", bias_variance=1.0), width=7, outputs=9)[0](
        jax.random.PRNGKey(0), (5, 6, 6, 2)
    )
    assert shape == (5, 9)
    assert [p[0].shape for p in parameters if p] == [(3, 3, 2, 7), (3, 3, 4, 7, 7), (7, 9)]

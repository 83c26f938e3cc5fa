"""The sampler: identities of single networks against nested derivatives, and statistics against the solver."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import enable_x64
from jax.flatten_util import ravel_pytree
from ntklab.finite_width.activations import get

from ntklab.finite_width import sampled_network, solve
from ntklab.finite_width.sampling import sample

CONSTANTS = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
TANH = get("tanh")
SIZES = (3, 4, 3)  # n_0, n_1, n_2


@pytest.fixture
def inputs(rng):
    return rng.normal(size=(4, SIZES[0]))


def test_layers_of_one_network_are_those_of_nested_derivatives(inputs, rng):
    """NTK, dNTK and ddNTK of layer 2, and NTK of layer 3, from their definitions as directional derivatives."""
    lam_w, lam_b = CONSTANTS["lambda_w"], CONSTANTS["lambda_b"]
    sizes = (*SIZES, 2)
    layers = [(rng.normal(size=(b, a)), rng.normal(size=b)) for a, b in itertools.pairwise(sizes)]
    with enable_x64(True):
        flat, unravel = ravel_pytree(layers)
        rates = ravel_pytree([(jnp.full_like(W, lam_w), jnp.full_like(b, lam_b)) for W, b in layers])[0]

        def output(theta, a, depth):
            h = jnp.asarray(inputs)[a]
            for W, b in unravel(theta)[:depth]:
                z = b + W @ h / jnp.sqrt(W.shape[1])
                h = TANH(z, jnp)
            return z

        def v(theta, i, a, depth=2):
            return jax.grad(lambda p: output(p, a, depth)[i])(theta)

        def along(function, *directions):
            """Derivative of function along fixed directions, at the parameters."""
            for direction in directions:
                function = (lambda f, u: lambda p: jax.jvp(f, (p,), (u,))[1])(function, direction)
            return function(flat)

        @jax.jit
        def ntk(i, a, j, b):
            return v(flat, i, a) @ (rates * v(flat, j, b))

        @jax.jit
        def ntk3(i, a, j, b):
            return v(flat, i, a, 3) @ (rates * v(flat, j, b, 3))

        @jax.jit
        def first(legs):
            (i0, a0), *others = legs
            return along(lambda p: output(p, a0, 2)[i0], *(rates * v(flat, i, a) for i, a in others))

        @jax.jit
        def second(legs):
            (i1, a1), (i2, a2), (i3, a3), (i4, a4) = legs
            left = along(lambda p: v(p, i1, a1), rates * v(flat, i3, a3))
            return left @ (rates * along(lambda p: v(p, i2, a2), rates * v(flat, i4, a4)))

        (W1, b1), (W2, b2), (W3, b3) = layers
        z1 = b1 + inputs @ W1.T / np.sqrt(SIZES[0])
        theta = lam_b + lam_w * inputs @ inputs.T / SIZES[0]
        one = sampled_network.first_layer(TANH, 3, jnp.asarray(z1), jnp.asarray(theta))
        two = sampled_network.next_layer(one, TANH, 3, jnp.asarray(W2), jnp.asarray(b2), lam_w, lam_b, first=True)
        three = sampled_network.next_layer(two, TANH, 3, jnp.asarray(W3), jnp.asarray(b3), lam_w, lam_b, first=False)

        n, (a, b, c, d) = SIZES[2], (2, 0, 3, 1)
        jkk, jjk = sampled_network.dntk(two.below, a, b, c, n)
        ddI = sampled_network.ddntk_first(two.below, a, b, c, d, n)
        patterns = sampled_network.ddntk_second(two.below, a, b, c, d, n)
        for j, k in itertools.product(range(n), repeat=2):
            close = {"rtol": 1e-10, "atol": 1e-12}
            np.testing.assert_allclose(two.ntk[a, b, j, k], ntk(j, a, k, b), **close)
            np.testing.assert_allclose(jkk[j, k], first(((j, a), (k, b), (k, c))), **close)
            np.testing.assert_allclose(jjk[j, k], first(((j, a), (j, b), (k, c))), **close)
            np.testing.assert_allclose(ddI[j, k], first(((j, a), (j, b), (k, c), (k, d))), **close)
            for pattern, (i1, i2, i3, i4) in zip(patterns, [(j, j, k, k), (j, k, j, k), (j, k, k, j)], strict=True):
                np.testing.assert_allclose(pattern[j, k], second(((i1, a), (i2, b), (i3, c), (i4, d))), **close)
        for j, k in itertools.product(range(2), repeat=2):
            np.testing.assert_allclose(three.ntk[a, b, j, k], ntk3(j, a, k, b), rtol=1e-10)
            np.testing.assert_allclose(three.ntk[b, b, j, k], ntk3(j, b, k, b), rtol=1e-10)


@pytest.mark.parametrize("width", [3])
def test_layer_two_needs_no_limit(inputs, width):
    """With three hidden neurons every tensor of layer 2 is already the one of order 1/n; few |z| are large, none is huge."""
    tensors = ("K", "Theta", "V", "D", "A", "F", "B", "P", "Q", "R", "S", "T", "U")
    components = [(0, 1, 2, 3), (1, 0, 3, 1), (0, 0, 1, 1), (2, 2, 2, 2)]
    drawn = sample(
        inputs,
        "tanh",
        [width],
        tensors=tensors,
        components=components,
        networks=30_000,
        batches=40,
        seed=1,
        **CONSTANTS,
    )
    exact = solve(inputs, "tanh", depth=2, tensors=tensors, tolerance=1e-4, **CONSTANTS)
    z = []
    for tensor in tensors:
        expected = exact[tensor][1]
        expected = expected[np.triu_indices(4)] if expected.ndim == 2 else np.array([expected[c] for c in components])
        value, stderr = (
            X[np.triu_indices(4)] if X.ndim == 2 else X for X in (drawn[tensor][1], drawn.stderr(tensor)[1])
        )
        z.append((value - expected) / stderr)
        assert np.all(stderr < 0.15 * np.abs(exact[tensor][1]).max())
    z = np.concatenate(z)
    assert np.abs(z).max() < 4.5
    assert np.mean(np.abs(z) < 1) > 0.5


@pytest.fixture(scope="module")
def kernels():
    """Kernels and four-point functions of networks with two hidden layers, drawn once for several tests."""
    x = np.random.default_rng(3).normal(size=(2, 3))
    options = {"networks": 4000, "batches": 40, "seed": 2, "c_w": 1.2, "c_b": 0.1}
    tensors = ("K", "Theta", "K1", "Theta1", "V", "D", "A", "F", "B")
    averaged = sample(x, "gelu", [12, 12], tensors=tensors, **options)
    printed = sample(x, "gelu", [12, 12], tensors=tensors[:2] + tensors[4:], estimator="printed", **options)
    exact = solve(x, "gelu", depth=3, c_w=1.2, c_b=0.1, tensors=tensors)
    return averaged, printed, exact


def test_mean_corrections_agree(kernels):
    averaged, _, exact = kernels
    for tensor in ("K1", "Theta1"):
        z = (averaged[tensor][2] - exact[tensor][2]) / averaged.stderr(tensor)[2]
        assert np.abs(z).max() < 4.5, tensor
        np.testing.assert_array_equal(averaged[tensor][0], np.zeros((2, 2)))


def test_control_variates_reduce_the_error(kernels):
    """n times the plain mean of K has a larger error than K1 with its controls."""
    averaged, _, _ = kernels
    assert np.all(np.diag(averaged.stderr("K1")[2]) < 0.97 * 12 * np.diag(averaged.stderr("K")[2]))


def test_printed_estimators_agree_up_to_their_bias(kernels):
    """They include the products of a channel with itself: 1/n more; the averaged ones have smaller errors."""
    averaged, printed, exact = kernels
    for tensor in ("V", "D", "A", "F", "B"):
        difference = printed[tensor][2] - averaged[tensor][2]
        error = np.hypot(printed.stderr(tensor)[2], averaged.stderr(tensor)[2])
        bias = 3 * np.abs(exact["A" if tensor in "AB" else "V"][2]).max() / 12 + 0.3 * np.abs(exact[tensor][2]).max()
        assert np.all(np.abs(difference) < 4.5 * error + bias), tensor
    for tensor in ("K", "Theta"):
        assert np.all(np.abs(printed[tensor][2] - averaged[tensor][2]) < 5 * printed.stderr(tensor)[2])
    assert np.mean([np.median(averaged.stderr(t)[2] / printed.stderr(t)[2]) for t in "VDAFB"]) < 0.9


def test_batches_are_drawn_apart_and_again(kernels):
    """Two jobs of two batches are one of four; the same seed gives the same networks, another one others."""
    x = np.eye(2)
    options = {"c_w": 1.2, "tensors": ("K", "V"), "seed": 5}
    whole = sample(x, "erf", [4], networks=40, batches=4, **options)
    parts = [sample(x, "erf", [4], networks=20, batches=2, first_batch=first, **options) for first in (0, 2)]
    for tensor in ("K", "V"):
        np.testing.assert_array_equal(whole.batches[tensor], np.concatenate([part.batches[tensor] for part in parts]))
    assert not np.array_equal(parts[0].batches["K"], parts[1].batches["K"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tensors": ("W",)}, "at least one of K, Theta"),
        ({"estimator": "best"}, "averaged or printed"),
        ({"batches": 1}, "at least 2 batches"),
        ({"tensors": ("P",), "activation": "relu"}, "not sampled for relu"),
        ({"tensors": ("P",), "widths": [4, 4, 4]}, "up to layer 3, not 4"),
        ({"tensors": ("Q",), "estimator": "printed"}, "prints no estimator"),
        ({"x": np.full((1, 2), np.inf)}, "no NaN"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, message):
    arguments = {"x": np.eye(2), "activation": "gelu", "widths": [4, 4], "tensors": ("V",), **change}
    with pytest.raises(ValueError, match=message) as error:
        sample(**arguments)
    assert "\n" not in str(error.value)

"""Fields along random directions against exact tensors, the plain sampler, and automatic differentiation."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64

from ntklab.activations import get_activation
from ntklab.finite_width import random_directions, solve
from ntklab.finite_width.ensemble import Ensemble
from ntklab.finite_width.sampling import sample
from ntklab.finite_width.solver import Architecture

TENSORS = ("F", "B", "P", "Q", "R", "S", "T", "U")
COMPONENTS = [(0, 1, 0, 1), (1, 0, 0, 1), (0, 0, 1, 1), (1, 1, 1, 1)]
X = np.array([[-0.5, 0.9, 0.4], [1.1, 0.3, -0.6]])
SAME = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
LAYERED = {"c_w": [1.3, 1.1, 1.5], "c_b": [0.1, 0.2, 0.05], "lambda_w": [0.8, 1.2, 0.6], "lambda_b": [0.3, 0.1, 0.4]}


def draw(x, widths, networks, constants, tensors=TENSORS, components=COMPONENTS, activation="tanh", key=1):
    architecture = Architecture.of(len(widths) + 1, widths, **constants)
    chosen = tuple(tensors), tuple(components)
    ensemble = Ensemble(get_activation(activation), architecture, *chosen, np.asarray(x, float).tobytes(), x.shape[1])
    return random_directions.drawn(ensemble, key, networks)


def scores(values, exact, error=0.0):
    """Standard scores of the means over the last axis."""
    own = values.std(axis=-1, ddof=1) / np.sqrt(values.shape[-1])
    return (values.mean(axis=-1) - exact) / np.hypot(own, error)


@cache
def layer_two():
    drawn = draw(X, [3], 40_000, SAME)
    exact = solve(X, "tanh", depth=2, tensors=("K", *TENSORS), tolerance=1e-4, **SAME)
    return drawn, exact


@pytest.mark.parametrize("tensor", TENSORS)
def test_layer_two_needs_no_limit(tensor):
    drawn, exact = layer_two()
    values, expected = drawn[tensor][0], np.array([exact[tensor][1][c] for c in COMPONENTS])
    assert np.abs(scores(values, expected)).max() < 4
    error = values.std(axis=1) / np.sqrt(values.shape[1])
    assert np.max(np.abs(expected) / error) > 16  # half the value would be seen


def test_kernel_of_layer_two():
    drawn, exact = layer_two()
    assert np.abs(scores(drawn["g"][0], exact["K"][1])).max() < 4


@cache
def layer_three():
    drawn = draw(X, [3, 5], 20_000, LAYERED, key=2)
    options = {"networks": 6_000, "batches": 40, "seed": 3, **LAYERED}
    return drawn, sample(X, "tanh", [3, 5], tensors=TENSORS, components=COMPONENTS, **options)


@pytest.mark.parametrize("tensor", TENSORS)
def test_layer_three_is_that_of_the_plain_sampler(tensor):
    drawn, plain = layer_three()
    for layer in (2, 3):
        expected, error = plain[tensor][layer - 1], plain.stderr(tensor)[layer - 1]
        assert np.abs(scores(drawn[tensor][layer - 2], expected, error)).max() < 4


def test_a_missing_direct_term_is_seen(monkeypatch):
    right = random_directions._covariance
    monkeypatch.setattr(
        random_directions, "_covariance", lambda fields, M, c: right(fields, M, c._replace(lambda_w=0.0))
    )
    random_directions._step.clear_cache()
    drawn, exact = draw(X, [3], 20_000, SAME, ("Q", "S", "T")), layer_two()[1]
    random_directions._step.clear_cache()
    for tensor in ("Q", "S", "T"):
        expected = np.array([exact[tensor][1][c] for c in COMPONENTS])
        assert np.abs(scores(drawn[tensor][0], expected)).max() > 6


def test_equal_inputs_have_equal_components():
    """More fields than neurons, too: the covariances are singular twice over, and few networks are close to more than that."""
    x = np.stack([X[0], X[1], X[0] + X[1], X[0]])
    drawn = draw(x, [3, 3, 3], 200, SAME | {"c_b": 0.0}, components=[(0, 1, 2, 3), (3, 1, 2, 0), (0, 1, 2, 0)])
    for tensor in TENSORS:
        values = drawn[tensor]
        assert np.all(np.isfinite(values))
        deviations = np.abs(values[:, 1:] - values[:, :1]) / np.abs(values).max()
        assert np.quantile(deviations, 0.99) < 1e-7  # rounding of 1e-16, 6e-10 in the worst of eight tensors
        assert deviations.max() < 1e-4


def test_the_root_of_a_singular_matrix(rng):
    A = rng.normal(size=(5, 8, 3))
    sigma = A @ A.swapaxes(1, 2)
    with enable_x64(True):
        L = np.asarray(random_directions.root(jnp.asarray(sigma)))
    np.testing.assert_allclose(L @ L.swapaxes(1, 2), sigma, atol=1e-9)
    assert np.all(np.triu(L, 1) == 0)


def test_networks_do_not_depend_on_chunks(monkeypatch):
    options = {"constants": SAME, "tensors": ("F", "B"), "activation": "relu"}
    whole = draw(X, [4, 4], 40, **options)
    monkeypatch.setattr(random_directions, "CHUNK", 16)
    parts = draw(X, [4, 4], 33, **options)
    for name in ("g", "F", "B"):
        np.testing.assert_allclose(parts[name], whole[name][..., :33], rtol=1e-12)


# ---- automatic differentiation ----

WIDTHS = (3, 6, 6, 2)


def _network(parameters, x):
    """(channel, input) of a network of two hidden layers."""
    z = x.T
    for layer, (W, b) in enumerate(parameters):
        z = W @ (jnp.tanh(z) if layer else z) / np.sqrt(W.shape[1]) + b[:, None]
    return z


def _derivatives(x, key):
    """n R[0,1,0,1] and n U[0,1,0,1] of one network with two channels, by nested derivatives along gradients."""
    shapes = list(zip(WIDTHS[1:], WIDTHS[:-1], strict=True))
    keys = jax.random.split(key, 2 * len(shapes))
    parameters = [
        (
            np.sqrt(SAME["c_w"]) * jax.random.normal(keys[2 * k], shape),
            np.sqrt(SAME["c_b"]) * jax.random.normal(keys[2 * k + 1], shape[:1]),
        )
        for k, shape in enumerate(shapes)
    ]

    def rated(tree):
        return [(SAME["lambda_w"] * W, SAME["lambda_b"] * b) for W, b in tree]

    def output(i, a):
        return lambda parameters: _network(parameters, x)[i, a]

    def along(function, direction):
        return lambda parameters: jax.jvp(function, (parameters,), (direction,))[1]

    v = {(i, a): rated(jax.grad(output(i, a))(parameters)) for i in (0, 1) for a in (0, 1)}
    R = along(along(along(output(0, 0), v[0, 1]), v[1, 0]), v[1, 1])(parameters)
    left = along(jax.grad(output(0, 0)), v[1, 1])(parameters)  # legs 1 and 3
    right = along(jax.grad(output(1, 0)), v[0, 1])(parameters)  # legs 2 and 4
    U = sum(jax.tree.leaves(jax.tree.map(lambda a, b: jnp.sum(a * b), left, rated(right))))
    return WIDTHS[-2] * jnp.array([R, U])


def test_third_derivatives_are_those_of_automatic_differentiation():
    with enable_x64(True):
        keys = jax.random.split(jax.random.PRNGKey(5), 16_000)
        brute = np.asarray(jax.jit(jax.vmap(lambda key: _derivatives(X, key)))(keys))
    drawn = draw(X, WIDTHS[1:-1], 20_000, SAME, ("R", "U"), [(0, 1, 0, 1)], key=6)
    for number, tensor in enumerate(("R", "U")):
        error = brute[:, number].std() / np.sqrt(len(brute))
        values = drawn[tensor][1]
        assert np.abs(scores(values, brute[:, number].mean(), error)).max() < 4
        assert np.abs(values.mean()) > 5 * np.hypot(error, values.std() / np.sqrt(values.size))


@pytest.mark.parametrize(
    ("tensors", "activation", "message"),
    [
        (("V",), "tanh", "at least one of F, B"),
        ((), "tanh", "at least one of F, B"),
        (("F", "P"), "relu", "tensors P: not for relu.*F and B are"),
    ],
)
def test_bad_input_is_refused_in_one_line(tensors, activation, message):
    with pytest.raises(ValueError, match=message) as error:
        draw(X, [2], 1, SAME, tensors, activation=activation)
    assert "\n" not in str(error.value)

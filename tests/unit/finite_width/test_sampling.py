"""The sampler against the solver, and what it draws."""

import numpy as np
import pytest

from ntklab.finite_width import solve
from ntklab.finite_width.sampling import sample

CONSTANTS = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
SIZES = (3, 4, 3)  # n_0, n_1, n_2


@pytest.fixture
def inputs(rng):
    return rng.normal(size=(4, SIZES[0]))


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

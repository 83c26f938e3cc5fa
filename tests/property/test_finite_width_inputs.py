"""What holds for any inputs and constants: permutations, repetitions, more inputs, dependent inputs, homogeneity."""

import jaxtyping
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntklab.finite_width import TENSORS, solve

AT_KINKS = ("K", "Theta", "K1", "Theta1", "V", "D", "F", "A", "B", "P", "Q")
RANDOM = settings(max_examples=4, deadline=None, derandomize=True)


@pytest.fixture(scope="module", autouse=True)
def _types_unchecked():
    """The unit tests of the solver check all types; here that would take as long as the numbers."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@st.composite
def ensembles(draw):
    """Random constants of every layer and unequal widths of networks with three layers of weights."""

    def number(low, high):
        return draw(st.floats(low, high))

    return {
        "c_w": [number(0.5, 1.5) for _ in range(3)],
        "c_b": [number(0.05, 0.5) for _ in range(3)],
        "lambda_w": [number(0.2, 2) for _ in range(3)],
        "lambda_b": [number(0, 1) for _ in range(3)],
        "widths": [draw(st.integers(1, 50)) for _ in range(2)],
        "depth": 3,
    }


def inputs(seed, count=3):
    return np.random.default_rng(seed).normal(size=(count, 3))


def tensors_of(activation):
    return AT_KINKS if "relu" in activation else TENSORS


def assert_close(left, right, tolerance=1e-5):
    for tensor in left:
        for a, b in zip(left[tensor], right[tensor], strict=True):
            np.testing.assert_allclose(a, b, atol=tolerance * max(np.abs(b).max(), 1e-12), rtol=0, err_msg=tensor)


def at(solution, index):
    return {tensor: [X[np.ix_(*[index] * X.ndim)] for X in layers] for tensor, layers in solution.items()}


@pytest.mark.parametrize("activation", ["gelu", "sin", "leaky_relu(0.1)"])
@RANDOM
@given(ensembles(), st.integers(0, 100))
def test_permuted_repeated_and_further_inputs(activation, constants, seed):
    x, tensors = inputs(seed), tensors_of(activation)
    whole = solve(x, activation, tensors=tensors, **constants)
    for index in ([2, 0, 1], [1, 1, 0], [0, 2]):
        assert_close(solve(x[index], activation, tensors=tensors, **constants), at(whole, index))


@pytest.mark.parametrize("activation", ["gelu", "relu"])
@RANDOM
@given(st.integers(0, 100))
def test_linearly_dependent_inputs_are_the_limit_of_independent_ones(activation, seed):
    x, tensors = inputs(seed), ("V", "D", "F", "A", "B", "Theta1")
    x[2] = 0.6 * x[0] - 0.9 * x[1]
    # Two coordinates carry three inputs: K has rank 2; the last coordinate of the neighbours is small.
    plane = np.concatenate([x, np.zeros((3, 1))], axis=1)
    near = plane + 1e-5 * np.random.default_rng(seed).normal(size=plane.shape)
    left, right = (solve(v, activation, depth=3, c_w=1.3, tensors=tensors) for v in (plane, near))
    assert_close(left, right, 1e-3)


@RANDOM
@given(st.integers(0, 100), st.floats(0.2, 3))
def test_relu_without_bias_is_homogeneous(seed, scale):
    """All inputs times s: K, Theta, K1, Theta1 times s^2, the four-slot tensors times s^4."""
    x, tensors = inputs(seed, 2), ("Theta", "K1", "Theta1", "V", "D", "F", "A", "B")
    one, other = (solve(factor * x, "relu", depth=4, c_w=1.7, tensors=tensors) for factor in (1.0, scale))
    powers = {tensor: 2 if one[tensor][0].ndim == 2 else 4 for tensor in tensors}
    assert_close(other, {t: [scale ** powers[t] * X for X in one[t]] for t in tensors}, 1e-9)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_learning_rate_factors_enter_as_powers(activation):
    """All lambda times s: tensors with one NTK times s, with two s^2, K and V not at all."""
    x, s = inputs(1), 1.7
    powers = {"K": 0, "V": 0, "Theta": 1, "Theta1": 1, "D": 1, "F": 1, "A": 2, "B": 2, "P": 2, "Q": 2}
    if activation == "gelu":
        powers |= dict.fromkeys("RSTU", 3)
    one, other = (
        solve(x, activation, depth=3, c_w=1.2, c_b=0.1, lambda_w=0.8 * f, lambda_b=0.3 * f, tensors=tuple(powers))
        for f in (1.0, s)
    )
    assert_close(other, {t: [s ** powers[t] * X for X in one[t]] for t in powers}, 1e-9)


def test_only_ratios_of_widths_matter():
    x = inputs(2)
    one, other = (solve(x, "erf", depth=3, widths=[f * 3, f * 7], tensors=("V", "Q")) for f in (1, 10))
    assert_close(one, other, 1e-13)

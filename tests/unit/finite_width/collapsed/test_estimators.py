"""Collapsed sampling against whole networks, exact moments of finite networks, and itself with inputs in another order."""

import runpy
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ntklab.experiments.finite_width.linear_moments import moments as linear_moments
from ntklab.experiments.finite_width.relu_moments import moments as relu_moments
from ntklab.finite_width import polynomial, sample, solve
from ntklab.finite_width.collapsed import moments, networks
from ntklab.finite_width.ensemble import Ensemble
from ntklab.finite_width.solver import Architecture
from ntklab.metrics.extrapolation import extrapolate

GOLDEN = Path(__file__).parents[3] / "golden"
MADE = runpy.run_path(str(GOLDEN / "make_finite_width_averages.py"))
FOUR_SLOTS = ("V", "D", "F", "A", "B")
NETWORKS = 30_000
ONE_INPUT = np.array([[1.0, 0.5]])
NORM = 0.625
"""|x|^2 / n_0, to whose square all moments at one input are proportional."""


def scores(name: str, drawn) -> np.ndarray:
    """Standard scores of collapsed against whole networks: all tensors, layers from 2 on and components."""
    found = []
    with np.load(GOLDEN / "finite_width_averages.npz") as reference:
        for tensor in MADE["TENSORS"]:
            value, error = np.stack(drawn[tensor])[1:], np.stack(drawn.stderr(tensor))[1:]
            other, other_error = reference[f"{name}/{tensor}"][1:], reference[f"{name}/{tensor}/stderr"][1:]
            z = (value - other) / np.sqrt(error**2 + other_error**2)
            found.append(z[:, *np.triu_indices(3)].ravel() if z.ndim == 3 else z.ravel())
    return np.concatenate(found)


def drawn(name: str):
    of = MADE["SETUPS"][name]
    return sample(
        of.x, of.activation, of.widths, tensors=MADE["TENSORS"], components=MADE["COMPONENTS"],
        networks=NETWORKS, batches=40, seed=3, **of.constants,
    )  # fmt: skip


@pytest.mark.parametrize("name", list(MADE["SETUPS"]))
def test_whole_networks_have_the_same_statistics(name):
    """Scores share networks, so that their root mean square is up to 1.3 by chance."""
    z = scores(name, drawn(name))
    assert len(z) >= 126
    assert np.sqrt(np.mean(z**2)) < 1.5
    assert np.abs(z).max() < 4.5


# ---- exact moments of finite networks ----


def assert_exact(batches: np.ndarray, exact: float, name: object) -> None:
    """The estimate of the batches within 4.5 of its standard errors, which are below a tenth of the exact value."""
    error = batches.std(ddof=1) / np.sqrt(len(batches))
    assert abs(batches.mean() - exact) < 4.5 * error, name
    assert error < 0.1 * abs(exact), name


def at_one_input(widths: list[int], draws: int, seed: int):
    return sample(ONE_INPUT, "relu", widths, c_w=2.0, tensors=FOUR_SLOTS, networks=draws, batches=40, seed=seed)


@cache
def three_neurons():
    return at_one_input([3] * 4, 200_000, seed=1)


@pytest.mark.parametrize("tensor", FOUR_SLOTS)
def test_networks_of_three_neurons_have_their_exact_moments(tensor):
    """To layer 4: nothing here is of order 1/n."""
    batches, exact = three_neurons().batches[tensor].reshape(40, 5), relu_moments(3, 5)[tensor]
    for layer in (2, 3, 4):
        assert_exact(batches[:, layer - 1], exact[layer - 1] * NORM**2, (tensor, layer))


@pytest.mark.parametrize(
    ("matching", "legs"),
    [((), 4), (((0, 1),), 4), (((0, 1), (2, 3)), 4), (((0, 2), (1, 3)), 4), ((), 2), (((0, 1),), 2)],
)
def test_a_wrong_core_is_noticed(matching, legs, monkeypatch):
    """One core twice too large, at every layer, of networks whose exact moments are known."""
    right = moments._less_signal

    def wrong(raw, of_legs, c):
        cores = right(raw, of_legs, c)
        return {q: 2 * core if (q, of_legs) == (matching, legs) else core for q, core in cores.items()}

    monkeypatch.setattr(moments, "_less_signal", wrong)
    networks._step.clear_cache()
    try:
        found = at_one_input([8] * 4, 60_000, seed=1)
    finally:
        networks._step.clear_cache()
    exact = relu_moments(8, 5)
    z = [
        (found[tensor][layer].item() - exact[tensor][layer] * NORM**2) / found.stderr(tensor)[layer].item()
        for tensor in FOUR_SLOTS
        for layer in (2, 3, 4)
    ]
    assert np.abs(z).max() > 6


@cache
def thirty_layers():
    return at_one_input([200] * 29, 10_000, seed=2)


@pytest.mark.parametrize("tensor", FOUR_SLOTS)
def test_thirty_layers_have_their_exact_moments(tensor):
    """At layer 30 they are 1.3 to 1.5 times the leading order, which would be refused."""
    batches, exact = thirty_layers().batches[tensor].reshape(40, 30), relu_moments(200, 30)[tensor]
    for layer in (10, 20, 30):
        assert_exact(batches[:, layer - 1], exact[layer - 1] * NORM**2, (tensor, layer))


def test_a_part_of_a_block_of_neurons_counts_as_such():
    """Widths that are no multiple of the neurons computed side by side, fewer and more."""
    for width in (networks.BLOCK // 2 + 1, networks.BLOCK + 7):
        found, exact = at_one_input([width] * 2, 20_000, seed=6), relu_moments(width, 3)
        for tensor in FOUR_SLOTS:
            assert_exact(found.batches[tensor][:, 2].ravel(), exact[tensor][2] * NORM**2, (tensor, width))


LINEAR = {"c_w": 1.4, "c_b": 0.2, "lambda_w": 0.7, "lambda_b": 0.3}
COMPONENTS = ((0, 1, 0, 1), (0, 0, 1, 1), (1, 0, 0, 0))


def test_linear_networks_have_their_exact_moments():
    """Two inputs, biases and layers of few and unequal widths, in units of the standard errors."""
    x = np.array([[1.0, 0.5], [0.4, 1.2]])
    exact = linear_moments(x, [3, 2, 4], **LINEAR)
    found = sample(
        x,
        "identity",
        [3, 2, 4],
        tensors=FOUR_SLOTS,
        components=COMPONENTS,
        networks=40_000,
        batches=40,
        seed=4,
        **LINEAR,
    )
    for tensor in FOUR_SLOTS:
        for layer in (2, 3, 4):
            value, error = found[tensor][layer - 1], found.stderr(tensor)[layer - 1]
            known = np.array([exact[tensor][layer - 1][component] for component in COMPONENTS])
            assert np.all(np.abs(value - known) <= 4.5 * error + 1e-10 * np.abs(known)), (tensor, layer)
            assert np.all(error < 0.1 * np.abs(known).max()), (tensor, layer)


def test_derivatives_of_the_ntk_tend_to_the_recursions_at_layer_four():
    """P and Q beyond the layer that whole networks reach, extrapolated from two widths."""
    x, widths = np.array([[0.9, 0.4], [0.3, 1.0]]), np.array([24, 48])
    constants = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
    of = {"tensors": ("P", "Q"), **constants}
    found = [
        sample(x, "tanh", [n] * 3, components=COMPONENTS, networks=6_000, batches=40, seed=5, **of)
        for n in widths.tolist()
    ]
    solved = solve(x, "tanh", 4, **of)
    for tensor in ("P", "Q"):
        values, errors = (np.stack([part[3] for part in parts]) for parts in (
            [one[tensor] for one in found], [one.stderr(tensor) for one in found]
        ))  # fmt: skip
        limit, error = extrapolate(widths, values, errors)
        expected = np.array([solved[tensor][3][component] for component in COMPONENTS])
        assert np.abs((limit - expected) / error).max() < 4.5, tensor
        assert error.max() < 0.1 * np.abs(expected).max(), tensor


def test_a_mean_that_vanishes_does_so_for_every_network():
    """K and the NTK of ReLU networks at one input have no correction: the controls leave rounding errors of K."""
    found = sample(ONE_INPUT, "relu", [50] * 3, c_w=2.0, tensors=("K1", "Theta1"), networks=800, batches=4)
    np.testing.assert_allclose(found.batches["K1"], 0, atol=1e-10)
    assert np.abs(found["Theta1"][3] / found.stderr("Theta1")[3]).max() < 4.5


# ---- one network at a time ----


def of_networks(x, activation, widths, components, tensors=FOUR_SLOTS, draws=60, key=5) -> dict[str, np.ndarray]:
    """What the estimators are made of, network by network."""
    from jax import enable_x64

    of = Ensemble(
        activation,
        Architecture.of(len(widths) + 1, widths, 1.4, 0.2, 0.7, 0.3),
        tensors,
        components,
        x.tobytes(),
        x.shape[1],
    )
    program = networks.Program(activation, tensors, components, len(x))
    with enable_x64(True):
        return networks.drawn(program, of, key, draws)


@pytest.mark.parametrize("name", ["relu"])
def test_a_repeated_input_is_the_same_input(name):
    """Input 3 is input 0: components that differ by it are equal network by network, with a singular covariance."""
    from ntklab.activations import get_activation

    x = np.random.default_rng(1).normal(size=(4, 3))
    x[3] = x[0]
    components = ((0, 1, 2, 3), (0, 1, 2, 0), (1, 0, 2, 3), (1, 0, 2, 0), (3, 1, 2, 3), (0, 1, 2, 0))
    found = of_networks(x, get_activation(name), (6, 9, 5), components)
    for key in ("F", "B", "ww", "w left", "w right"):
        values = found[key]
        np.testing.assert_allclose(values[:, ::2], values[:, 1::2], rtol=1e-9, atol=1e-11, err_msg=key)


def test_inputs_in_another_order_are_the_same_networks():
    """A component does not depend on which other component it is computed beside, nor on how its slots are sorted."""
    from ntklab.activations import get_activation

    x, tanh = np.random.default_rng(2).normal(size=(3, 3)), get_activation("tanh")
    alone = of_networks(x, tanh, (5, 7), ((2, 1, 0, 2),))
    beside = of_networks(x, tanh, (5, 7), ((0, 0, 0, 0), (2, 1, 0, 2), (1, 2, 2, 0), (0, 2, 2, 1)))
    for key in ("F", "B", "ww"):
        np.testing.assert_allclose(alone[key][:, 0], beside[key][:, 1], rtol=1e-9, atol=1e-12, err_msg=key)
    np.testing.assert_allclose(beside["ww"][:, 1], beside["ww"][:, 2], rtol=1e-9)
    np.testing.assert_allclose(beside["ww"][:, 1], beside["ww"][:, 3], rtol=1e-9)


def test_batches_do_not_depend_on_how_many_networks_are_computed_at_once(monkeypatch):
    from ntklab.activations import get_activation

    x, gelu = np.random.default_rng(3).normal(size=(2, 2)), get_activation("gelu")
    arguments = x, gelu, (6,), ((0, 1, 0, 1),), ("Theta", "V", "F"), 100
    whole = of_networks(*arguments)
    monkeypatch.setattr(networks, "CHUNKS", (32, 32))
    parts = of_networks(*arguments)
    for key, values in whole.items():
        assert values.shape[-1] == 100
        np.testing.assert_allclose(values, parts[key], rtol=1e-11, atol=1e-13, err_msg=key)


def test_fewer_neurons_than_inputs_and_a_dead_layer():
    """One neuron: every covariance has rank one, and half of the ReLU networks are zero from there on."""
    found = sample(np.eye(3), "relu", [1, 4, 3], c_w=2.0, tensors=("Theta", "V", "F"), networks=400, batches=4)
    for tensor in found:
        assert np.all(np.isfinite(found.batches[tensor]))


def test_controls_have_mean_zero():
    """kappa and tau at every layer, in units of their standard errors."""
    from ntklab.activations import get_activation

    x = np.random.default_rng(4).normal(size=(2, 3))
    for name in ("gelu", "relu", "tanh"):
        found = of_networks(x, get_activation(name), (6, 5), (), ("K1", "Theta1"), draws=20_000)
        for key in ("kappa", "tau"):
            control = found[key]
            z = control.mean(axis=-1) / (control.std(axis=-1) / np.sqrt(control.shape[-1])).clip(min=1e-14)
            assert np.abs(z).max() < 4.5, (name, key)


def test_all_components_at_once_have_their_symmetries():
    found = sample(np.eye(2), "gelu", [4, 5], c_w=1.5, tensors=FOUR_SLOTS, networks=200, batches=4)
    for tensor, order in {"V": "badc", "D": "badc", "A": "cdab", "F": "cdab", "B": "badc"}.items():
        X = found.batches[tensor]
        axes = (0, 1, *(2 + "abcd".index(letter) for letter in order))
        np.testing.assert_allclose(X, X.transpose(axes), rtol=1e-9, atol=1e-12, err_msg=tensor)


def test_a_linear_network_needs_no_average():
    """sigma = z: the NTK of layer 2 is the same for every network but for g."""
    found = sample(np.eye(2), polynomial([0, 1]), [4], c_w=2.0, tensors=("Theta",), networks=200, batches=4)
    np.testing.assert_allclose(found.stderr("Theta")[1], 0, atol=1e-12)

"""A cumulant that no registry knows: its recursion feeds on itself, and is complete or refused."""

from dataclasses import replace

import numpy as np
import pytest

from ntklab.activations import get_activation
from ntklab.errors import InputError
from ntklab.finite_width import gaussian_expectations
from ntklab.finite_width.feynman import TENSORS, Layer, Tensor, assemble, diagrams
from ntklab.finite_width.feynman.numeric import from_expectations

OWN = Tensor(
    "W",
    "W",
    ("a", "a", "bc", "bc"),
    (1, 2, 3, 4),
    ((0, 1), (2, 3)),
    1,
    "n cov(NTK(1,2), Hessian product (3,4))",
    "a test",
)


def linear_networks(depth: int) -> float:
    """n cov(NTK_ii, Hhat_jj), i != j, of networks of linear layers with C = lambda = 1, at an input of norm one.

    NTK_ii = sum_m q_m and Hhat_jj = 2 sum_m (depth - 1 - m) q_m up to factors that are independent at this order, for layers m
    = 0 .. depth - 1, q_m the squared norm of layer m per neuron: a product of m independent factors of variance 2 / n.
    """
    m = np.arange(depth)
    return float(np.sum(2 * (depth - 1 - m) * 2 * np.minimum(m[:, None], m)))


def test_the_cumulant_of_linear_networks_is_that_of_products_of_gaussian_matrices():
    every = {**{name: diagrams(name) for name in TENSORS}, "W": diagrams(OWN)}
    tensors = {name: np.zeros((1,) * len(found.tensor.colours)) for name, found in every.items()}
    tensors |= {"K": np.ones((1, 1)), "Theta": np.ones((1, 1))}
    for depth in range(2, 7):
        moments = from_expectations(gaussian_expectations(get_activation("identity"), tensors["K"], None))
        layer = Layer(moments, tensors, 1.0, 1.0)
        tensors = {name: assemble(found, layer) for name, found in every.items()}
        np.testing.assert_allclose(tensors["W"].item(), linear_networks(depth), rtol=1e-12, atol=1e-12)


def test_a_cumulant_that_feeds_on_one_that_is_unknown_is_refused():
    """Left out without a word, its diagrams would be missing from the layer before the last on."""
    unknown = replace(OWN, name="HH", colours=("ab", "ab", "cd", "cd"))  # two Hessian products
    assert len(diagrams(OWN)) == 9
    with pytest.raises(
        InputError, match=r"HH: lines end in a cumulant .* no entry of rules.TENSORS, of legs .* with .*; add it"
    ):
        diagrams(unknown)

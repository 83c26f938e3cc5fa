"""Layers in torch: group convolutions are equivariant for any weights, except for even filters with zero padding."""

import numpy as np
import pytest
import torch

from ntklab.errors import InputError
from ntklab.nets.convolutional import build_network
from ntklab.nets.layers import GroupConvolution, LiftingConvolution

RNG = np.random.default_rng(31)
X = RNG.normal(size=(3, 2, 5, 5))


@pytest.mark.parametrize("padding, q", [("VALID", 2), ("VALID", 3), ("SAME", 3), ("CIRCULAR", 3)])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_layers_are_equivariant_for_any_weights(padding, q, turns):
    rng = np.random.default_rng(2)
    lift = LiftingConvolution(2, 4, q, rng, padding, bias_variance=0.3).double()
    convolve = GroupConvolution(4, 3, q, rng, padding, bias_variance=0.3).double()
    x = torch.from_numpy(X)
    for z, turned in (
        (lift(x), lift(torch.rot90(x, turns, (2, 3)))),
        (convolve(lift(x)), convolve(lift(torch.rot90(x, turns, (2, 3))))),
    ):
        expected = torch.rot90(z.roll(-turns, 1), turns, (3, 4))
        torch.testing.assert_close(turned, expected, rtol=1e-12, atol=1e-12)


def test_even_filters_with_zero_padding_break_it_and_are_refused():
    lift = LiftingConvolution(2, 4, 2, np.random.default_rng(2), "SAME").double()
    x = torch.from_numpy(X)
    turned, expected = lift(torch.rot90(x, 1, (2, 3))), torch.rot90(lift(x).roll(-1, 1), 1, (3, 4))
    assert (turned - expected).abs().max() > 0.1
    with pytest.raises(InputError, match=r"even filter \(2\) with SAME padding"):
        build_network("gcnn", (2,), 4, channels=2, size=5, outputs=1, rng=np.random.default_rng(0), padding="SAME")
    with pytest.raises(InputError, match="a filter of side 3 does not fit feature maps of side 2"):
        build_network("gcnn", (4, 3), 4, channels=2, size=5, outputs=1, rng=np.random.default_rng(0), padding="VALID")

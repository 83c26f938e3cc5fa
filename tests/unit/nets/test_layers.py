"""Layers in torch: group convolutions are equivariant for any weights, except for even filters with zero padding."""

import numpy as np
import pytest
import torch

from ntklab.errors import InputError
from ntklab.groups import REGISTRY, group
from ntklab.nets.convolutional import build_network
from ntklab.nets.layers import GroupConvolution, LiftingConvolution

RNG = np.random.default_rng(31)
X = RNG.normal(size=(3, 2, 5, 5))


@pytest.mark.parametrize("padding, q", [("VALID", 2), ("VALID", 3), ("SAME", 3), ("CIRCULAR", 3)])
@pytest.mark.parametrize("name", REGISTRY)
def test_layers_are_equivariant_for_any_weights(padding, q, name):
    rng, G = np.random.default_rng(2), group(name)
    lift = LiftingConvolution(G, 2, 4, q, rng, padding, bias_variance=0.3).double()
    convolve = GroupConvolution(G, 4, 3, q, rng, padding, bias_variance=0.3).double()

    def moved(x, s):
        """x (..., row, column) moved by s."""
        return torch.from_numpy(
            np.moveaxis(G.act(s, np.moveaxis(x.detach().numpy(), (-2, -1), (1, 2))), (1, 2), (-2, -1)).copy()
        )

    x = torch.from_numpy(X)
    for s in G.elements:
        right = G.multiplication_table[:, s]
        after = lift(moved(x, s))
        for z, of_moved in ((lift(x), after), (convolve(lift(x)), convolve(after))):
            torch.testing.assert_close(of_moved, moved(z[:, right], s), rtol=1e-12, atol=1e-12)


def test_filters_of_c4_are_turned_copies_with_their_parts_rolled():
    layer = GroupConvolution(group("c4"), 2, 3, 3, np.random.default_rng(2))
    w = (layer.scale * layer.weight).movedim(2, 1)
    expected = torch.cat([torch.rot90(w.roll(r, 1), -r, (3, 4)) for r in range(4)]).flatten(1, 2)
    assert torch.equal(layer.filters(), expected)


def test_even_filters_with_zero_padding_break_it_and_are_refused():
    lift = LiftingConvolution(group("c4"), 2, 4, 2, np.random.default_rng(2), "SAME").double()
    x = torch.from_numpy(X)
    turned, expected = lift(torch.rot90(x, 1, (2, 3))), torch.rot90(lift(x).roll(-1, 1), 1, (3, 4))
    assert (turned - expected).abs().max() > 0.1
    with pytest.raises(InputError, match=r"even filter \(2\) with SAME padding"):
        build_network("gcnn", (2,), 4, channels=2, size=5, outputs=1, rng=np.random.default_rng(0), padding="SAME")
    with pytest.raises(InputError, match="a filter of side 3 does not fit feature maps of side 2"):
        build_network("gcnn", (4, 3), 4, channels=2, size=5, outputs=1, rng=np.random.default_rng(0), padding="VALID")

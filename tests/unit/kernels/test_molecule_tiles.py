"""Tiles of kernels between molecules: the whole kernel, computed once, and nothing lost by a run that is cut off."""

import numpy as np
import pytest

from ntklab.kernels.molecule_tiles import tiled_molecule_kernels
from ntklab.kernels.molecules import mlp_molecule_kernel
from ntklab.network import Network

RNG = np.random.default_rng(8)
X, Y = RNG.normal(size=(7, 2, 5)), RNG.normal(size=(4, 2, 5))
NETWORK = Network(dense=1)


class Counted:
    """The kernels of a network; counts the tiles, and fails after some."""

    def __init__(self, fails_after: int = 100):
        self.tiles, self.fails_after = 0, fails_after

    def __call__(self, x, y):
        if self.tiles == self.fails_after:
            raise KeyboardInterrupt
        self.tiles += 1
        return mlp_molecule_kernel(NETWORK, x, y)


@pytest.mark.parametrize("y", [None, Y])
@pytest.mark.parametrize("block", [1, 3, 7, 100])
def test_tiles_are_the_whole_kernel(tmp_path, y, block):
    found = tiled_molecule_kernels(Counted(), "mlp", X, y, cache=tmp_path, block=block)
    for ours, whole in zip(found, mlp_molecule_kernel(NETWORK, X, y), strict=True):
        np.testing.assert_allclose(ours, whole, rtol=1e-13)


def test_a_run_that_was_cut_off_computes_what_is_missing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        tiled_molecule_kernels(Counted(fails_after=4), "mlp", X, cache=tmp_path, block=3)
    kernel = Counted()
    again = tiled_molecule_kernels(kernel, "mlp", X, cache=tmp_path, block=3)
    assert kernel.tiles == 2, "of six tiles on and above the diagonal"
    np.testing.assert_array_equal(again.ntk, tiled_molecule_kernels(Counted(0), "mlp", X, cache=tmp_path, block=3).ntk)


def test_a_set_that_grows_by_blocks_keeps_its_tiles(tmp_path):
    tiled_molecule_kernels(Counted(), "mlp", X[:6], cache=tmp_path, block=3)
    kernel = Counted()
    tiled_molecule_kernels(kernel, "mlp", X, cache=tmp_path, block=3)
    assert kernel.tiles == 3, "those of the last molecule"


def test_another_network_or_other_molecules_have_other_tiles(tmp_path):
    tiled_molecule_kernels(Counted(), "mlp", X, cache=tmp_path)
    for name, x in (("other", X), ("mlp", X + 1e-12), ("mlp", X.astype(np.float32))):
        kernel = Counted()
        tiled_molecule_kernels(kernel, name, x, cache=tmp_path)
        assert kernel.tiles == 1

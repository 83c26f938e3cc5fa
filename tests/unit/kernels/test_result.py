"""What a pair of kernels looks like."""

import numpy as np

from ntklab.kernels import Kernels


def test_kernels_are_a_pair_that_says_shapes_and_ranges():
    kernels = Kernels(np.array([[1.0, 0.25]]), np.array([[2.0, -3.0]]))
    nngp, ntk = kernels
    assert nngp is kernels.nngp and ntk is kernels[1]
    assert repr(kernels) == "Kernels (1, 2), float64\n  nngp  0.25 to 1\n  ntk   -3 to 2"
    assert "<td>-3</td>" in kernels._repr_html_() and kernels._repr_html_().startswith("<table>")


def test_large_kernels_stay_short():
    kernels = Kernels(np.ones((500, 500), np.float32), np.ones((500, 500), np.float32))
    assert len(repr(kernels)) < 100 and "float32" in repr(kernels)

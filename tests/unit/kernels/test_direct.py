"""Published kernels of a group-convolutional network, by the fast way and by layers."""

import numpy as np
import pytest
from jax import enable_x64

from ntklab.data.gaussian import gaussian_images
from ntklab.kernels import Network, gcnn_kernel
from ntklab.kernels._neural_tangents import nt
from ntklab.kernels.direct import gcnn_layers


@pytest.fixture(scope="module")
def published_images():
    """The two 16 x 16 x 3 images of the published numbers."""
    return gaussian_images(0xDEADBEEF, 2, 16, 3)


NNGP = [[0.09886191, 0.09804619], [0.09804619, 0.09776222]]
NTK = {
    "zero": [[0.13801278, 0.13625278], [0.13625278, 0.1365239]],
    "input": [[0.14003834, 0.137896], [0.137896, 0.13856379]],
}


def test_fast_kernel_gives_the_anchor_numbers(published_images):
    kernels = gcnn_kernel(Network((3, 3), padding="SAME"), published_images)
    np.testing.assert_allclose(kernels.nngp, NNGP, atol=6e-9)
    np.testing.assert_allclose(kernels.ntk, NTK["zero"], atol=6e-9)


def test_batched_layers_give_the_published_numbers_from_their_input_ntk(published_images):
    layers = gcnn_layers(Network((3, 3), padding="SAME"), theta0="input")
    with enable_x64(True):
        kernels = nt.batch(layers[2], batch_size=1)(published_images, None, ("nngp", "ntk"))
    np.testing.assert_allclose(kernels.nngp, NNGP, atol=6e-9)
    np.testing.assert_allclose(kernels.ntk, NTK["input"], atol=6e-9)

"""Gaussian images: the draw is repeated, and is the one of the published kernels."""

import numpy as np

from ntklab.data.gaussian import gaussian_images


def test_the_draw_depends_on_the_key_only_and_is_normal():
    images = gaussian_images(3, 40, 8, 2)
    assert images.shape == (40, 8, 8, 2)
    np.testing.assert_array_equal(images, gaussian_images(3, 40, 8, 2))
    assert not np.array_equal(images, gaussian_images(4, 40, 8, 2))
    assert abs(images.mean()) < 4 / np.sqrt(images.size)
    assert abs(np.square(images).mean() - 1) < 4 * np.sqrt(2 / images.size)

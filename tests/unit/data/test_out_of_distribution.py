"""Sets out of distribution are real images or noise, and fit the training images."""

import numpy as np
import pytest

from ntklab.data import tissue
from ntklab.data.embedded import embedded
from ntklab.data.out_of_distribution import NAMES, draw
from ntklab.errors import InputError, MissingFileError


def test_sets_out_of_distribution_are_real_or_noise_and_fit_the_training_images():
    rng = np.random.default_rng(0)
    digits = draw("mnist", "embedded", 20, 28, 1, rng)
    real = embedded("mnist", "digits").images / np.float32(255)
    assert all((real == digit[..., 0]).all(axis=(1, 2)).any() for digit in digits)
    for name in ("photographs", "tissue"):
        assert draw(name, "embedded", 5, 28, 3, rng).shape == (5, 28, 28, 3)
        assert draw(name, "embedded", 5, 28, 1, rng).shape == (5, 28, 28, 1)
    patches = tissue.load("colour").images / np.float32(255)
    assert all((patches == patch).all(axis=(1, 2, 3)).any() for patch in draw("tissue", "embedded", 20, 32, 3, rng))
    noise = draw("noise", "generated", 200, 8, 1, rng)
    assert noise.min() == 0 and noise.max() == 1 and abs((noise == 0).mean() - 0.5) < 0.02
    with pytest.raises(InputError, match="its images are grey, but the training images have 3 channels"):
        draw("mnist", "embedded", 5, 28, 3, rng)
    with pytest.raises(InputError, match=f"unknown set of images 'minst'; known: {', '.join(NAMES)}"):
        draw("minst", "embedded", 5, 28, 1, rng)
    with pytest.raises(MissingFileError, match='or use data "photographs"'):
        draw("cifar10", "nowhere.tar.gz", 5, 28, 1, rng)
    with pytest.raises(InputError, match="5000 images wanted"):
        draw("mnist", "embedded", 5000, 28, 1, rng)

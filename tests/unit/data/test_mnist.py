"""MNIST from the published files and from the ones that ship with ntklab."""

import numpy as np
import pytest

from ntklab.data import fashion_mnist, mnist
from ntklab.errors import InputError


def test_mnist_is_loaded_from_a_folder(fashion_folder, monkeypatch):
    monkeypatch.setattr(mnist, "MD5", fashion_mnist.MD5)
    for part, n, reference in zip(("training", "test"), (60, 30), fashion_mnist.load(str(fashion_folder)), strict=True):
        digits = mnist.load(str(fashion_folder), part)
        assert digits.images.shape == (n, 28, 28)
        np.testing.assert_array_equal(digits.labels, reference.labels)


def test_mnist_files_are_verified_and_their_absence_has_a_remedy(fashion_folder):
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte\.gz: wrong md5 .* expected 6bbc9ace"):
        mnist.load(str(fashion_folder))
    with pytest.raises(
        FileNotFoundError, match=r"in folder elsewhere: MNIST is a download; or use source \"embedded\""
    ):
        mnist.load("elsewhere")

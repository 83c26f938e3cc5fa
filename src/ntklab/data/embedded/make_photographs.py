"""Make the embedded patches of photographs from the wheel of scikit-image; the same wheel gives the same arrays.

python -m ntklab.data.embedded.make_photographs --wheel FILE --output FOLDER

README.md in this folder says where to get the wheel, and the licence of each photograph.
"""

import argparse
import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ntklab.data.embedded.patches import SEED, read_photograph, tiles
from ntklab.data.images import balanced, grey
from ntklab.data.photographs import KINDS
from ntklab.files import file_hash, save_arrays
from ntklab.seeds import generator

PATCHES = 500
"""Of each kind."""

SHA256 = {
    "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "brick.png": "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    "camera.png": "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "coins.png": "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
    "grass.png": "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
    "gravel.png": "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
    "hubble_deep_field.jpg": "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    "rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
}
"""File in skimage/data of scikit-image 0.26.0 -> its checksum."""

SOURCE = "photographs in scikit-image 0.26.0, skimage/data, CC0 or public domain, see README.md"


def read(wheel: zipfile.ZipFile, name: str) -> UInt8[np.ndarray, "row column 3"]:
    """The pixels of the photograph called `name` in red, green, blue."""
    file = next(file for file in SHA256 if Path(file).stem == name)
    return read_photograph(wheel, f"skimage/data/{file}", SHA256[file])


def choose(kind: str, photographs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Random patches, equally many of each photograph, with its number and their corner, named as in the file."""
    parts = [tiles(photographs[name]) for name in KINDS[kind]]
    patches, corners = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    labels = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    chosen = balanced(labels, PATCHES // len(parts), generator(SEED, "embedded", "photographs", kind))
    images = patches[chosen]
    return {
        f"{kind}/images": grey(images) if kind == "grey" else images,
        f"{kind}/labels": labels[chosen].astype(np.uint8),
        f"{kind}/corner": corners[chosen].astype(np.int16),
    }


def make(wheel: Path, output: Path) -> None:
    """Write photographs.npz to the folder `output`, and print its checksum."""
    with zipfile.ZipFile(wheel) as archive:
        photographs = {name: read(archive, name) for name in KINDS["grey"]}
    arrays = choose("grey", photographs) | choose("colour", photographs)
    header = {"data": "photographs", "seed": SEED, "source": SOURCE, "photographs": KINDS}
    path = output / "photographs.npz"
    save_arrays(path, arrays, header, compress=True)
    print(f"{file_hash(path)}  {path.name}")


def main() -> None:
    """Parse the command line and make the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, required=True, help="wheel of scikit-image 0.26.0, of any platform")
    parser.add_argument("--output", type=Path, required=True, help="folder for photographs.npz")
    arguments = parser.parse_args()
    make(arguments.wheel, arguments.output)


if __name__ == "__main__":
    main()

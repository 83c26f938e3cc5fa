"""Make the embedded molecules of QM9 from the tables of the package qm9pack; the same tables give the same arrays.

python -m ntklab.data.embedded.make_qm9 --qm9pack FOLDER --output FOLDER

README.md in this folder says where to get the package, and how the molecules are chosen and kept.
"""

import argparse
from pathlib import Path

import numpy as np
from jaxtyping import Int

from ntklab.data import qm9
from ntklab.data.molecules import Molecules
from ntklab.files import file_hash, save_arrays
from ntklab.seeds import generator

SEED = 240606504
"""Fixes the choice; the number of the paper on equivariant kernels on arXiv."""

NUMBER = 2_500
"""Molecules: three disjoint draws of 300 for training and 500 for testing, and some over."""

METHANE = 0
"""Its place in QM9; a molecule whose energy is known by heart."""

SOURCE = f"QM9 (Ramakrishnan, Dral, Rupp, von Lilienfeld 2014), CC0, as in {qm9.PACKAGE} {qm9.VERSION}, MIT licence"


def choose(molecules: int) -> Int[np.ndarray, " chosen"]:
    """Places of NUMBER - 1 random molecules other than methane, without repetition, in random order, and methane last."""
    others = 1 + generator(SEED, "embedded", "qm9").permutation(molecules - 1)
    return np.append(others[: NUMBER - 1], METHANE)


def arrays_of(molecules: Molecules) -> dict[str, np.ndarray]:
    """Named as in the file: decimal numbers as integers of their last digit's unit, atoms of all molecules in a row."""
    atom = molecules.charges > 0
    return {
        "index": molecules.index.astype(np.int32),
        "atoms": atom.sum(axis=1).astype(np.uint8),
        "charges": molecules.charges[atom],
        "positions": np.rint(molecules.positions[atom] * 1e10).astype(np.int64),
        "internal_energy": np.rint(molecules.energy * 1e6).astype(np.int64),
    }


def make(tables: Path, output: Path) -> None:
    """Write qm9.npz to the folder `output` from the folder with the tables of the package, and print its checksum."""
    arrays = arrays_of(qm9.read(tables, choose))
    path = output / "qm9.npz"
    save_arrays(path, arrays, {"data": "qm9", "seed": SEED, "source": SOURCE}, compress=True)
    print(f"{file_hash(path)}  {path.name}")


def main() -> None:
    """Parse the command line and make the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qm9pack", type=Path, required=True, help="folder qm9pack/data of the package qm9pack")
    parser.add_argument("--output", type=Path, required=True, help="folder for qm9.npz")
    arguments = parser.parse_args()
    make(arguments.qm9pack, arguments.output)


if __name__ == "__main__":
    main()

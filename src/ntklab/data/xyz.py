"""Molecules of a file in XYZ or extended-XYZ format, which many programs of chemistry write."""

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ntklab.data.molecules import MEV_PER_HARTREE, Molecules, pad
from ntklab.errors import InputError, MissingFileError, require

if TYPE_CHECKING:
    from ase import Atoms

PER_HARTREE = {"Hartree": 1.0, "eV": MEV_PER_HARTREE / 1000}
"""Unit of energy -> how many are a Hartree."""


def molecules_from_xyz(path: str | Path, energy: str = "energy", unit: str = "eV") -> Molecules:
    """The frames of an XYZ or extended-XYZ file as molecules, numbered from 1, positions in Angstrom.

    The reader is that of ASE (A. Hjorth Larsen et al., J. Phys.: Condens. Matter 29, 273002, 2017).
    `energy` is the key of the energies in the second line of the frames, in the `unit` "eV", as ASE has them, or
    "Hartree"; they are optional, but for all frames or for none.

    `InputError`, one line with the file and the frame, for a file that cannot be read, a periodic frame, elements other than
    H, C, N, O, F, too many atoms, coincident ones, and energies of some frames only.
    """
    path = Path(path)
    if unit not in PER_HARTREE:
        raise InputError(f"unknown unit of energy {unit!r}; there are {', '.join(PER_HARTREE)}")
    frames = _frames(path)

    def name(i: int) -> str:
        return f"{path}, frame {i + 1}"

    if periodic := [i for i, frame in enumerate(frames) if frame.pbc.any()]:
        raise InputError(
            f'{name(periodic[0])}: is periodic, expected a molecule by itself (no Lattice, or pbc="F F F")'
        )
    return pad(
        np.arange(1, len(frames) + 1),
        np.array([len(frame) for frame in frames]),
        list(itertools.chain.from_iterable(frame.get_chemical_symbols() for frame in frames)),
        np.concatenate([frame.get_positions() for frame in frames]),
        _energies([_energy(frame, energy) for frame in frames], path, energy, unit),
        name,
    )


def _frames(path: Path) -> "list[Atoms]":
    require("workflow", "ase")
    from ase.io import read  # 0.2 s

    if not path.is_file():
        raise MissingFileError(f"no file {path}; expected one in XYZ or extended-XYZ format")
    try:
        frames = read(path, index=":", format="extxyz")
    except Exception as error:  # ASE does not say what its reader raises where the text is something else
        raise InputError(f"{path}: not in XYZ or extended-XYZ format ({' '.join(str(error).split())})") from error
    if not frames:
        raise InputError(f"{path}: no molecules")
    return frames


def _energy(frame: "Atoms", key: str) -> object:
    """The energy of a frame: ASE keeps a few keys with the results of a calculation, all others as what is known of it."""
    results = {} if frame.calc is None else frame.calc.results
    return results.get(key, frame.info.get(key))


def _energies(found: list[object], path: Path, key: str, unit: str) -> np.ndarray | None:
    if all(energy is None for energy in found):
        return None
    for i, energy in enumerate(found):
        if not isinstance(energy, int | float | np.number):
            raise InputError(f"{path}, frame {i + 1}: {key} is {energy!r}, expected a number, or no {key} in any frame")
    return np.array(found, dtype=np.float64) / PER_HARTREE[unit]

"""The original archive of QM9: a file for each molecule, in an extension of the XYZ format of its own (readme.txt there)."""

import bz2
import re
import tarfile
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from ntklab.data.molecules import Molecules, pad
from ntklab.data.remote import RemoteFile, verify
from ntklab.errors import InputError, MissingFileError
from ntklab.progress import Progress

ARCHIVE, LEFT_OUT = "dsgdb9nsd.xyz.tar.bz2", "uncharacterized.txt"

FIGSHARE = ("https://ndownloader.figshare.com/files/{}", "https://springernature.figshare.com/ndownloader/files/{}")
FILES = {
    name: RemoteFile(tuple(url.format(number) for url in FIGSHARE), f"md5:{md5}", size)
    for name, number, md5, size in (
        (ARCHIVE, 3195389, "ad1ebd51ee7f5b3a6e32e974e5d54012", 86_144_227),
        (LEFT_OUT, 3195404, "a361887bacb427b8a0ce7903d92a53b4", 486_752),
    )
}
"""Published file -> where it is, with the checksum and size that figshare gives."""

PROPERTIES = 17
"""In the second line of a file: tag "gdb", index, three rotational constants, then scalar properties."""

INTERNAL_ENERGY = 12
"""Place of the internal energy at 0 K, in Hartree, among them."""

HEAD, FOOT = 9, 1
"""Lines of LEFT_OUT before and after its table, of which the first column is the index."""


def read(path: Path, log: Callable[[str], None] = lambda line: None) -> Molecules:
    """The molecules of the archive by index, without those listed in LEFT_OUT, which has to be in the same folder.

    Read as a stream: nothing is unpacked to disk. Energies are internal energies at 0 K in Hartree. Files with the published
    names must be the published ones. `MissingFileError` for a missing file, `InputError` for a damaged one.
    """
    left_out = _left_out(path.with_name(LEFT_OUT))
    if path.name in FILES:
        verify(path, FILES[path.name])
    index, atoms, energy, names = [], [], [], []
    symbols, positions = [], array("d")
    for name, text in _members(path, log):
        number, molecule_symbols, molecule_positions, molecule_energy = _parse(text, name)
        if number in left_out:
            continue
        index.append(number)
        atoms.append(len(molecule_symbols))
        energy.append(molecule_energy)
        names.append(name)
        symbols.extend(molecule_symbols)
        positions.extend(molecule_positions)
    if not index:
        raise InputError(f"{path}: no molecules; expected .xyz files, such as dsgdb9nsd_000001.xyz")
    molecules = pad(
        np.array(index),
        np.array(atoms),
        symbols,
        np.frombuffer(positions).reshape(-1, 3),
        np.array(energy, dtype=np.float64),
        names.__getitem__,
    )
    order = np.argsort(molecules.index)
    if len(repeated := np.flatnonzero(np.diff(molecules.index[order]) == 0)):
        raise InputError(f"{path}: index {molecules.index[order][repeated[0]]} is there twice")
    return molecules.take(order)


def _left_out(path: Path) -> set[int]:
    if not path.is_file():
        raise MissingFileError(
            f"no file {path}, which lists the molecules of QM9 to be left out; fetch it from {FILES[LEFT_OUT].urls[0]}"
        )
    verify(path, FILES[LEFT_OUT])
    return {int(line.split()[0]) for line in path.read_text().splitlines()[HEAD:-FOOT]}


def _members(path: Path, log: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    """Name, with the archive's, and text of every .xyz file."""
    progress, done = Progress(log, path.stat().st_size), 0
    try:
        # Unpacked here: tarfile by itself takes an archive that ends too early for a shorter one.
        with (
            open(path, "rb") as packed,
            bz2.open(packed) as unpacked,
            tarfile.open(fileobj=unpacked, mode="r|") as files,
        ):
            for member in files:
                content = files.extractfile(member)
                if content is None or PurePosixPath(member.name).suffix != ".xyz":
                    continue
                if (done := done + 1) % 1000 == 0:
                    progress(packed.tell(), f"molecule {done:,}")
                yield f"{path}, {member.name}", content.read().decode("ascii", errors="replace")
            while unpacked.read(1 << 20):
                pass
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(
            f"{path}: truncated or damaged ({error}); fetch it again from {FILES[ARCHIVE].urls[0]}"
        ) from error


def _parse(text: str, name: str) -> tuple[int, list[str], list[float], float]:
    """Index, symbols, coordinates in a row (Angstrom) and internal energy (Hartree) from the text of a file.

    Lines: number of atoms n; properties; n atoms with symbol, x, y, z, partial charge; frequencies; SMILES; InChI.
    """
    try:
        lines = text.splitlines()
        atoms, properties = int(lines[0]), lines[1].split()
        rows = [line.split() for line in lines[2 : 2 + atoms]]
        if (
            properties[0] != "gdb"
            or len(properties) != PROPERTIES
            or len(lines) != atoms + 5
            or set(map(len, rows)) != {5}
        ):
            raise ValueError("other lines")
        coordinates = [_number(text) for row in rows for text in row[1:4]]
        return int(properties[1]), [row[0] for row in rows], coordinates, _number(properties[INTERNAL_ENERGY])
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{name}: cannot be read; expected the number of atoms, {PROPERTIES} properties after the tag gdb, a line with 5 "
            f"entries for each atom, and 3 lines more"
        ) from error


def _number(text: str) -> float:
    """Some are written as "4.2*^-6", as Mathematica does."""
    return float(re.sub(r"\*\^", "e", text))

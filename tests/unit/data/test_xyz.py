"""Molecules of a user's own XYZ files."""

import numpy as np
import pytest

from ntklab.data import qm9
from ntklab.data.molecules import ELEMENTS
from ntklab.data.xyz import molecules_from_xyz
from ntklab.errors import InputError, MissingFileError

WATER = "O 0.0 0.0 0.1\nH 0.0 0.76 -0.47\nH 0.0 -0.76 -0.47\n"
PLAIN = f"3\nwater\n{WATER}2\ncarbon monoxide\nC 0 0 0\nO 0 0 1.13\n"
EXTENDED = f'3\nProperties=species:S:1:pos:R:3 energy=-2079.1 pbc="F F F"\n{WATER}'


def refused(path, match: str) -> None:
    with pytest.raises(InputError, match=match) as error:
        molecules_from_xyz(path)
    assert "\n" not in str(error.value) and str(path) in str(error.value)


def test_an_unknown_unit_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"unknown unit of energy 'meV'; there are Hartree, eV"):
        molecules_from_xyz(tmp_path / "own.xyz", unit="meV")


@pytest.fixture
def write(tmp_path):

    def written(text: str):
        path = tmp_path / "own.xyz"
        path.write_text(text)
        return path

    return written


def test_frames_of_a_plain_file_are_molecules_without_energies(write):
    molecules = molecules_from_xyz(write(PLAIN))
    assert molecules.index.tolist() == [1, 2] and molecules.energy is None
    assert molecules.charges[:, :4].tolist() == [[8, 1, 1, 0], [6, 8, 0, 0]]
    assert molecules.positions[0, 1].tolist() == [0, 0.76, -0.47] and molecules.positions[1, 1].tolist() == [0, 0, 1.13]


def test_energies_have_a_key_and_a_unit(write):
    assert molecules_from_xyz(write(EXTENDED)).energy[0] == pytest.approx(-2079.1 / 27.211386245981)
    assert molecules_from_xyz(write(EXTENDED), unit="Hartree").energy.tolist() == [-2079.1]
    own = write(EXTENDED.replace("energy", "U0"))
    assert molecules_from_xyz(own).energy is None
    assert molecules_from_xyz(own, energy="U0", unit="Hartree").energy.tolist() == [-2079.1]


def test_molecules_of_qm9_come_back(write):
    few = qm9.read("embedded", lambda n: np.arange(5))
    symbols = {charge: symbol for symbol, charge in ELEMENTS.items()}
    lines = []
    for charges, positions, energy in zip(few.charges, few.positions, few.energy, strict=True):
        atoms = np.flatnonzero(charges)
        lines += [len(atoms), f"Properties=species:S:1:pos:R:3 energy={energy}"]
        lines += [f"{symbols[charges[i]]} {' '.join(map(str, positions[i]))}" for i in atoms]
    found = molecules_from_xyz(write("\n".join(map(str, lines)) + "\n"), unit="Hartree")
    for a, b in zip(found[1:], few[1:], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no molecules"),
        ("hello\n", "not in XYZ or extended-XYZ format"),
        ("3\nwater\nO 0 0 0\n", "not in XYZ or extended-XYZ format"),
        (PLAIN.replace("0.76", "x"), "not in XYZ or extended-XYZ format"),
        (PLAIN.replace("C 0", "Cl 0"), "frame 2: atom 1 is 'Cl', expected H, C, N, O, F"),
        (PLAIN.replace("1.13", "0.113"), r"frame 2: atoms 1 and 2 are 0\.11 Angstrom apart"),
        (PLAIN.replace("1.13", "nan"), "frame 2: a position is not finite"),
        ("0\nnothing\n", "frame 1: 0 atoms, expected 1 to 29"),
        ("30\nx\n" + "".join(f"C {i} 0 0\n" for i in range(30)), "frame 1: 30 atoms, expected 1 to 29"),
        (EXTENDED + PLAIN, "frame 2: energy is None, expected a number, or no energy in any frame"),
        (EXTENDED.replace("-2079.1", "low"), "frame 1: energy is 'low', expected a number"),
        (EXTENDED.replace('pbc="F F F"', 'Lattice="9 0 0 0 9 0 0 0 9"'), "frame 1: is periodic"),
    ],
)
def test_wrong_files_are_refused_in_one_line(write, text, match):
    refused(write(text), match)


def test_an_absent_file_is_named(write, tmp_path):
    with pytest.raises(MissingFileError, match=r"no file .*nothing\.xyz"):
        molecules_from_xyz(tmp_path / "nothing.xyz")

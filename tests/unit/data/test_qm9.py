"""QM9 from tables, from the embedded sample and from the package, and what is said of wrong ones."""

import hashlib
import importlib.util
import re

import numpy as np
import pytest

from ntklab.data import qm9
from ntklab.data.embedded.make_qm9 import choose
from ntklab.data.molecules import MEV_PER_HARTREE, SLOTS
from ntklab.data.remote import RemoteFile
from ntklab.errors import InputError, MissingFileError

METHANE = -17.172
"""Atomisation energy in eV."""

WHOLE_MEAN, WHOLE_DEVIATION = -2.79721, 0.37939
"""Of the atomisation energies of all molecules, in Hartree."""


def as_published(monkeypatch, paths) -> None:
    """The checksums of these files as those of the package's."""
    remotes = {}
    for path in paths:
        content = path.read_bytes()
        remotes[path.name] = RemoteFile((), f"sha256:{hashlib.sha256(content).hexdigest()}", len(content))
    monkeypatch.setattr(qm9, "PARTS", remotes)


def refused(source, match: str, choose=None) -> None:
    with pytest.raises(InputError, match=match) as error:
        qm9.read(source, choose)
    assert "\n" not in str(error.value) and str(source) in str(error.value)


# ---- what is read ----------------------------------------------------------------------------------------------------


def test_a_table_is_read_with_its_bare_dots_and_single_quotes(qm9_table):
    molecules = qm9.read(qm9_table())
    assert molecules.index.tolist() == [1, 3, 4]
    assert molecules.charges.shape == (3, SLOTS) and molecules.charges.dtype == np.uint8
    assert molecules.charges[:, :6].tolist() == [[6, 1, 1, 1, 1, 0], [8, 1, 1, 0, 0, 0], [6, 6, 1, 1, 0, 0]]
    assert not molecules.charges[:, 6:].any() and not molecules.positions[molecules.charges == 0].any()
    assert molecules.positions[0, 1].tolist() == [0.002150416, -0.0060313176, 0.0019761204]
    assert molecules.positions[2, :2].tolist() == [[0.5995394918, 0, 1], [-0.5995394918, 0, 1]]
    assert molecules.energy.tolist() == [-40.47893, -76.404702, -77.308427]


def test_spaces_and_double_quotes_are_read_as_well(qm9_table):
    """As another program may write the lists."""
    spaced = {(1, "Elements"): "[''O'', 'H', 'H']".replace("''", '""'), (1, "Stoichiometry"): "[2, 0, 0, 1, 0]"}
    spaced[1, "XYZ_Ang"] = "[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]"
    molecules = qm9.read(qm9_table(spaced))
    assert molecules.charges[1, :3].tolist() == [8, 1, 1]
    np.testing.assert_array_equal(molecules.positions[1, :3], [[0, 1, 0], [0, 0, 1], [1, 0, 0]])


def test_atomisation_energies_are_relative_to_single_atoms(qm9_table):
    molecules = qm9.read(qm9_table())
    energies = qm9.atomisation_energies(molecules)
    by_hand = [-40.47893 + 37.846772 + 4 * 0.500273, -76.404702 + 75.064579 + 2 * 0.500273]
    np.testing.assert_allclose(energies[:2], by_hand, rtol=1e-12)
    assert energies[0] == pytest.approx(-0.631066, abs=1e-9)
    assert energies[0] * MEV_PER_HARTREE / 1000 == pytest.approx(METHANE, abs=1e-3)
    with pytest.raises(InputError, match="need the energies"):
        qm9.atomisation_energies(molecules._replace(energy=None))


def test_chosen_molecules_come_in_the_order_wanted_and_the_others_are_not_parsed(qm9_table):
    path = qm9_table({(1, "XYZ_Ang"): "nonsense"})
    molecules = qm9.read(path, lambda n: np.arange(n)[::-2])
    assert molecules.index.tolist() == [4, 1] and molecules.charges[0, :3].tolist() == [6, 6, 1]
    assert molecules.energy.tolist() == [-77.308427, -40.47893]
    refused(path, "Index 3: XYZ_Ang", lambda n: np.array([1]))


def test_what_is_prepared_has_names_and_both_energies(qm9_table):
    lines: list[str] = []
    arrays = qm9.prepare(qm9_table(), lambda n: np.arange(2), lines.append)
    shapes = {name: array.shape for name, array in arrays.items()}
    one = (2,)
    assert shapes == {
        "index": one, "charges": (2, SLOTS), "positions": (2, SLOTS, 3), "internal_energy": one, "atomisation_energy": one
    }  # fmt: skip
    assert arrays["atomisation_energy"][0] == pytest.approx(-0.631066)
    assert lines == ["reading own.csv", "parsing 2 of 3 molecules"]


def test_a_folder_holds_the_three_tables(qm9_table, tmp_path, monkeypatch):
    rows = qm9.read(qm9_table())
    parts = []
    for i, name in enumerate(qm9.PARTS):
        full = qm9_table(name=name).read_text().splitlines()
        (tmp_path / name).write_text("\n".join([full[0], full[i + 1]]))
        parts.append(tmp_path / name)
    as_published(monkeypatch, parts)
    for found, expected in zip(qm9.read(tmp_path), rows, strict=True):
        np.testing.assert_array_equal(found, expected)
    parts[1].write_text(parts[1].read_text().replace("\n3,", "\n7,"))
    sha = (
        r"wrong sha256: expected \w{64}, found \w{64}, as in qm9pack 1\.0\.3; install that version, or rename the file"
    )
    refused(tmp_path, rf"qm9_part2\.csv: {sha}")
    parts[2].unlink()
    with pytest.raises(MissingFileError, match=r"no qm9_part3\.csv, and no dsgdb9nsd\.xyz\.tar\.bz2: pip install"):
        qm9.read(tmp_path)


def test_a_molecule_in_two_tables_is_named_with_the_second(qm9_table, tmp_path, monkeypatch):
    paths = [qm9_table(name=name, rows=()) for name in qm9.PARTS]
    content = qm9_table().read_text().splitlines()
    for path, row in zip(paths, (1, 2, 1), strict=True):
        path.write_text("\n".join([content[0], content[row]]))
    as_published(monkeypatch, paths)
    refused(tmp_path, r"qm9_part3\.csv, Index 1: is there twice")


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_missing_columns_are_named(qm9_table):
    path = qm9_table(without=("XYZ_Ang", "Stoichiometry"))
    refused(path, r"own\.csv: no column Stoichiometry, XYZ_Ang; expected Index, Stoichiometry, Elements, XYZ_Ang, Int")


GEOMETRY = r"XYZ_Ang is '.*', expected \[\[x,y,z\],\.\.\.\] in Angstrom, an atom each"
WATER = "[[0,1,0],[0,0,1],[1,0,0]]"


@pytest.mark.parametrize(
    ("column", "text", "match"),
    [
        ("XYZ_Ang", "", GEOMETRY),
        ("XYZ_Ang", WATER[:-1], GEOMETRY),
        ("XYZ_Ang", WATER[1:-1], GEOMETRY),
        ("XYZ_Ang", "[[0,1,0],[0,0],[1,0,0,1]]", GEOMETRY),
        ("XYZ_Ang", WATER.replace("0,1,0", "0,x,0"), GEOMETRY),
        ("XYZ_Ang", WATER.replace("0,1,0", "0,,0"), GEOMETRY),
        ("XYZ_Ang", "[[0,1,0],[0,0,1]]", "3 in Elements but 2 positions in XYZ_Ang"),
        ("XYZ_Ang", WATER.replace("0,1,0", "0,nan,0"), "a position is not finite"),
        ("XYZ_Ang", WATER.replace("0,1,0", "0,0.001,1"), r"atoms 1 and 2 are 0\.001 Angstrom apart, expected 0\.4 or more"),
        ("Elements", "['S','H','H']", "atom 1 is 'S', expected H, C, N, O, F"),
        ("Elements", "['O','H','Cl']", "atom 3 is 'Cl', expected H, C, N, O, F"),
        ("Elements", "['O','H']", "2 in Elements but 3 positions"),
        ("Stoichiometry", "[2,0,1,0,0]", r"Stoichiometry is '\[2,0,1,0,0\]', expected \[2, 0, 0, 1, 0\], the numbers"),
        ("InternalEnergy_0K_au", "", "InternalEnergy_0K_au is '', expected a number"),
        ("InternalEnergy_0K_au", "nan", "its energy is nan, expected a finite number"),
    ],
)  # fmt: skip
def test_wrong_rows_are_named_with_what_is_allowed(qm9_table, column, text, match):
    refused(qm9_table({(1, column): text}), rf"own\.csv, Index 3: {match}")


def test_an_index_has_to_be_an_integer_and_there_once(qm9_table):
    refused(qm9_table({(1, "Index"): "3.5"}), r"own\.csv, Index 3\.5: Index is '3\.5', expected an integer")
    refused(qm9_table({(1, "Index"): "4"}), r"own\.csv, Index 4: is there twice")


def test_too_many_atoms_are_refused(qm9_table):
    atoms = 30
    cells = {
        (0, "Elements"): str(["C"] * atoms).replace(" ", ""),
        (0, "XYZ_Ang"): str([[i, 0, 0] for i in range(atoms)]),
        (0, "Stoichiometry"): "[0,30,0,0,0]",
    }
    refused(qm9_table(cells), r"own\.csv, Index 1: 30 atoms, expected 1 to 29")


def test_tables_that_end_too_early_or_are_none_are_refused(qm9_table, tmp_path):
    path = qm9_table()
    content = path.read_text()
    head = content.index("\n")
    for kept, match in ((0, "not a complete"), (head - 9, "no column Int"), (head, "no mol"), (-100, "not a complete")):
        path.write_text(content[:kept])
        refused(path, match)
    path.write_text(content.rsplit(",", 1)[0])
    refused(path, "Index 4: InternalEnergy_0K_au is '', expected a number")
    path.write_bytes(b"\xff\xfe" + np.random.default_rng(0).bytes(1000))
    refused(path, "not a complete table in CSV")
    (tmp_path / "molecules.json").write_text("{}")
    refused(tmp_path / "molecules.json", r"expected a table \(\.csv\) or the archive \(\.tar\.bz2\)")


def test_absent_sources_have_a_remedy(tmp_path, monkeypatch):
    with pytest.raises(MissingFileError, match=r"no file or folder .*/nothing: pip install --no-deps qm9pack==1\.0\.3"):
        qm9.read(tmp_path / "nothing")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        MissingFileError, match=r"the package qm9pack is not installed: pip install .* source \"?'?embedded"
    ):
        qm9.read("qm9pack")


# ---- the sets themselves ---------------------------------------------------------------------------------------------


def test_the_embedded_molecules_are_a_sample_of_qm9():
    molecules = qm9.read("embedded")
    energies = qm9.atomisation_energies(molecules)
    assert len(molecules.index) == 2500 == len(np.unique(molecules.index))
    assert molecules.index[-1] == 1 and energies[-1] * MEV_PER_HARTREE / 1000 == pytest.approx(METHANE, abs=1e-3)
    others = energies[:-1]
    assert abs(others.mean() - WHOLE_MEAN) < WHOLE_DEVIATION / np.sqrt(len(others))
    assert others.std() == pytest.approx(WHOLE_DEVIATION, rel=0.05)
    assert others.min() > -4.1569 and others.max() < -0.3395
    atoms = (molecules.charges > 0).sum(axis=1)
    assert 17.5 < atoms.mean() < 18.5 and atoms.max() <= SLOTS
    # In random order: the first half is neither older nor smaller.
    assert np.corrcoef(np.arange(2499), molecules.index[:-1])[0, 1] == pytest.approx(0, abs=0.06)
    few = qm9.read("embedded", lambda n: np.array([n - 1, 5]))
    assert few.index.tolist() == [1, molecules.index[5]]


def test_the_embedded_methane_is_that_of_the_table(qm9_table):
    embedded, table = qm9.read("embedded"), qm9.read(qm9_table())
    for found, expected in zip(embedded, table, strict=True):
        np.testing.assert_array_equal(found[-1], expected[0])


@pytest.mark.skipif(importlib.util.find_spec("qm9pack") is None, reason="qm9pack is not installed")
def test_the_package_holds_all_of_qm9():
    arrays = qm9.prepare("qm9pack")
    energies = arrays["atomisation_energy"]
    assert len(energies) == qm9.MOLECULES == len(np.unique(arrays["index"]))
    assert energies[0] == pytest.approx(-0.631066, abs=1e-9)
    assert energies.mean() == pytest.approx(WHOLE_MEAN, abs=1e-5)
    assert energies.std() == pytest.approx(WHOLE_DEVIATION, abs=1e-5)
    assert energies.min() == pytest.approx(-4.1568, abs=1e-4) and energies.max() == pytest.approx(-0.3396, abs=1e-4)
    places = choose(qm9.MOLECULES)
    names = ("index", "charges", "positions", "internal_energy")
    for name, array in zip(names, qm9.read("embedded"), strict=True):
        np.testing.assert_array_equal(array, arrays[name][places])


def test_the_version_in_the_remedy_is_that_of_the_checksums():
    assert re.search(rf"qm9pack=={re.escape(qm9.VERSION)} ", qm9.REMEDY)

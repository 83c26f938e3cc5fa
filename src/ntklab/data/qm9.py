"""QM9: 130,831 molecules of up to nine C, N, O, F and their H, with geometries and energies of density functional theory.

R. Ramakrishnan, P. O. Dral, M. Rupp, O. A. von Lilienfeld, Scientific Data 1, 140022 (2014), B3LYP/6-31G(2df,p), figshare
collection 978904, CC0: 133,885 molecules minus the 3,054 whose relaxed geometry has another SMILES string than they started
from. The package qm9pack 1.0.3 (R. Ramakrishnan, MIT licence) holds them as tables in CSV; `qm9_archive` reads the original.
There is no official division into training and test sets.
"""

import importlib.util
import itertools
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int

from ntklab.data import qm9_archive
from ntklab.data.embedded import verified
from ntklab.data.molecules import ELEMENTS, Molecules, pad
from ntklab.data.qm9_archive import ARCHIVE
from ntklab.data.remote import RemoteFile, mismatch
from ntklab.errors import InputError, MissingFileError, require

if TYPE_CHECKING:
    import pandas as pd

MOLECULES = 130_831
"""In all: 133,885 minus the 3,054 that are left out."""

ATOMS = {"H": -0.500273, "C": -37.846772, "N": -54.583861, "O": -75.064579, "F": -99.718730}
"""Internal energies of single atoms at 0 K in Hartree, same method (atomref.txt of the collection)."""

EMBEDDED, PACKAGE = "embedded", "qm9pack"
"""Sources by name: what ntklab ships, and the tables in the installed package."""

VERSION = "1.0.3"
"""Of the package, which the checksums are of."""

PARTS = {
    "qm9_part1.csv": RemoteFile(
        (), "sha256:19f0a5d595462d52cd82eef3370f3e9eb55a1f52cb14985657200349568deff3", 69_693_764
    ),
    "qm9_part2.csv": RemoteFile(
        (), "sha256:2bca113fdc0b28a13563c80ed9b240e934f3da6c64c64fe74ddb4f0f36036e61", 76_868_612
    ),
    "qm9_part3.csv": RemoteFile(
        (), "sha256:9c5efb5733d2af149db8d95d36ff198b4ffed12d9f7b344220a1e5877d5c6a43", 79_083_002
    ),
}
"""Tables of the package, in the order of the molecules."""

COLUMNS = ("Index", "Stoichiometry", "Elements", "XYZ_Ang", "InternalEnergy_0K_au")
"""Of the tables, which have twenty more."""

REMEDY = (
    f"pip install --no-deps {PACKAGE}=={VERSION} (104 MB) for source {PACKAGE!r}, or name a folder with its tables, a table, "
    f"or {ARCHIVE}, or use source {EMBEDDED!r} (2,500 molecules)"
)

Choice = Callable[[int], Int[np.ndarray, " chosen"]]
"""From the number of molecules that there are to the places, counted from 0, of those to be read, in the order wanted."""


def read(source: str | Path, choose: Choice | None = None, log: Callable[[str], None] = lambda line: None) -> Molecules:
    """The molecules of a source, all or the chosen ones, with their internal energies at 0 K in Hartree.

    `source` is "embedded" (2,500 molecules), "qm9pack" (the installed package), a folder with the tables of the package or
    the archive, one table in their format, or the archive, beside which uncharacterized.txt has to be. Files with the
    published names must be the published ones. In order of their index where the source is whole; the embedded ones are in
    random order (README.md in `embedded/`). To read all takes about 10 s and 0.5 GB of memory, a few
    thousand 3 s.

    `MissingFileError` for a source that is not there, `InputError` for what is wrong with a file or a molecule.
    """
    if source == EMBEDDED:
        molecules = _embedded()
        return molecules if choose is None else molecules.take(choose(len(molecules.index)))
    files = _files(source)
    if files[0].name.endswith(".csv"):
        return _read_tables(files, choose, log)
    molecules = qm9_archive.read(files[0], log)
    return molecules if choose is None else molecules.take(choose(len(molecules.index)))


def atomisation_energies(molecules: Molecules) -> Float64[np.ndarray, " molecule"]:
    """Internal energy at 0 K minus that of the single atoms (ATOMS), in Hartree: negative where the molecule is bound.

    All of QM9: from -4.1568 to -0.3396, mean -2.79721, standard deviation 0.37939.
    """
    if molecules.energy is None:
        raise InputError("atomisation energies need the energies of the molecules, which their source does not give")
    of_charge = np.zeros(max(ELEMENTS.values()) + 1)
    of_charge[list(ELEMENTS.values())] = [ATOMS[symbol] for symbol in ELEMENTS]
    return molecules.energy - of_charge[molecules.charges].sum(axis=1)


def prepare(
    source: str | Path, choose: Choice | None = None, log: Callable[[str], None] = lambda line: None
) -> dict[str, np.ndarray]:
    """What `read` finds, by name, to be kept in one file: energies in Hartree, positions in Angstrom.

    `index` (molecule), `charges` uint8 and `positions` float64 (molecule, slot, 3), of which all molecules take 91 MB,
    `internal_energy` and `atomisation_energy` (molecule).
    """
    molecules = read(source, choose, log)
    return {
        "index": molecules.index,
        "charges": molecules.charges,
        "positions": molecules.positions,
        "internal_energy": molecules.energy,
        "atomisation_energy": atomisation_energies(molecules),
    }


def package_folder() -> Path:
    """Where the installed package has its tables; it is not imported: its own loader needs pkg_resources, now gone."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MissingFileError(f"QM9: the package {PACKAGE} is not installed: {REMEDY}")
    return Path(next(iter(found.submodule_search_locations))) / "data"


def _embedded() -> Molecules:
    arrays = verified("qm9")
    symbols = {charge: symbol for symbol, charge in ELEMENTS.items()}
    return pad(
        arrays["index"].astype(np.int64),
        arrays["atoms"].astype(np.int64),
        [symbols[charge] for charge in arrays["charges"].tolist()],
        arrays["positions"] / 1e10,  # not times 1e-10, which is rounded: the quotients are the published numbers
        arrays["internal_energy"] / 1e6,
        lambda i: f"embedded molecule {i}",
    )


def _files(source: str | Path) -> list[Path]:
    """The files to be read: tables, or the archive."""
    path = package_folder() if source == PACKAGE else Path(source)
    if not path.exists():
        raise MissingFileError(f"QM9: no file or folder {path}: {REMEDY}")
    if path.is_file():
        if not path.name.endswith((".csv", ".tar.bz2")):
            raise InputError(f"{path}: expected a table (.csv) or the archive (.tar.bz2); {REMEDY}")
        return [path]
    if (path / ARCHIVE).is_file():
        return [path / ARCHIVE]
    if missing := [name for name in PARTS if not (path / name).is_file()]:
        raise MissingFileError(f"{path}: no {', '.join(missing)}, and no {ARCHIVE}: {REMEDY}")
    return [path / name for name in PARTS]


# ---- tables ----------------------------------------------------------------------------------------------------------


def _read_tables(files: Sequence[Path], choose: Choice | None, log: Callable[[str], None]) -> Molecules:
    """The molecules of all tables together; only the chosen ones are parsed."""
    require("workflow", "pandas")
    import pandas as pd

    tables = []
    for path in files:
        log(f"reading {path.name}")
        tables.append(_read_table(path))
    ends = np.cumsum([len(table) for table in tables])
    whole = pd.concat(tables, ignore_index=True)

    def name(place: int) -> str:
        return f"{files[np.searchsorted(ends, place, side='right')]}, Index {whole.Index.iloc[place]}"

    if len(repeated := np.flatnonzero(whole.Index.duplicated())):
        raise InputError(f"{name(int(repeated[0]))}: is there twice")
    places = np.arange(len(whole)) if choose is None else choose(len(whole))
    log(f"parsing {len(places):,} of {len(whole):,} molecules")
    return _parse(whole.iloc[places], lambda i: name(int(places[i])))


def _read_table(path: Path) -> "pd.DataFrame":
    """The columns that are needed, as text."""
    import pandas as pd

    if path.name in PARTS and (wrong := mismatch(path, PARTS[path.name])) is not None:
        raise InputError(
            f"{path}: {wrong}, as in {PACKAGE} {VERSION}; install that version, or rename the file to have it read as it is"
        )
    try:
        table = pd.read_csv(path, usecols=lambda column: column in COLUMNS, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:  # pandas: ParserError, EmptyDataError; UnicodeDecodeError
        raise InputError(f"{path}: not a complete table in CSV ({' '.join(str(error).split())})") from error
    if missing := [column for column in COLUMNS if column not in table]:
        raise InputError(f"{path}: no column {', '.join(missing)}; expected {', '.join(COLUMNS)}")
    if table.empty:
        raise InputError(f"{path}: no molecules")
    return table.fillna("")  # fields that a last line, cut off, lacks


def _parse(table: "pd.DataFrame", name: Callable[[int], str]) -> Molecules:
    """Molecules from rows of text; in some geometries numbers end with a bare dot, and symbols are in single quotes."""
    symbols: list[list[str]] = [_symbols(text) for text in table.Elements]
    positions, atoms = array("d"), np.empty(len(table), dtype=np.int64)
    for i, text in enumerate(table.XYZ_Ang):
        try:
            numbers = _geometry(text)
        except ValueError as error:
            raise _unreadable(name(i), "XYZ_Ang", text, "[[x,y,z],...] in Angstrom, an atom each") from error
        atoms[i] = len(numbers) // 3
        positions.extend(numbers)
        if len(symbols[i]) != atoms[i]:
            raise InputError(f"{name(i)}: {len(symbols[i])} in Elements but {atoms[i]} positions in XYZ_Ang")
    molecules = pad(
        _column(table, "Index", int, name),
        atoms,
        list(itertools.chain.from_iterable(symbols)),
        np.frombuffer(positions).reshape(-1, 3),
        _column(table, "InternalEnergy_0K_au", float, name),
        name,
    )
    _require_stoichiometry(molecules, table, name)
    return molecules


def _symbols(text: str) -> list[str]:
    return text.replace(" ", "").replace('"', "'").removeprefix("['").removesuffix("']").split("','")


def _geometry(text: str) -> list[float]:
    """The numbers of a nested list; JSON would not take "0.", and needs twice the time. `ValueError` for anything else."""
    content = text.replace(" ", "")
    rows = content[2:-2].split("],[")
    if content[:2] != "[[" or content[-2:] != "]]" or any(row.count(",") != 2 for row in rows):
        raise ValueError("not a list of lists of three")
    return [float(number) for number in ",".join(rows).split(",")]


def _column(table: "pd.DataFrame", column: str, kind: Callable[[str], float], name: Callable[[int], str]) -> np.ndarray:
    """The numbers of a column, int64 or float64."""
    numbers = []
    for i, text in enumerate(table[column]):
        try:
            numbers.append(kind(text))
        except ValueError as error:
            raise _unreadable(name(i), column, text, "an integer" if kind is int else "a number") from error
    return np.array(numbers, dtype=np.int64 if kind is int else np.float64)


def _unreadable(name: str, column: str, text: str, expected: str) -> InputError:
    start = text if len(text) <= 40 else f"{text[:40]}..."
    return InputError(f"{name}: {column} is {start!r}, expected {expected}")


def _require_stoichiometry(molecules: Molecules, table: "pd.DataFrame", name: Callable[[int], str]) -> None:
    """`InputError` for a molecule whose Stoichiometry, [H,C,N,O,F], is not that of its atoms."""
    counts = np.stack([(molecules.charges == charge).sum(axis=1) for charge in ELEMENTS.values()], axis=1)
    for i, (count, text) in enumerate(zip(counts.tolist(), table.Stoichiometry, strict=True)):
        if text.replace(" ", "") != f"[{','.join(map(str, count))}]":
            raise _unreadable(name(i), "Stoichiometry", text, f"{count}, the numbers of its {', '.join(ELEMENTS)}")

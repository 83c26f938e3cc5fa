"""What one atom of one molecule sees, at two resolutions."""

from pathlib import Path

import numpy as np

from ntklab.data.molecules import ELEMENTS, POWERS
from ntklab.experiments.molecules.compute_molecule_kernels import drawn
from ntklab.experiments.molecules.measure_energies import COMMON
from ntklab.experiments.molecules.models import signals_of
from ntklab.experiments.molecules.tables import SIGNALS
from ntklab.files import Arrays
from ntklab.kernels.spherical_harmonics import sphere_grid
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def tabulate_signals(*, data: Path, experiment: str, bandlimits: list[int], output: Path) -> None:
    """All channels that are not zero of the first heaviest atom of the first molecule of the data."""
    provenance = record({"experiment": experiment, "bandlimits": bandlimits}, [data])
    molecule, _ = drawn(data, 0, 1, 1)
    charges = molecule.charges[0]
    atom, rows = int(np.argmax(charges)), []
    names = [f"{symbol}, 1/r^{power}" for symbol in ELEMENTS for power in POWERS]
    for bandlimit in bandlimits:
        signal, (theta, phi, _) = signals_of(molecule, bandlimit)[0, atom], sphere_grid(bandlimit)
        for channel in np.flatnonzero(signal.any(axis=(0, 1))):
            place = {"channel": names[channel], "bandlimit": bandlimit}
            rows += [
                {**place, "row": j, "column": k, "theta": theta[j], "phi": phi[k], "value": signal[j, k, channel]}
                for j, k in np.ndindex(signal.shape[:2])
            ]
    common = {
        **COMMON, "experiment": experiment, "source": Arrays(data).header["source"], "formula": formula_of(charges),
        "atom": atom, "molecule": int(molecule.index[0]), "quantity": "signal", "stderr": 0.0, "n": 1,
    }  # fmt: skip
    write_table(output, measurements(rows, SIGNALS, **common), SIGNALS, provenance)


def formula_of(charges: np.ndarray) -> str:
    """Carbon, hydrogen, then the others, each with its number (the order of Hill 1900)."""
    counts = {symbol: int((charges == charge).sum()) for symbol, charge in ELEMENTS.items()}
    order = ("C", "H", *sorted(set(counts) - {"C", "H"}))
    return "".join(f"{symbol}{counts[symbol] if counts[symbol] > 1 else ''}" for symbol in order if counts[symbol])

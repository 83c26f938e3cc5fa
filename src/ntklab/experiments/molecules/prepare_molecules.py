"""Choose the molecules of the experiment."""

from functools import partial
from pathlib import Path

from ntklab.data.qm9 import prepare
from ntklab.errors import InputError
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def prepare_molecules(*, source: str, experiment: str, molecules: int, seed: int, output: Path) -> None:
    """Write so many molecules in random order: charges, positions (Angstrom) and energies (Hartree), see `qm9.prepare`."""
    header = record({"source": source, "experiment": experiment, "molecules": molecules, "seed": seed})

    def choose(there: int):
        if molecules > there:
            raise InputError(f"{source}: {molecules} molecules are needed, there are {there}")
        return generator(seed, experiment, "molecules").permutation(there)[:molecules]

    arrays = prepare(source, choose, partial(print, flush=True))
    save_arrays(output, arrays, {**header, "data": "qm9", "source": source})

"""Choose the molecules of the experiment."""

from functools import partial
from pathlib import Path

import numpy as np

from ntklab.data.qm9 import prepare
from ntklab.errors import InputError
from ntklab.files import save_arrays
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def prepare_molecules(
    *, source: str, experiment: str, repeats: int, training_molecules: int, test_molecules: int, seed: int, output: Path
) -> None:
    """Write `test/NAME` and `training/NAME`, (repeat, molecule, ...), of all that `qm9.prepare` finds.

    Draws share no molecule. They are nested: more training molecules are the same ones and further ones.
    """
    settings = {
        "source": source, "experiment": experiment, "repeats": repeats, "training_molecules": training_molecules,
        "test_molecules": test_molecules, "seed": seed,
    }  # fmt: skip
    header = record(settings)
    needed = repeats * (test_molecules + training_molecules)

    def choose(there: int) -> np.ndarray:
        if needed > there:
            raise InputError(f"{source}: {needed} molecules are needed, there are {there}")
        return generator(seed, experiment, "molecules").permutation(there)[:needed]

    found = prepare(source, choose, partial(print, flush=True))
    arrays = {}
    for name, values in found.items():
        by_repeat = values.reshape(-1, repeats, *values.shape[1:]).swapaxes(0, 1)
        arrays[f"test/{name}"], arrays[f"training/{name}"] = np.split(by_repeat, [test_molecules], axis=1)
    save_arrays(output, arrays, {**header, "data": "qm9", "source": source})

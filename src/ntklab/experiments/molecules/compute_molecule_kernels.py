"""Kernels of one model between the training molecules of one draw, and between its test and training molecules."""

from functools import partial
from pathlib import Path

from ntklab.data.molecules import Molecules
from ntklab.experiments.molecules.models import ROTATED, kernel_of, signals_of, turned_copies
from ntklab.files import Arrays, save_arrays
from ntklab.kernels.molecule_tiles import tiled_molecule_kernels
from ntklab.pipeline.arguments import SphericalNetworkArgument
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def compute_molecule_kernels(
    *,
    data: Path,
    experiment: str,
    model: str,
    repeat: int,
    training_molecules: int,
    test_molecules: int,
    bandlimit: int,
    spherical: SphericalNetworkArgument,
    copies: int,
    tolerance: float,
    seed: int,
    cache: str,
    output: Path,
) -> None:
    """Write `train/KERNEL` (n, n) and `test/KERNEL` (test, n) of nngp and ntk.

    Draws share no molecules. Of the model "rotated" n counts the copies, those of one molecule next to each other. Every tile is
    kept in `cache`.
    """
    settings = {
        "experiment": experiment, "model": model, "repeat": repeat, "training_molecules": training_molecules,
        "test_molecules": test_molecules, "bandlimit": bandlimit, "spherical": str(spherical), "copies": copies,
        "tolerance": tolerance, "seed": seed,
    }  # fmt: skip
    header = record(settings, [data])
    training, test = drawn(data, repeat, training_molecules, test_molecules)
    if model == ROTATED:
        training = turned_copies(training, copies, generator(seed, experiment, ROTATED, repeat))
    log = partial(print, flush=True)
    compute = partial(
        tiled_molecule_kernels, kernel_of(model, spherical, tolerance, log), f"{model}, {spherical}, {tolerance}",
        cache=cache, log=log,
    )  # fmt: skip
    x, y = signals_of(training, bandlimit), signals_of(test, bandlimit)
    arrays = {}
    for name, kernels in (("train", compute(x)), ("test", compute(y, x))):
        arrays |= {f"{name}/nngp": kernels.nngp, f"{name}/ntk": kernels.ntk}
    save_arrays(output, arrays, {**header, "source": Arrays(data).header["source"]})


def drawn(data: Path, repeat: int, training: int, test: int) -> tuple[Molecules, Molecules]:
    """The first training and test molecules of one draw, which shares none with another."""
    arrays = Arrays(data)
    names = ("index", "charges", "positions", "atomisation_energy")
    return tuple(
        Molecules(*(arrays[f"{part}/{name}"][repeat, :size] for name in names))
        for part, size in (("training", training), ("test", test))
    )

"""One test lattice with its orbit, and the energies that a member and an ensemble predict for it."""

from pathlib import Path

import numpy as np

from ntklab.experiments.ising.tables import EXAMPLE_LATTICE, EXAMPLE_PREDICTION
from ntklab.files import Arrays
from ntklab.groups import group
from ntklab.metrics.statistics import first_of_pairs
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.shards import joined
from ntklab.pipeline.table_files import write_table


def tabulate_example(
    *,
    data: Path,
    predictions: list[Path],
    symmetry: str,
    experiment: str,
    output_lattice: Path,
    output_prediction: Path,
) -> None:
    """The first lattice of the in-distribution set; member 0 and the mean over all independent members of the given shards."""
    provenance = record({"experiment": experiment, "symmetry": symmetry}, [data, *predictions])
    sets = Arrays(data)
    spins = group(symmetry).orbit(sets["in_distribution/inputs"][:1])[0]
    common = {"experiment": experiment, "data": "in_distribution", "group": symmetry}
    sites = [
        {"element": element, "row": row, "column": column, "value": spin}
        for (element, row, column), spin in np.ndenumerate(spins)
    ]
    lattice = measurements(sites, EXAMPLE_LATTICE, **common, quantity="spin", stderr=0.0, n=1)
    write_table(output_lattice, lattice, EXAMPLE_LATTICE, provenance)

    shards = [Arrays(path) for path in predictions]
    width = float(shards[0].header["settings"]["width"])
    mean, std = sets.header["target_mean"], sets.header["target_std"]
    energies = mean + std * first_of_pairs(joined(shards, "in_distribution/predictions"))[:, -1, 0].astype(float)
    true = mean + std * sets["in_distribution/targets"][0]
    error = energies.std(axis=0, ddof=1) / np.sqrt(len(energies))
    rows = []
    for g in range(len(spins)):
        rows += [
            {"element": g, "width": np.inf, "members": np.inf, "value": true, "stderr": 0.0, "n": 1},
            {"element": g, "width": width, "members": 1.0, "value": energies[0, g], "stderr": 0.0, "n": 1},
            {
                "element": g,
                "width": width,
                "members": float(len(energies)),
                "value": energies[:, g].mean(),
                "stderr": error[g],
                "n": len(energies),
            },
        ]
    prediction = measurements(rows, EXAMPLE_PREDICTION, **common, quantity="energy")
    write_table(output_prediction, prediction, EXAMPLE_PREDICTION, provenance)

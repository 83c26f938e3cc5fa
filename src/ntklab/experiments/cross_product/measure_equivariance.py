"""Measure how equivariant ensembles and their infinite-width limit are, on random rotations and on those trained with."""

from pathlib import Path

import pandas as pd

from ntklab.experiments.cross_product.moments import bounds, halves
from ntklab.experiments.cross_product.tables import EQUIVARIANCE_MOMENTS, ROTATIONS
from ntklab.files import Arrays
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.orbit_ensembles.measure import measure, moments
from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def measure_equivariance(
    *,
    data: Path,
    limits: list[Path],
    predictions: list[Path],
    sizes: list[int],
    experiment: str,
    output: Path,
    output_moments: Path,
    output_rotations: Path,
) -> None:
    """One table for all sets of rotations, one with moments and replicates, and one with the sets' orders and angles."""
    provenance = record({"experiment": experiment, "sizes": sizes}, [data, *limits, *predictions])
    write_table(output, measure(limits, predictions, sizes, experiment), INVARIANCE, provenance)
    measured = moments(limits, predictions, sizes, experiment)
    tables = [measured, halves(measured, predictions), bounds(measured, limits)]
    write_table(output_moments, pd.concat(tables, ignore_index=True), EQUIVARIANCE_MOMENTS, provenance)
    sets = Arrays(data)
    angles = [
        {"rotations": name, "quantity": quantity, "value": value}
        for name, angle in sets.header["angles"].items()
        for quantity, value in (("order", float(len(sets[f"rotations/{name}"]))), ("mean_angle", angle))
    ]
    table = measurements(angles, ROTATIONS, experiment=experiment, stderr=0.0, n=1)
    write_table(output_rotations, table, ROTATIONS, provenance)

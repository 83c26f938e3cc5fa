"""Measure how invariant ensembles and their infinite-width limit are, at every recorded time and ensemble size."""

from pathlib import Path

from ntklab.files import Arrays
from ntklab.metrics.ensemble_invariance import Units
from ntklab.pipeline.orbit_ensembles.measure import measure, moments
from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE, MOMENTS
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def measure_invariance(
    *,
    data: Path,
    predictions: list[Path],
    limits: list[Path],
    sizes: list[int],
    experiment: str,
    output: Path,
    output_moments: Path,
) -> None:
    """One table for all shards of all widths and for the limit of each augmentation, and one with moments and replicates."""
    provenance = record({"experiment": experiment, "sizes": sizes}, [data, *predictions, *limits])
    header = Arrays(data).header
    units = Units(header["target_mean"], header["target_std"])
    write_table(output, measure(limits, predictions, sizes, experiment, units), INVARIANCE, provenance)
    write_table(output_moments, moments(limits, predictions, sizes, experiment), MOMENTS, provenance)

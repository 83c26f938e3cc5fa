"""Measure how far augmented and group-convolutional ensembles are apart, and from their common infinite-width limit."""

from pathlib import Path

import numpy as np

from ntklab.experiments.aug_vs_gcnn.tables import DIFFERENCE
from ntklab.files import Arrays
from ntklab.metrics.ensemble_difference import measure_difference, root_mean_square
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.shards import by, joined
from ntklab.pipeline.table_files import write_table

PAIRS = (
    ("augmented", "gcnn"),
    ("plain", "gcnn"),
    ("augmented", "mismatched"),
    ("augmented", "ntk"),
    ("gcnn", "ntk"),
)


def measure_ensemble_difference(
    *, data: Path, limit: Path, predictions: list[Path], sizes: list[int], experiment: str, output: Path
) -> None:
    """One table for all widths, pairs of ensembles and sets of inputs."""
    provenance = record({"experiment": experiment, "sizes": sizes}, [data, limit, *predictions])
    sets, mean = Arrays(data), Arrays(limit)
    ensembles = by(predictions, "ensemble", "width")
    rows = []
    for name in sets.groups("inputs"):
        ntk = mean[f"{name}/mean"]
        scale = float(root_mean_square(ntk[-1].ravel()))
        for width in sorted({width for _, width in ensembles}):
            outputs = {e: _members(shards, name) for (e, w), shards in ensembles.items() if w == width}
            for first, second in PAIRS:
                if first in outputs and (second in outputs or second == "ntk"):
                    other = ntk if second == "ntk" else outputs[second]
                    differences = (outputs[first] - other).reshape(*outputs[first].shape[:2], -1)
                    settings = {"data": name, "width": float(width), "first": first, "second": second}
                    rows += [{**settings, **row._asdict()} for row in measure_difference(differences, sizes, scale)]
    for row in rows:
        step = mean.header["steps"][row.pop("time_index")]
        row |= {"step": step, "time": step * mean.header["learning_rate"]}
    table = measurements(rows, DIFFERENCE, experiment=experiment, group="c4", images=sets.header["data"])
    write_table(output, table, DIFFERENCE, provenance)


def _members(shards: list[Arrays], name: str) -> np.ndarray:
    """Outputs of all members, in order: partners of a pair follow each other."""
    return joined(shards, f"{name}/predictions").astype(np.float64)

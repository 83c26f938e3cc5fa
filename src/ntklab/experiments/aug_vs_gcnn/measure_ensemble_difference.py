"""Measure how far augmented and group-convolutional ensembles are apart, and from their common infinite-width limit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ntklab.experiments.aug_vs_gcnn.tables import DIFFERENCE, DIFFERENCE_MOMENTS
from ntklab.files import Arrays
from ntklab.metrics.ensemble_difference import difference_moments, measure_difference, root_mean_square
from ntklab.metrics.resampling import groups_of
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
    *,
    data: Path,
    limit: Path,
    predictions: list[Path],
    sizes: list[int],
    experiment: str,
    output: Path,
    output_moments: Path,
) -> None:
    """One table for all widths, pairs of ensembles and sets of inputs, and one of the same with replicates."""
    provenance = record({"experiment": experiment, "sizes": sizes}, [data, limit, *predictions])
    sets, mean = Arrays(data), Arrays(limit)
    common = {"experiment": experiment, "group": "c4", "images": sets.header["data"]}
    differences = [
        (settings, difference, scale)
        for name in sets.groups("inputs")
        for settings, difference, scale in _differences(name, mean[f"{name}/mean"], predictions)
    ]
    rows = [
        {**settings, **row._asdict()}
        for settings, difference, scale in differences
        for row in measure_difference(difference, sizes, scale)
    ]
    write_table(output, measurements(_timed(rows, mean), DIFFERENCE, **common), DIFFERENCE, provenance)
    groups = min(len(groups_of(len(difference) // 2)) for _, difference, _ in differences)
    rows = [
        {**settings, **common, "trained": len(difference) // 2, **row._asdict()}
        for settings, difference, scale in differences
        for row in difference_moments(difference, sizes, scale, groups)
    ]
    frame = pd.DataFrame(_timed(rows, mean))[[column.name for column in DIFFERENCE_MOMENTS.columns]]
    write_table(output_moments, frame, DIFFERENCE_MOMENTS, provenance)


def _differences(
    name: str, ntk: np.ndarray, predictions: list[Path]
) -> Iterator[tuple[dict[str, Any], np.ndarray, float]]:
    """Settings, outputs' difference (member, time, entry) and scale, of all pairs of ensembles on one set of inputs."""
    ensembles = by(predictions, "ensemble", "width")
    scale = float(root_mean_square(ntk[-1].ravel()))
    for width in sorted({width for _, width in ensembles}):
        outputs = {e: _members(shards, name) for (e, w), shards in ensembles.items() if w == width}
        for first, second in PAIRS:
            if first in outputs and (second in outputs or second == "ntk"):
                other = ntk if second == "ntk" else outputs[second]
                differences = (outputs[first] - other).reshape(*outputs[first].shape[:2], -1)
                yield {"data": name, "width": float(width), "first": first, "second": second}, differences, scale


def _timed(rows: list[dict[str, Any]], mean: Arrays) -> list[dict[str, Any]]:
    """Rows with the step and the training time of their `time_index`."""
    steps, rate = mean.header["steps"], mean.header["learning_rate"]
    return [row | {"step": (step := steps[row.pop("time_index")]), "time": step * rate} for row in rows]


def _members(shards: list[Arrays], name: str) -> np.ndarray:
    """Outputs of all members, in order: partners of a pair follow each other."""
    return joined(shards, f"{name}/predictions").astype(np.float64)

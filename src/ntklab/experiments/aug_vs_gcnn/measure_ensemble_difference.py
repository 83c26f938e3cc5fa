"""Measure how far augmented and group-convolutional ensembles are apart, and from their common infinite-width limit."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from ntklab.experiments.aug_vs_gcnn.tables import DIFFERENCE, DIFFERENCE_MOMENTS, MEAN_LOGITS
from ntklab.files import Arrays
from ntklab.metrics.ensemble_difference import (
    chosen_logits,
    difference_moments,
    mean_logits,
    measure_difference,
    root_mean_square,
)
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

Outputs = dict[float, dict[str, Float[np.ndarray, "_member time input output"]]]
"""Outputs of all ensembles on one set of inputs, by width and ensemble."""


def measure_ensemble_difference(
    *,
    data: Path,
    limit: Path,
    predictions: list[Path],
    sizes: list[int],
    experiment: str,
    output: Path,
    output_moments: Path,
    output_logits: Path,
) -> None:
    """A table for all widths, pairs of ensembles and sets of inputs, one of the same with replicates, one of mean outputs."""
    provenance = record({"experiment": experiment, "sizes": sizes}, [data, limit, *predictions])
    sets, mean = Arrays(data), Arrays(limit)
    common = {"experiment": experiment, "group": mean.header["group"], "images": sets.header["data"]}
    found, moments, logits = [], [], []
    names = sets.groups("inputs")
    ensembles = by(predictions, "ensemble", "width")
    for name in names:
        outputs, ntk = _outputs(name, ensembles), mean[f"{name}/mean"]
        groups = min(len(groups_of(len(of_one) // 2)) for of_width in outputs.values() for of_one in of_width.values())
        for settings, difference, scale in _differences(outputs, ntk):
            settings |= {"data": name}
            found += [settings | row._asdict() for row in measure_difference(difference, sizes, scale)]
            trained = {"trained": len(difference) // 2}
            rows = difference_moments(difference, sizes, scale, groups)
            moments += [settings | trained | row._asdict() for row in rows]
        logits += [{"data": name} | row for row in _logits(outputs, ntk)]
    tables = ((output, found, DIFFERENCE), (output_logits, logits, MEAN_LOGITS))
    for path, rows, schema in tables:
        write_table(path, measurements(_timed(rows, mean), schema, **common), schema, provenance)
    frame = pd.DataFrame(_timed(moments, mean)).assign(**common)
    write_table(
        output_moments, frame[[column.name for column in DIFFERENCE_MOMENTS.columns]], DIFFERENCE_MOMENTS, provenance
    )


def _outputs(name: str, ensembles: dict[Any, list[Arrays]]) -> Outputs:
    """Partners of a pair follow each other."""
    found: Outputs = {}
    for (ensemble, width), shards in sorted(ensembles.items(), key=lambda entry: entry[0][1]):
        found.setdefault(float(width), {})[ensemble] = joined(shards, f"{name}/predictions").astype(np.float64)
    return found


def _differences(
    outputs: Outputs, ntk: Float[np.ndarray, "time input output"]
) -> Iterator[tuple[dict[str, Any], np.ndarray, float]]:
    """Settings, outputs' difference (member, time, entry) and scale, of all pairs of ensembles on one set of inputs.

    Members with the same number, as many as the smaller ensemble has.
    """
    scale = float(root_mean_square(ntk[-1].ravel()))
    for width, of_width in outputs.items():
        for first, second in PAIRS:
            if first in of_width and (second in of_width or second == "ntk"):
                members = min(len(of_width[name]) for name in (first, second) if name != "ntk")
                other = ntk if second == "ntk" else of_width[second][:members]
                differences = of_width[first][:members] - other
                settings = {"width": width, "first": first, "second": second}
                yield settings, differences.reshape(*differences.shape[:2], -1), scale


def _logits(outputs: Outputs, ntk: Float[np.ndarray, "time input output"]) -> Iterator[dict[str, Any]]:
    """Rows of the mean outputs that figures show, of the widest ensembles and of the infinite-width mean."""
    chosen, widest = chosen_logits(ntk), max(outputs)
    for ensemble, of_one in outputs[widest].items():
        for row in mean_logits(of_one, chosen):
            yield {"width": widest, "ensemble": ensemble, **row._asdict()}
    for time, image, output in chosen:
        exact = {"quantity": "mean_logit", "value": float(ntk[time, image, output]), "stderr": 0.0, "n": 1}
        yield {"width": np.inf, "ensemble": "ntk", "time_index": time, "input": image, "output": output, **exact}


def _timed(rows: Iterable[dict[str, Any]], mean: Arrays) -> list[dict[str, Any]]:
    """Rows with the step and the training time of their `time_index`."""
    steps, rate = mean.header["steps"], mean.header["learning_rate"]
    return [row | {"step": (step := steps[row.pop("time_index")]), "time": step * rate} for row in rows]

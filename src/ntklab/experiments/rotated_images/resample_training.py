"""Measure the spread of logits during training again, with one group of members left out at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from ntklab.experiments.rotated_images.measure_orbit_predictions import QUARTER_TURNS
from ntklab.experiments.rotated_images.shards import trained_models
from ntklab.experiments.rotated_images.tables import SPREAD_REPLICATE
from ntklab.groups import cyclic
from ntklab.metrics.orbit_classification import deviation, squared_spreads
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def resample_training(*, predictions: list[Path], sizes: list[int], experiment: str, output: Path) -> None:
    """Squared spread of the infinite ensemble, single members, and all ensembles of each size, of the CNNs on quarter turns."""
    provenance = record({"experiment": experiment, "sizes": sizes}, predictions)
    rows = []
    for trained in trained_models(predictions):
        if trained.model != "cnn":
            continue
        for name in trained.single_sets():
            common = {"data": name, "model": trained.model, "augmentation": trained.augmentation}
            members = trained.members(name, "recorded").astype(np.float64)
            steps = trained.header["settings"]["recorded_steps"]
            rows += [{**common, **row} for row in _rows(members, sizes, steps)]
    frame = pd.DataFrame(rows).assign(
        experiment=experiment, group=cyclic(QUARTER_TURNS).name, quantity="squared_spread"
    )
    write_table(output, frame[[column.name for column in SPREAD_REPLICATE.columns]], SPREAD_REPLICATE, provenance)


def _rows(
    members: Float[np.ndarray, "member time input element class"], sizes: list[int], steps: list[int]
) -> Iterator[dict]:
    number = len(members)
    found = squared_spreads(deviation(members))
    # Over all ensembles of M that the members can form the mean is exactly this: floor + (a member's - floor) / M.
    by_size = {1.0: found.single, np.inf: found.infinite}
    by_size |= {
        float(size): found.infinite + (found.single - found.infinite) / size for size in sizes if 1 < size <= number
    }
    for size, values in by_size.items():
        n = number if np.isinf(size) else number // int(size)
        for (replicate, time), value in np.ndenumerate(values):
            yield {"members": size, "n": n, "replicate": replicate, "step": steps[time], "value": float(value)}

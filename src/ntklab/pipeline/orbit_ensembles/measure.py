"""How equivariant ensembles on orbits and their infinite-width limit are, at every recorded time and ensemble size."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ntklab.files import Arrays
from ntklab.metrics.ensemble_invariance import Measurement, Units, measure_ensemble, measure_limit
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE
from ntklab.pipeline.shards import by, joined


def measure(
    limits: Iterable[Path], shards: Iterable[Path], sizes: Sequence[int], experiment: str, units: Units | None = None
) -> pd.DataFrame:
    """One table for the limit of every augmentation, and for the ensembles of every augmentation and width.

    Predictions are called SET/GROUP, or SET where all are on the orbits of the group `symmetry` of the limit's settings.
    """
    ensembles = by(shards, "augmentation", "width")
    rows: list[dict[str, Any]] = []
    for limit in map(Arrays, limits):
        settings = limit.header["settings"]
        widths = {width: found for (name, width), found in ensembles.items() if name == settings["augmentation"]}
        for place in limit.groups("mean"):
            data, _, group = place.partition("/")
            common = {"data": data, "group": group or settings["symmetry"]}
            common |= {key: settings[key] for key in ("augmentation", "depth")}
            mean = limit[f"{place}/mean"]
            measured = measure_limit(mean, limit[f"{place}/covariance"], sizes, units)
            rows += _rows(measured, {**common, "width": np.inf}, limit)
            for width, found in widths.items():
                measured = measure_ensemble(joined(found, f"{place}/predictions"), mean, sizes, units)
                rows += _rows(measured, {**common, "width": float(width)}, limit)
    return measurements(rows, INVARIANCE, experiment=experiment, architecture="mlp")


def _rows(measured: Iterable[Measurement], common: dict[str, Any], limit: Arrays) -> Iterator[dict[str, Any]]:
    steps, rate = limit.header["steps"], limit.header["learning_rate"]
    for measurement in measured:
        row = {**common, **measurement._asdict()}
        step = steps[row.pop("time_index")]
        yield {**row, "step": step, "time": rate * step}

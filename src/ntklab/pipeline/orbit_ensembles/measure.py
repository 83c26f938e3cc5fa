"""How equivariant ensembles on orbits and their infinite-width limit are, at every recorded time and ensemble size."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ntklab.files import Arrays
from ntklab.metrics.ensemble_invariance import Measurement, Units, measure_ensemble, measure_limit
from ntklab.metrics.ensemble_moments import Moment, ensemble_moments, limit_moments, mean_moments
from ntklab.metrics.resampling import groups_of
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE, MOMENTS
from ntklab.pipeline.shards import by, joined, number_of_members


class _Ensemble(NamedTuple):
    """One ensemble on one set of inputs, with the limit that it is compared with."""

    settings: dict[str, Any]
    limit: Arrays
    place: str
    shards: list[Arrays]

    @property
    def mean(self) -> np.ndarray:
        """The infinite-width mean prediction (time, input, element)."""
        return self.limit[f"{self.place}/mean"]

    @property
    def predictions(self) -> np.ndarray:
        """Those of all members (member, time, input, element)."""
        return joined(self.shards, f"{self.place}/predictions")


def _ensembles(limits: Iterable[Path], shards: Iterable[Path]) -> Iterator[_Ensemble]:
    """Every ensemble on every set; the limit itself, of width inf and without shards, before the ensembles of its widths.

    Predictions are called SET/GROUP, or SET where all are on the orbits of the group `symmetry` of the limit's settings.
    """
    trained = by(shards, "augmentation", "width")
    for limit in map(Arrays, limits):
        settings = limit.header["settings"]
        of_width = {width: found for (name, width), found in trained.items() if name == settings["augmentation"]}
        for place in limit.groups("mean"):
            data, _, group = place.partition("/")
            common = {"data": data, "group": group or settings["symmetry"]}
            common |= {key: settings[key] for key in ("augmentation", "depth")}
            for width, found in {np.inf: [], **of_width}.items():
                yield _Ensemble({**common, "width": float(width)}, limit, place, found)


def measure(
    limits: Iterable[Path], shards: Iterable[Path], sizes: Sequence[int], experiment: str, units: Units | None = None
) -> pd.DataFrame:
    """Table of `INVARIANCE` for the limit of every augmentation, and for the ensembles of every augmentation and width."""
    rows: list[dict[str, Any]] = []
    for ensemble in _ensembles(limits, shards):
        if ensemble.shards:
            measured = measure_ensemble(ensemble.predictions, ensemble.mean, sizes, units)
        else:
            measured = measure_limit(ensemble.mean, ensemble.limit[f"{ensemble.place}/covariance"], sizes, units)
        rows += _rows(measured, ensemble.settings, ensemble.limit)
    return measurements(rows, INVARIANCE, experiment=experiment, architecture="mlp")


def moments(limits: Iterable[Path], shards: Sequence[Path], sizes: Sequence[int], experiment: str) -> pd.DataFrame:
    """Table of `MOMENTS` for the ensembles of every augmentation and width, and for their limits beside them."""
    trained = by(shards, "augmentation", "width").values()
    groups = min(len(groups_of(number_of_members(found) // 2)) for found in trained)
    rows: list[dict[str, Any]] = []
    for ensemble in _ensembles(limits, shards):
        if ensemble.shards:
            steps = ensemble.limit.header["steps"]
            common = {**ensemble.settings, "trained": number_of_members(ensemble.shards) // 2, "experiment": experiment}
            for moment in _moments(ensemble, sizes, groups):
                row = moment._asdict()
                rows.append({**common, "step": steps[row.pop("time_index")], **row})
    return pd.DataFrame(rows)[[column.name for column in MOMENTS.columns]]


def _moments(ensemble: _Ensemble, sizes: Sequence[int], groups: int) -> Iterator[Moment]:
    yield from ensemble_moments(ensemble.predictions, ensemble.mean, sizes, groups)
    yield from limit_moments(ensemble.mean, ensemble.limit[f"{ensemble.place}/covariance"], groups)
    if ensemble.settings["data"] == "training":
        yield from mean_moments("kernel_change", joined(ensemble.shards, "kernel_change"), groups)


def _rows(measured: Iterable[Measurement], common: dict[str, Any], limit: Arrays) -> Iterator[dict[str, Any]]:
    steps, rate = limit.header["steps"], limit.header["learning_rate"]
    for measurement in measured:
        row = {**common, **measurement._asdict()}
        step = steps[row.pop("time_index")]
        yield {**row, "step": step, "time": rate * step}

"""Measure how invariant ensembles and their infinite-width limit are, at every recorded time and ensemble size."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ntklab.files import Arrays
from ntklab.metrics.ensemble_invariance import Measurement, Units, measure_ensemble, measure_limit
from ntklab.schemas import INVARIANCE
from ntklab.steps.record import record
from ntklab.tables import measurements, write_table


def measure_invariance(
    *, data: Path, predictions: list[Path], limits: list[Path], sizes: list[int], experiment: str, output: Path
) -> None:
    """One table for all shards of all widths, and for the limit of each augmentation."""
    provenance = record(locals())
    sets = Arrays(data)
    units = Units(sets.header["target_mean"], sets.header["target_std"])
    limit_of = {limit.header["settings"]["augmentation"]: limit for limit in map(Arrays, limits)}
    rows = []
    for name in sets.groups("inputs"):
        for limit in limit_of.values():
            measured = measure_limit(limit[f"{name}/mean"], limit[f"{name}/covariance"], sizes, units)
            rows += _rows(measured, {**_common(limit, experiment, name), "width": np.inf}, limit)
        for shards in _ensembles(predictions).values():
            settings = shards[0].header["settings"]
            limit = limit_of[settings["augmentation"]]
            members = np.concatenate([shard[f"{name}/predictions"] for shard in shards])
            measured = measure_ensemble(members, limit[f"{name}/mean"], sizes, units)
            rows += _rows(measured, {**_common(limit, experiment, name), "width": float(settings["width"])}, limit)
    write_table(output, measurements(rows, INVARIANCE), INVARIANCE, provenance)


def _ensembles(paths: list[Path]) -> dict[tuple[str, int], list[Arrays]]:
    """Shards by (augmentation, width), in the order of their members."""
    ensembles = defaultdict(list)
    for shard in map(Arrays, paths):
        ensembles[shard.header["settings"]["augmentation"], shard.header["settings"]["width"]].append(shard)
    for shards in ensembles.values():
        shards.sort(key=lambda shard: shard.header["settings"]["first"])
    return ensembles


def _common(limit: Arrays, experiment: str, name: str) -> dict[str, Any]:
    settings = limit.header["settings"]
    return {
        "experiment": experiment,
        "data": name,
        "group": settings["symmetry"],
        "architecture": "mlp",
        "depth": settings["depth"],
        "augmentation": settings["augmentation"],
    }


def _rows(measured: Iterator[Measurement], common: dict[str, Any], limit: Arrays) -> Iterator[dict[str, Any]]:
    steps, rate = limit.header["steps"], limit.header["learning_rate"]
    for measurement in measured:
        row = {**common, **measurement._asdict()}
        step = steps[row.pop("time_index")]
        yield {**row, "step": step, "time": rate * step}

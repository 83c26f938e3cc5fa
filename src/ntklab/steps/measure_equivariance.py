"""Measure how equivariant ensembles and their infinite-width limit are, on random rotations and on those trained with."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from ntklab.files import Arrays
from ntklab.metrics.ensemble_invariance import measure_ensemble, measure_limit
from ntklab.schemas import INVARIANCE, ROTATIONS
from ntklab.steps.record import record
from ntklab.tables import measurements, write_table


def measure_equivariance(
    *,
    data: Path,
    limits: list[Path],
    predictions: list[Path],
    sizes: list[int],
    experiment: str,
    output: Path,
    output_rotations: Path,
) -> None:
    """One table for all sets of rotations, and one with their orders and angles."""
    provenance = record(locals())
    shards_of = defaultdict(list)
    for shard in map(Arrays, predictions):
        shards_of[shard.header["settings"]["augmentation"]].append(shard)
    rows = []
    for limit in map(Arrays, limits):
        augmentation, depth = (limit.header["settings"][key] for key in ("augmentation", "depth"))
        shards = sorted(shards_of[augmentation], key=lambda shard: shard.header["settings"]["first"])
        for place in limit.groups("mean"):
            name, rotations = place.split("/")
            mean, covariance = limit[f"{place}/mean"], limit[f"{place}/covariance"]
            members = np.concatenate([shard[f"{place}/predictions"] for shard in shards])
            width = float(shards[0].header["settings"]["width"])
            for of_width, measured in (
                (np.inf, measure_limit(mean, covariance, sizes)),
                (width, measure_ensemble(members, mean, sizes)),
            ):
                for row in measured:
                    step = limit.header["steps"][row.time_index]
                    settings = {"data": name, "group": rotations, "augmentation": augmentation, "depth": depth}
                    found = {key: value for key, value in row._asdict().items() if key != "time_index"}
                    time = step * limit.header["learning_rate"]
                    rows.append({**settings, "width": of_width, **found, "step": step, "time": time})
    table = measurements(rows, INVARIANCE, experiment=experiment, architecture="mlp")
    write_table(output, table, INVARIANCE, provenance)
    sets = Arrays(data)
    angles = [
        {"rotations": name, "quantity": quantity, "value": value}
        for name, angle in sets.header["angles"].items()
        for quantity, value in (("order", float(len(sets[f"rotations/{name}"]))), ("mean_angle", angle))
    ]
    table = measurements(angles, ROTATIONS, experiment=experiment, stderr=0.0, n=1)
    write_table(output_rotations, table, ROTATIONS, provenance)

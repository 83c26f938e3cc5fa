"""Measure at which angles image classifiers keep the class of an image, for all of SO(2)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ntklab.experiments.rotated_images.shards import QUARTER_TURNS, Trained, trained_models
from ntklab.experiments.rotated_images.tables import ANGLE_AGREEMENT, TWO_WAY_REPLICATE
from ntklab.experiments.rotated_images.two_way import columns, ensembles_of, several, tallies
from ntklab.metrics.ensemble_sizes import SubEnsembles, Tally, on_elements
from ntklab.metrics.two_way import TwoWay
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def measure_angles(
    *,
    predictions: list[Path],
    sizes: list[int],
    angle_members: int,
    experiment: str,
    seed: int,
    output: Path,
    output_replicates: Path,
) -> None:
    """A row for each angle, and for all, those trained with, those half-way between, and quarter turns, with errors over
    networks and images, of the first `angle_members` networks of every kind: single ones and, of plain ones, the largest
    ensembles that all groups can form.

    The control without augmentation has the angles of C4.
    """
    settings = {"experiment": experiment, "sizes": sizes, "angle_members": angle_members, "seed": seed}
    provenance = record(settings, predictions)
    rows, replicates = [], []
    for trained in (trained for trained in trained_models(predictions) if trained.shards[0].groups("angles")):
        sets = {name: trained.logits(name, "angles")[:angle_members] for name in trained.shards[0].groups("angles")}
        members = len(sets["test"])
        largest = several(sizes, members)[-1]
        for size in sorted({1, largest}) if trained.model == "cnn" else [1]:
            chosen = ensembles_of(trained, members, size, experiment, seed)
            common = {
                "model": trained.model, "augmentation": trained.augmentation, "members": float(size), "group": "so2",
                "step": trained.header["steps"], "n": members,
            }  # fmt: skip
            for name, each in tallies(sets, chosen).items():
                here = {**common, "source": trained.source(name)}
                rows += [{**here, "data": name, **row} for row in _by_angle(each, chosen, trained.kind)]
                found = {(name, quantity): number for quantity, number in _places(each, chosen, trained).items()}
                for row, of_row in columns(found, **common):
                    rows.append({**here, **row, "angle": np.nan})
                    replicates.append(of_row)
    for table, schema, path in (
        (pd.DataFrame(rows), ANGLE_AGREEMENT, output),
        (pd.concat(replicates, ignore_index=True), TWO_WAY_REPLICATE, output_replicates),
    ):
        whole = table.assign(experiment=experiment)
        write_table(path, whole[[column.name for column in schema.columns]], schema, provenance)


def _by_angle(found: Tally, chosen: SubEnsembles, kind: str) -> Iterator[dict]:
    """Agreement at each angle, 0 included, with 95 % intervals over networks and images."""
    (same,) = chosen.over(kind, found.same)
    values, errors = np.append(1.0, same.value), np.append(0.0, same.stderr())
    for i, (value, error) in enumerate(zip(values, errors, strict=True)):
        ends = {"ci_low": value - 1.96 * error, "ci_high": value + 1.96 * error}
        yield {"angle": 360 * i / len(values), "quantity": "same", "value": value, "stderr": error, **ends}


def _places(found: Tally, chosen: SubEnsembles, trained: Trained) -> dict[str, TwoWay]:
    """Agreement at angles of several kinds; where no angle is half-way between, there is no such number."""
    angles = found.same.shape[-1] + 1
    step, turn = angles // trained.orbit, angles // QUARTER_TURNS
    places = {"at": range(step, angles, step), "quarter": range(turn, angles, turn)}
    if step % 2 == 0:
        places["between"] = range(step // 2, angles, step)
    numbers = {name: on_elements(found, chosen, trained.kind, list(place))["same"] for name, place in places.items()}
    everywhere = on_elements(found, chosen, trained.kind)
    # The mean over all angles has 0 in it, where every class is kept.
    numbers["agreement"] = everywhere["same"].times((angles - 1) / angles).plus(1 / angles)
    return numbers | {"kappa_angles": everywhere["kappa"]}

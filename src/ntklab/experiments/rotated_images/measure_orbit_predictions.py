"""Measure how invariant image classifiers are over the orbits of the group they were trained with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ntklab.experiments.rotated_images.shards import ALL_OOD, Trained, trained_models
from ntklab.experiments.rotated_images.tables import ORBIT_PREDICTION
from ntklab.files import Arrays
from ntklab.groups import cyclic
from ntklab.metrics.orbit_classification import measure_classifiers, measure_spread
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table

QUARTER_TURNS = 4


def measure_orbit_predictions(
    *, data: Path, predictions: list[Path], sizes: list[int], experiment: str, output: Path, output_training: Path
) -> None:
    """One table after training for all models, groups and sets, and one over training time on quarter turns for the CNNs.

    Networks trained without augmentation are measured on quarter turns. Of rivals there are single ones and all of them.
    """
    provenance = record({"experiment": experiment, "sizes": sizes}, [data, *predictions])
    labels = Arrays(data)["test/labels"]
    after, during = [], []
    for trained in trained_models(predictions):
        after += _after_training(trained, sizes, labels)
        if trained.model == "cnn":
            during += _during_training(trained, sizes)
    for path, rows in ((output, after), (output_training, during)):
        write_table(path, measurements(rows, ORBIT_PREDICTION, experiment=experiment), ORBIT_PREDICTION, provenance)


def _settings(trained: Trained, name: str, order: int) -> dict:
    source = trained.source(name)
    return {
        "data": name, "source": source, "group": cyclic(order).name,
        "model": trained.model, "augmentation": trained.augmentation,
    }  # fmt: skip


def _after_training(trained: Trained, sizes: list[int], labels: np.ndarray) -> Iterator[dict]:
    order = trained.order if trained.order > 1 else QUARTER_TURNS
    step = trained.header["settings"]["steps"]
    if trained.model != "cnn":
        sizes = [1, len(trained.members("test"))]  # too few for several ensembles
    for name in trained.sets():
        members = trained.members(name)
        members = members[:, :, :: members.shape[2] // order]
        for row in measure_classifiers(members, sizes, labels if name == "test" else None):
            yield {**_settings(trained, name, order), "step": step, **_fields(row)}


def _during_training(trained: Trained, sizes: list[int]) -> Iterator[dict]:
    steps = trained.header["settings"]["recorded_steps"]
    for name in (name for name in trained.sets() if name != ALL_OOD):
        members = trained.members(name, "recorded")
        for time, step in enumerate(steps):
            for row in measure_spread(members[:, time], sizes):
                yield {**_settings(trained, name, QUARTER_TURNS), "step": step, **_fields(row)}


def _fields(row) -> dict:
    return {key: value for key, value in row._asdict().items() if key != "time_index"}

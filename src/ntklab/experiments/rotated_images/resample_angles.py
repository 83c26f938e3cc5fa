"""Measure agreement at all angles again after drawing networks and images with replacement."""

from functools import partial
from pathlib import Path

import pandas as pd

from ntklab.experiments.rotated_images.draws import measured_again, on_angles
from ntklab.experiments.rotated_images.measure_orbit_predictions import QUARTER_TURNS
from ntklab.experiments.rotated_images.resample_orbits import draws_of_members, repeated, rows_of, weights_of_images
from ntklab.experiments.rotated_images.shards import ALL_OOD, trained_models
from ntklab.experiments.rotated_images.tables import ORBIT_DRAW
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def resample_angles(*, predictions: list[Path], sizes: list[int], experiment: str, seed: int, output: Path) -> None:
    """Single networks and the largest ensembles of which there are two or more; of rivals the single canonicalised ones.

    On test images and on all sets out of distribution together. The control without augmentation has the angles of C4.
    """
    provenance = record({"experiment": experiment, "sizes": sizes, "seed": seed}, predictions)
    models = [trained for trained in trained_models(predictions) if trained.model != "steerable"]
    images = weights_of_images(models[0], experiment, seed)
    rows = []
    for trained in models:
        sets = {name: trained.members(name) for name in trained.single_sets()}
        number, classes = sets["test"].shape[0], sets["test"].shape[-1]
        rival = trained.model != "cnn"
        order = trained.order if trained.order > 1 else QUARTER_TURNS
        measure = partial(on_angles, number=classes, order=order, quarter_turns=QUARTER_TURNS)
        members = draws_of_members(trained, number, number - 1 if rival else number, experiment, seed)
        for size in [1] if rival else sorted({1, repeated(sizes, number)[-1]}):
            found = measured_again(sets, size, members, images, measure)
            found = {key: values for key, values in found.items() if key[0] in ("test", ALL_OOD)}
            settings = {"model": trained.model, "augmentation": trained.augmentation, "members": float(size)}
            rows += rows_of(found, **settings, n=number // size)
    frame = pd.concat(rows, ignore_index=True).assign(experiment=experiment, group="so2")
    write_table(output, frame[[column.name for column in ORBIT_DRAW.columns]], ORBIT_DRAW, provenance)

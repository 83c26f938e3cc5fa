"""Models are put side by side as they were measured, with the talk's numbers where it has them."""

import numpy as np
import pytest

from ntklab.experiments.rotated_images.compare_models import compare_models
from ntklab.experiments.rotated_images.measure_orbit_predictions import measure_orbit_predictions
from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.experiments.rotated_images.tables import MODEL_COMPARISON
from ntklab.files import Arrays
from ntklab.metrics.orbit_classification import orbit_same_prediction
from ntklab.pipeline.table_files import read_table


def test_the_talks_numbers_stand_beside_the_models_they_are_about(orbits, shards, tmp_path):
    table = tmp_path / "table.parquet"
    measure_orbit_predictions(
        data=orbits, predictions=shards, sizes=[1, 3], experiment="rotated_fashion_mnist", output=table,
        output_training=tmp_path / "training.parquet",
    )  # fmt: skip
    compare_models(table=table, ensemble=3, experiment="rotated_fashion_mnist", output=tmp_path / "compared.parquet")
    compared = read_table(tmp_path / "compared.parquet", MODEL_COMPARISON)
    published = compared[compared.published.notna()].set_index(["model", "members"]).published
    assert published.to_dict() == {
        ("cnn", 1.0): 3.41, ("cnn", 3.0): 3.85, ("canonicalised", 1.0): 4.0
    }  # fmt: skip
    assert len(TALK_COMPARISON) == 12 and "c1" not in set(compared.augmentation)
    row = compared[(compared.members == 1) & (compared.quantity == "osp") & (compared.data == "test")].iloc[0]
    members = np.concatenate([Arrays(shards[1])["test/logits"], Arrays(shards[0])["test/logits"]]).astype(float)
    assert row.deviation == pytest.approx(orbit_same_prediction(members[:, :, ::4]).std(ddof=1))

"""The tables of orbit predictions hold what the shards say."""

import numpy as np
import pytest

from ntklab.experiments.rotated_images.measure_orbit_predictions import measure_orbit_predictions
from ntklab.experiments.rotated_images.tables import ORBIT_PREDICTION
from ntklab.files import Arrays
from ntklab.metrics.orbit_classification import orbit_same_prediction
from ntklab.pipeline.table_files import read_table


def test_tables_hold_what_the_shards_say(orbits, shards, tmp_path):
    table, training = tmp_path / "table.parquet", tmp_path / "training.parquet"
    measure_orbit_predictions(
        data=orbits, predictions=shards, sizes=[1, 3], experiment="rotated_fashion_mnist", output=table,
        output_training=training,
    )  # fmt: skip
    rows = read_table(table, ORBIT_PREDICTION)
    members = np.concatenate([Arrays(shards[1])["test/logits"], Arrays(shards[0])["test/logits"]]).astype(float)
    chosen = rows[
        (rows.data == "test") & (rows.model == "cnn") & (rows.augmentation == "c4") & (rows.quantity == "osp")
    ]
    single = orbit_same_prediction(members[:, :, ::4])
    assert chosen[chosen.members == 1].value.item() == pytest.approx(single.mean())
    assert chosen[chosen.members == 1].n.item() == 6
    three = [orbit_same_prediction(members[i : i + 3].mean(axis=0)[:, ::4]) for i in (0, 3)]
    assert chosen[chosen.members == 3].value.item() == pytest.approx(np.mean(three))
    canonicalised = rows[(rows.model == "canonicalised") & (rows.quantity == "osp") & (rows.members == 1)]
    assert (canonicalised.value == 4).all() and set(rows[rows.augmentation == "c1"].group) == {"c4"}
    assert "out_of_distribution" in set(rows.data) and set(rows[rows.quantity == "accuracy"].data) == {"test"}
    assert set(read_table(training, ORBIT_PREDICTION).step) == {0, 6}

"""The tables of draws begin with what the shards say."""

import numpy as np
import pytest

from ntklab.experiments.rotated_images.measure_orbit_predictions import measure_orbit_predictions
from ntklab.experiments.rotated_images.resample_angles import resample_angles
from ntklab.experiments.rotated_images.resample_orbits import resample_orbits
from ntklab.experiments.rotated_images.resample_training import resample_training
from ntklab.experiments.rotated_images.tables import ORBIT_DRAW, ORBIT_PREDICTION, SPREAD_REPLICATE
from ntklab.pipeline.table_files import read_table

COMMON = {"sizes": [1, 3], "experiment": "rotated_fashion_mnist"}
KEYS = ["data", "group", "model", "augmentation", "members", "quantity"]


@pytest.fixture(scope="module")
def measured(orbits, shards, tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured")
    paths = {"output": folder / "table.parquet", "output_training": folder / "training.parquet"}
    measure_orbit_predictions(data=orbits, predictions=shards, **COMMON, **paths)
    return [read_table(path, ORBIT_PREDICTION) for path in paths.values()]


def test_draw_zero_is_what_was_measured(orbits, shards, measured, tmp_path):
    path = tmp_path / "draws.parquet"
    resample_orbits(data=orbits, predictions=shards, seed=3, output=path, **COMMON)
    draws = read_table(path, ORBIT_DRAW)
    whole = draws[draws.replicate == 0].set_index(KEYS).value
    table = measured[0].set_index(KEYS).value
    both = whole.index.intersection(table.index)
    np.testing.assert_allclose(whole[both], table[both], rtol=1e-6, atol=1e-6)
    assert {"osp", "kappa", "accuracy"} <= {index[-1] for index in both}
    assert len(draws) == 401 * len(whole)
    again = tmp_path / "again.parquet"
    resample_orbits(data=orbits, predictions=shards, seed=3, output=again, **COMMON)
    assert path.read_bytes() == again.read_bytes()


def test_angles_have_draws_of_single_networks_and_the_largest_ensembles(shards, tmp_path):
    path = tmp_path / "draws.parquet"
    resample_angles(predictions=shards, seed=3, output=path, **COMMON)
    draws = read_table(path, ORBIT_DRAW)
    assert set(draws[draws.augmentation == "c4"].members) == {1.0, 3.0}
    assert set(draws.data) == {"test", "out_of_distribution"}
    exact = draws[(draws.model == "canonicalised") & (draws.quantity == "quarter")].value
    np.testing.assert_allclose(exact, 1, rtol=1e-12)


def test_spreads_during_training_are_those_measured(shards, measured, tmp_path):
    path = tmp_path / "replicates.parquet"
    resample_training(predictions=shards, output=path, **COMMON)
    replicates = read_table(path, SPREAD_REPLICATE)
    chosen = replicates[(replicates.data == "test") & (replicates.augmentation == "c4") & (replicates.step == 6)]
    whole = chosen[chosen.replicate == 0].set_index("members").value
    table = measured[1]
    table = table[(table.data == "test") & (table.augmentation == "c4") & (table.step == 6)].set_index("quantity")
    assert whole[np.inf] == pytest.approx(table.value["floor"], rel=1e-6)
    single = table[table.members == 1].value["spread"]
    assert np.sqrt(whole[1.0]) == pytest.approx(single, rel=1e-6) and chosen.replicate.nunique() == 7
    assert whole[3.0] == pytest.approx(whole[np.inf] + (whole[1.0] - whole[np.inf]) / 3)

"""Models are put side by side as they were measured, with the talk's numbers where it has them."""

import numpy as np
import pytest

from ntklab.experiments.rotated_images.compare_models import compare_models
from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.experiments.rotated_images.tables import COMPARED, MODEL_COMPARISON, ORBIT_PREDICTION
from ntklab.pipeline.table_files import read_table


@pytest.fixture(scope="module")
def tables(measured, tmp_path_factory):
    output = tmp_path_factory.mktemp("compared") / "compared.parquet"
    compare_models(table=measured[0], ensembles=[3, 6], experiment="rotated_fashion_mnist", output=output)
    return read_table(measured[0], ORBIT_PREDICTION), read_table(output, MODEL_COMPARISON)


def test_the_talks_numbers_stand_beside_the_models_they_are_about(tables):
    _, compared = tables
    published = compared[compared.published.notna()]
    assert set(published.data) == {"out_of_distribution"} and set(published.quantity) == {"osp"}
    of_model = published.set_index(["model", "group", "members"])
    assert of_model.published.to_dict() == {
        ("cnn", "c4", 1.0): 3.41, ("cnn", "c4", 3.0): 3.85, ("cnn", "c4", 6.0): 3.85, ("cnn", "c8", 1.0): 6.73,
        ("cnn", "c8", 3.0): 7.72, ("canonicalised", "c4", 1.0): 4.0,
    }  # fmt: skip
    assert of_model.published_deviation["cnn", "c8", 3.0] == 0.34 and len(TALK_COMPARISON) == 12


def test_single_networks_of_every_kind_and_ensembles_of_plain_ones_are_compared(tables):
    measured, compared = tables
    assert "c1" not in set(compared.augmentation) and (compared.augmentation == compared.group).all()
    assert set(compared.quantity) == set(COMPARED)
    sizes = compared[compared.quantity == "osp"].groupby(["model", "augmentation"]).members.unique().apply(sorted)
    assert sizes.to_dict() == {
        ("cnn", "c4"): [1, 3, 6], ("cnn", "c8"): [1, 3], ("canonicalised", "c4"): [1], ("frozen", "c4"): [1]
    }  # fmt: skip
    floors = compared[compared.quantity == "floor"].groupby(["model", "augmentation"]).members.first()
    assert floors.to_dict() == {
        ("cnn", "c4"): 6, ("cnn", "c8"): 3, ("canonicalised", "c4"): 3, ("frozen", "c4"): 3
    }  # fmt: skip
    keys = ["data", "model", "augmentation", "group", "members", "quantity"]
    both = compared.merge(measured, on=keys, suffixes=("", "_measured"))
    assert len(both) == len(compared)
    for column in ("value", "stderr", "ci_low", "ci_high"):
        np.testing.assert_array_equal(both[column], both[f"{column}_measured"])

"""From shards to numbers with errors, and from these to rows of tables and back."""

import numpy as np
import pandas as pd
import pytest

from ntklab.experiments.rotated_images.shards import Trained
from ntklab.experiments.rotated_images.two_way import (
    columns,
    ensembles_of,
    numbers_of,
    possible,
    replicates,
    summary,
    tallies,
)
from ntklab.metrics import orbit_classification as metrics
from ntklab.metrics.ensemble_sizes import on_elements
from ntklab.metrics.two_way import TwoWay

PLAIN, OTHER = Trained("cnn", "c4", []), Trained("cnn", "c8", [])


@pytest.fixture
def number(rng) -> TwoWay:
    return TwoWay(np.float64(3.0), {"cnn c4": 3 + rng.normal(size=7)}, 3 + rng.normal(size=12))


def test_sizes_that_so_many_networks_can_form():
    assert possible([1, 2, 5, 10], 5) == [1, 2, 5] and possible([1, 5], 3) == [1]


def test_sub_ensembles_depend_on_the_kind_and_the_seed_and_are_of_the_same_partitions_for_all_sizes():
    def rows(trained: Trained = PLAIN, size: int = 3, seed: int = 1) -> np.ndarray:
        return ensembles_of(trained, 12, size, "rotated_fashion_mnist", seed).means

    np.testing.assert_array_equal(rows(), rows())
    for other in (rows(OTHER), rows(seed=2), rows(Trained("frozen", "c4", []))):
        assert (other != rows()).any()
    np.testing.assert_allclose(rows(size=6)[0], (rows()[0] + rows()[1]) / 2)


def test_sets_out_of_distribution_but_noise_are_tallied_together(rng):
    sets = {name: rng.normal(size=(6, 10, 4, 3)) for name in ("test", "mnist", "noise", "tissue")}
    chosen = ensembles_of(PLAIN, 6, 1, "x", 1)
    found = tallies(sets, chosen)
    assert list(found) == [*sets, "out_of_distribution"]
    both = np.concatenate([sets["mnist"], sets["tissue"]], axis=1)
    number = on_elements(found["out_of_distribution"], chosen, PLAIN.kind)["same"]
    assert number.value == pytest.approx(metrics.same_off_identity(both).mean())
    left_out = metrics.same_off_identity(np.delete(both, [2, 12], axis=1)).mean()
    assert number.inputs[2] == pytest.approx(left_out), "image 2 of both sets"
    assert "out_of_distribution" not in tallies({name: sets[name] for name in ("test", "noise")}, chosen)


def test_a_number_as_in_tables(number):
    found = summary(number)
    assert found["value"] == 3 and found["stderr"] == pytest.approx(number.stderr())
    assert (found["ci_low"], found["ci_high"]) == number.interval().ci95
    undefined = summary(number._replace(value=np.float64(np.nan)))
    assert all(np.isnan(undefined[key]) for key in ("value", "ci_low", "ci_high"))


def test_replicates_are_rows_and_rows_are_replicates(number):
    """In whatever order."""
    rows = replicates(number)
    assert rows.groupby("left_out").replicate.apply(list).to_dict() == {
        "none": [0], "members": list(range(1, 8)), "images": list(range(1, 13))
    }  # fmt: skip
    again = numbers_of(rows.sample(frac=1, random_state=1), "cnn c4")
    assert again.value == number.value
    np.testing.assert_array_equal(again.members["cnn c4"], number.members["cnn c4"])
    np.testing.assert_array_equal(again.inputs, number.inputs)


def test_rows_carry_their_settings(number):
    ((row, of_row),) = columns({("mnist", "osp"): number}, model="cnn", members=5.0)
    assert row == {"data": "mnist", "quantity": "osp", "model": "cnn", "members": 5.0, **summary(number)}
    assert (of_row[["data", "quantity", "model"]].drop_duplicates().to_numpy() == [["mnist", "osp", "cnn"]]).all()
    pd.testing.assert_frame_equal(of_row[["left_out", "replicate", "value"]], replicates(number))

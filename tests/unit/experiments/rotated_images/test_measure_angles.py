"""Agreement at every angle: whole at 0 degrees, exact where a model is invariant, and over angles of every kind."""

import numpy as np
import pandas as pd
import pytest

from ntklab.experiments.rotated_images.measure_angles import measure_angles
from ntklab.experiments.rotated_images.tables import ANGLE_AGREEMENT, TWO_WAY_REPLICATE
from ntklab.metrics import orbit_classification as metrics
from ntklab.pipeline.table_files import read_table

KINDS = [("cnn", "c4"), ("cnn", "c8"), ("cnn", "c1"), ("canonicalised", "c4")]


@pytest.fixture(scope="module")
def tables(shards, tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("angles")
    measure_angles(
        predictions=shards, sizes=[1, 2, 3, 6], angle_members=3, experiment="rotated_fashion_mnist", seed=1,
        output=folder / "angles.parquet", output_replicates=folder / "replicates.parquet",
    )  # fmt: skip
    return (
        read_table(folder / "angles.parquet", ANGLE_AGREEMENT),
        read_table(folder / "replicates.parquet", TWO_WAY_REPLICATE),
    )


def of(rows: pd.DataFrame, data: str, model: str, augmentation: str, members: float, quantity: str) -> pd.DataFrame:
    rows = rows[(rows.data == data) & (rows.model == model) & (rows.augmentation == augmentation)]
    return rows[(rows.members == members) & (rows.quantity == quantity)]


@pytest.mark.parametrize(("model", "group"), KINDS)
def test_agreement_at_every_angle_is_that_of_the_logits(tables, logits, averaged, model, group):
    for size in (1, 2) if model == "cnn" else (1,):
        for data in ("test", "mnist", "photographs"):
            rows = of(tables[0], data, model, group, size, "same").sort_values("angle")
            assert rows.angle.tolist() == [22.5 * i for i in range(16)] and set(rows.group) == {"so2"}
            expected = metrics.agreement(averaged(model, group, logits(model, group, data, "angles"), size)).mean(
                axis=0
            )
            np.testing.assert_allclose(rows.value, expected)
    first = tables[0][(tables[0].angle == 0) & (tables[0].quantity == "same")]
    assert (first.value == 1).all() and (first.stderr == 0).all()


PLACES = {  # of sixteen angles: those of the group, those half-way between, and quarter turns
    "c4": ([4, 8, 12], [2, 6, 10, 14]), "c8": ([2, 4, 6, 8, 10, 12, 14], [1, 3, 5, 7, 9, 11, 13, 15]),
}  # fmt: skip


@pytest.mark.parametrize(("model", "group"), KINDS)
def test_numbers_over_several_angles_are_their_means(tables, logits, averaged, model, group):
    at, between = PLACES["c4" if group == "c1" else group]
    for size in (1, 2) if model == "cnn" else (1,):
        f = averaged(model, group, logits(model, group, "test", "angles"), size)
        same = metrics.agreement(f).mean(axis=0)
        kappa = metrics.chance_corrected(metrics.same_off_identity(f).mean(), metrics.concentration(f).mean())
        expected = {
            "agreement": same.mean(), "at": same[at].mean(), "between": same[between].mean(),
            "quarter": same[[4, 8, 12]].mean(), "kappa_angles": kappa,
        }  # fmt: skip
        for quantity, number in expected.items():
            row = of(tables[0], "test", model, group, size, quantity)
            np.testing.assert_allclose(row.value.item(), number)
            assert np.isnan(row.angle.item()) and row.n.item() == 3 and row.source.item() == "embedded"


def test_canonicalised_networks_keep_every_class_at_quarter_turns(tables):
    exact = tables[0][tables[0].model == "canonicalised"]
    at_quarter_turns = exact[(exact.angle % 90 == 0) | exact.quantity.isin(["quarter", "at"])]
    np.testing.assert_allclose(at_quarter_turns.value, 1, rtol=1e-12)
    assert (exact[exact.angle == 45].value < 1).any()


def test_networks_that_were_not_evaluated_at_all_angles_are_left_out(tables, shards):
    assert any(path.stem.startswith("frozen") for path in shards)
    assert set(tables[0].model) == set(tables[1].model) == {"cnn", "canonicalised"}


def test_the_sets_together_have_no_noise_which_is_at_no_angle_but_those_of_the_groups(tables, logits):
    assert set(tables[0].data) == {"test", "mnist", "photographs", "out_of_distribution"} == set(tables[1].data)
    both = [metrics.agreement(logits("cnn", "c8", data, "angles")).mean() for data in ("mnist", "photographs")]
    row = of(tables[0], "out_of_distribution", "cnn", "c8", 1, "agreement")
    assert row.value.item() == pytest.approx(np.mean(both)) and row.source.item() == "embedded, embedded"


def test_replicates_are_of_the_numbers_over_several_angles(tables):
    angles, replicates = tables
    assert set(replicates.quantity) == {"agreement", "at", "between", "quarter", "kappa_angles"}
    keys = ["data", "model", "augmentation", "members", "quantity"]
    whole = replicates[replicates.left_out == "none"].set_index(keys).value
    measured = angles[angles.angle.isna()].set_index(keys).value
    pd.testing.assert_series_equal(whole.sort_index(), measured.sort_index())
    sizes = replicates.groupby(["model", "augmentation"]).members.unique().apply(sorted)
    assert all(sizes["cnn"].apply(lambda of_kind: of_kind == [1, 2])) and sizes["canonicalised", "c4"] == [1]
    one = of(replicates, "test", "cnn", "c4", 2.0, "at")
    assert one.groupby("left_out").replicate.count().to_dict() == {"none": 1, "members": 3, "images": 6}


def test_without_angles_half_way_between_there_is_no_such_number(orbits_of, train, tmp_path):
    """Eight angles are those of C8; networks too few for an ensemble have each row once."""
    path = train(orbits_of([4, 8], 8), tmp_path, "cnn", "c8", 0, 2)
    outputs = {"output": tmp_path / "angles.parquet", "output_replicates": tmp_path / "replicates.parquet"}
    measure_angles(predictions=[path], sizes=[1, 5], angle_members=3, experiment="x", seed=1, **outputs)
    found = read_table(outputs["output"], ANGLE_AGREEMENT)
    assert "at" in set(found.quantity) and "between" not in set(found.quantity)
    assert not found.duplicated(["data", "members", "quantity", "angle"]).any() and set(found.members) == {1.0}

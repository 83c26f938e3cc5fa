"""Networks during training: agreement, spread and loss at the recorded steps are those of the shards."""

import numpy as np
import pandas as pd
import pytest

from ntklab.experiments.rotated_images.measure_training import measure_training
from ntklab.experiments.rotated_images.tables import ORBIT_PREDICTION, SPREAD_REPLICATE
from ntklab.metrics import orbit_classification as metrics
from ntklab.metrics.resampling import jackknife_interval
from ntklab.pipeline.table_files import read_table

STEPS = [0, 3, 6]
KINDS = [("cnn", "c4"), ("cnn", "c8"), ("cnn", "c1"), ("canonicalised", "c4")]


@pytest.fixture(scope="module")
def tables(shards, tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("training")
    measure_training(
        predictions=shards, sizes=[1, 3, 6], sizes_of_spread=[1, 2, 3, 6], experiment="rotated_fashion_mnist", seed=1,
        output=folder / "training.parquet", output_replicates=folder / "replicates.parquet",
    )  # fmt: skip
    return (
        read_table(folder / "training.parquet", ORBIT_PREDICTION),
        read_table(folder / "replicates.parquet", SPREAD_REPLICATE),
    )


def of(rows: pd.DataFrame, model: str, augmentation: str, data: str, **settings) -> pd.DataFrame:
    rows = rows[(rows.model == model) & (rows.augmentation == augmentation) & (rows.data == data)]
    for column, value in settings.items():
        rows = rows[rows[column] == value]
    return rows


@pytest.mark.parametrize(("model", "group"), KINDS)
def test_predictions_at_every_recorded_step_are_those_of_the_logits(tables, logits, model, group):
    for data in ("test", "noise"):
        f = logits(model, group, data, "recorded")
        for size in (1, len(f)):
            for time, step in enumerate(STEPS):
                means = f[:, time] if size == 1 else f[:, time].mean(axis=0, keepdims=True)
                same, by_chance = metrics.same_off_identity(means).mean(), metrics.concentration(means).mean()
                expected = {
                    "osp": metrics.orbit_same_prediction(means).mean(), "concentration": by_chance,
                    "kappa": metrics.chance_corrected(same, by_chance),
                }  # fmt: skip
                for quantity, number in expected.items():
                    row = of(tables[0], model, group, data, quantity=quantity, members=size, step=step)
                    np.testing.assert_allclose(row.value.item(), number, rtol=1e-9)
                    assert row.n.item() == len(f) and row.group.item() == ("c8" if group == "c8" else "c4")


def test_sets_out_of_distribution_are_together_without_noise(tables, logits):
    f = np.concatenate([logits("cnn", "c4", data, "recorded")[:, 1] for data in ("mnist", "photographs")], axis=1)
    row = of(tables[0], "cnn", "c4", "out_of_distribution", quantity="osp", members=1, step=3)
    assert row.value.item() == pytest.approx(metrics.orbit_same_prediction(f).mean())


def test_numbers_are_of_the_sizes_asked_for_that_the_networks_can_form(tables):
    osp = tables[0][tables[0].quantity == "osp"]
    sizes = osp.groupby(["model", "augmentation"]).members.unique().apply(sorted)
    assert sizes["cnn", "c4"] == [1, 3, 6] and sizes["cnn", "c8"] == sizes["canonicalised", "c4"] == [1, 3]
    keys = ["data", "model", "augmentation", "members", "step", "quantity"]
    assert not tables[0].duplicated(keys).any() and not tables[1].duplicated([*keys, "replicate"]).any()


def test_of_networks_without_recorded_logits_there_is_the_loss_alone(tables):
    assert set(tables[0][tables[0].model == "frozen"].quantity) == {"training_loss"}


def test_the_loss_is_the_mean_over_networks_with_the_textbook_error(tables, logits, shards):
    for model, group in [*KINDS, ("frozen", "c4")]:
        rows = of(tables[0], model, group, "training").sort_values("step")
        assert rows.step.tolist() == STEPS and set(rows.quantity) == {"training_loss"} and set(rows.members) == {1.0}
        losses = np.concatenate([
            np.load(path)["loss"].astype(float) for path in sorted(shards) if path.stem.startswith(f"{model}-{group}-")
        ])  # fmt: skip
        np.testing.assert_allclose(rows.value, losses.mean(axis=0))
        np.testing.assert_allclose(rows.stderr, losses.std(axis=0, ddof=1) / np.sqrt(len(losses)))
        assert (rows.ci_low < rows.value).all() and (rows.value < rows.ci_high).all()
    start = tables[0][(tables[0].quantity == "training_loss") & (tables[0].step == 0)]
    assert start.value.between(2.2, 2.5).all(), "of ten classes, chance: log 10"


def test_spreads_are_replicates_of_the_plain_networks_and_follow_the_law_of_their_sizes(tables, logits):
    assert set(tables[1].model) == {"cnn"} and set(tables[1].quantity) == {"squared_spread"}
    f = logits("cnn", "c4", "test", "recorded")
    for time, step in enumerate(STEPS):
        rows = of(tables[1], "cnn", "c4", "test", step=step)
        assert sorted(rows.members.unique()) == [1, 2, 3, 6, np.inf] and sorted(rows.replicate.unique()) == list(
            range(7)
        )
        whole = rows[rows.replicate == 0].set_index("members").value
        single, infinite = np.square(metrics.logit_spread(f[:, time])).mean(), metrics.floor(f[:, time]).value
        assert whole[1.0] == pytest.approx(single) and whole[np.inf] == pytest.approx(infinite)
        for size in (2, 3, 6):
            assert whole[size] == pytest.approx(infinite + (single - infinite) / size)
        assert whole[6.0] == pytest.approx(np.square(metrics.logit_spread(f[:, time].mean(axis=0))))
        left_out = rows[(rows.members == 1) & (rows.replicate > 0)].sort_values("replicate").value
        expected = [
            np.square(metrics.logit_spread(np.delete(f[:, time], member, axis=0))).mean() for member in range(6)
        ]
        np.testing.assert_allclose(left_out, expected)


def test_the_interval_of_the_loss_is_students(tables, shards):
    losses = np.load(next(path for path in shards if path.stem == "cnn-c8-0"))["loss"].astype(float)[:, -1]
    row = of(tables[0], "cnn", "c8", "training", step=6).iloc[0]
    left_out = np.array([np.delete(losses, member).mean() for member in range(3)])
    expected = jackknife_interval(losses.mean(), left_out, "members").ci95
    np.testing.assert_allclose([row.ci_low, row.ci_high], expected)

"""The table of orbit predictions and its replicates hold what the shards say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from ntklab.experiments.rotated_images.measure_orbit_predictions import measure_orbit_predictions
from ntklab.experiments.rotated_images.tables import ORBIT_PREDICTION, TWO_WAY_REPLICATE
from ntklab.files import Arrays
from ntklab.metrics import orbit_classification as metrics
from ntklab.pipeline.table_files import read_table

SETS = ["test", "mnist", "photographs", "noise"]


@pytest.fixture(scope="module")
def rows(measured) -> pd.DataFrame:
    return read_table(measured[0], ORBIT_PREDICTION)


@pytest.fixture(scope="module")
def replicates(measured) -> pd.DataFrame:
    return read_table(measured[1], TWO_WAY_REPLICATE)


def value(
    rows: pd.DataFrame, quantity: str, data: str, model: str, augmentation: str, members: float = 1.0, group: str = ""
) -> float:
    chosen = rows[(rows.quantity == quantity) & (rows.data == data) & (rows.members == members)]
    chosen = chosen[(chosen.model == model) & (chosen.augmentation == augmentation)]
    return (chosen[chosen.group == group] if group else chosen).value.item()


KINDS = [("cnn", "c4"), ("cnn", "c8"), ("canonicalised", "c4"), ("frozen", "c4")]


def ensembles(f: np.ndarray, size: int) -> np.ndarray:
    return f if size == 1 else f.mean(axis=0, keepdims=True)


@pytest.mark.parametrize(("model", "group"), KINDS)
@pytest.mark.parametrize("data", SETS)
def test_numbers_of_single_networks_and_of_all_are_those_of_their_logits(rows, logits, model, group, data):
    f = logits(model, group, data)
    for size in (1, len(f)):
        means = ensembles(f, size)
        assert value(rows, "osp", data, model, group, size) == pytest.approx(
            metrics.orbit_same_prediction(means).mean()
        )
        same, by_chance = metrics.same_off_identity(means).mean(), metrics.concentration(means).mean()
        assert value(rows, "concentration", data, model, group, size) == pytest.approx(by_chance)
        kappa = metrics.chance_corrected(same, by_chance)
        np.testing.assert_allclose(value(rows, "kappa", data, model, group, size), kappa)
    single = np.square(metrics.logit_spread(f)).mean()
    infinite = metrics.floor(f).value
    assert value(rows, "floor", data, model, group, len(f)) == pytest.approx(infinite, abs=1e-9)
    for size in (1, 3):
        expected = np.sqrt(max(infinite + (single - infinite) / size, 0))
        assert value(rows, "spread", data, model, group, size) == pytest.approx(expected, abs=1e-6)
    classes = f[:, :, 0].argmax(axis=-1)
    pairs = [np.mean(classes[i] != classes[j]) for i in range(len(f)) for j in range(i)]
    assert value(rows, "disagreement", data, model, group, 2) == pytest.approx(np.mean(pairs))


def test_averaged_probabilities_are_compared_with_averaged_logits_in_the_largest_ensembles_of_plain_networks(
    rows, logits
):
    found = rows[rows.quantity == "osp_probabilities"]
    kinds = found[["model", "augmentation", "group", "members"]].drop_duplicates().to_numpy().tolist()
    assert kinds == [["cnn", "c4", "c4", 6], ["cnn", "c8", "c8", 3], ["cnn", "c1", "c4", 3]]
    for augmentation, size in (("c4", 6), ("c8", 3)):
        mean = softmax(logits("cnn", augmentation, "mnist"), axis=-1).mean(axis=0)
        expected = metrics.orbit_same_prediction(mean)
        assert value(rows, "osp_probabilities", "mnist", "cnn", augmentation, size) == pytest.approx(expected)


def test_ensembles_of_some_are_between_those_of_one_and_of_all(rows, logits):
    """For the spread by the law of their sizes; the others by averages over all sub-ensembles of two."""
    f = logits("cnn", "c4", "test")
    pairs = np.stack([(f[i] + f[j]) / 2 for i in range(6) for j in range(i)])
    expected = metrics.orbit_same_prediction(pairs)
    # The mean over 60 pairs of random partitions, of fifteen in all.
    assert abs(value(rows, "osp", "test", "cnn", "c4", 2) - expected.mean()) < 4 * expected.std() / np.sqrt(60)
    spread = np.sqrt(np.square(metrics.logit_spread(pairs)).mean())
    assert value(rows, "spread", "test", "cnn", "c4", 2) == pytest.approx(spread)


@pytest.mark.parametrize(("model", "group"), KINDS)
def test_sets_out_of_distribution_are_together_without_noise(rows, logits, model, group):
    f = np.concatenate([logits(model, group, data) for data in ("mnist", "photographs")], axis=1)
    osp = value(rows, "osp", "out_of_distribution", model, group)
    assert osp == pytest.approx(metrics.orbit_same_prediction(f).mean())
    same, by_chance = metrics.same_off_identity(f).mean(), metrics.concentration(f).mean()
    kappa = value(rows, "kappa", "out_of_distribution", model, group)
    assert kappa == pytest.approx(metrics.chance_corrected(same, by_chance))
    assert set(rows[rows.data == "out_of_distribution"].source) == {"embedded, embedded"}
    assert set(rows[rows.data == "noise"].source) == {"generated"}


def test_accuracy_is_that_of_the_test_images(rows, logits, orbits):
    f, labels = logits("cnn", "c4", "test"), Arrays(orbits)["test/labels"]
    for size in (1, 6):
        for suffix, values in (("", f), ("_probabilities", softmax(f, axis=-1))):
            expected = metrics.accuracy(ensembles(values, size), labels).mean()
            assert value(rows, f"accuracy{suffix}", "test", "cnn", "c4", size) == pytest.approx(expected)
    for quantity in ("accuracy", "accuracy_shifted", "calibration_error", "calibration_error_probabilities"):
        chosen = rows[rows.quantity == quantity]
        assert set(chosen.data) == {"test"} and chosen.value.between(0, 1).all()
        # On the orbits they are compared on only: of networks without augmentation, quarter turns.
        assert set(chosen[chosen.augmentation == "c1"].group) == {"c4"}


def test_canonicalised_networks_are_invariant_under_quarter_turns(rows):
    exact = rows[rows.model.isin(["canonicalised", "frozen"]) & (rows.members == 1)]
    assert (exact[exact.quantity == "osp"].value.round(9) == 4).all()
    assert (exact[exact.quantity == "spread"].value < 1e-5).all()


def test_images_returned_from_their_rotations_show_what_interpolation_changes(rows, logits):
    """Of C8 half of the elements interpolate; quarter turns alone change nothing, so there is no such number."""
    assert set(rows[rows.quantity == "osp_returned"].augmentation) == {"c8"}
    for data in SETS:
        f, returned = logits("cnn", "c8", data), logits("cnn", "c8", data, "returned")
        for size in (1, 3):
            upright, back = ensembles(f[:, :, :1], size), ensembles(returned, size)
            kept = upright.argmax(axis=-1) == back.argmax(axis=-1)
            expected = 4 + 4 * kept.mean()
            assert value(rows, "osp_returned", data, "cnn", "c8", size) == pytest.approx(expected)


def test_networks_without_augmentation_are_measured_on_the_orbits_of_all_groups(rows, logits, averaged):
    chosen = rows[rows.augmentation == "c1"]
    assert set(chosen.group) == {"c4", "c8"}
    assert set(chosen[chosen.group == "c8"].quantity) == {"osp", "kappa", "concentration"}
    f = logits("cnn", "c1", "test")
    for group, elements, largest in (("c4", f[:, :, ::2], 3), ("c8", f, 2)):
        for size in (1, largest):
            expected = metrics.orbit_same_prediction(averaged("cnn", "c1", elements, size)).mean()
            assert value(rows, "osp", "test", "cnn", "c1", size, group) == pytest.approx(expected)


def test_sizes_of_ensembles_are_those_that_the_networks_can_form(rows):
    osp = rows[rows.quantity == "osp"]
    sizes = {key: sorted(part.members.unique()) for key, part in osp.groupby(["augmentation", "group", "model"])}
    assert sizes["c4", "c4", "cnn"] == [1, 2, 3, 6]
    assert sizes["c8", "c8", "cnn"] == sizes["c1", "c4", "cnn"] == sizes["c4", "c4", "frozen"] == [1, 2, 3]
    assert sizes["c1", "c8", "cnn"] == [1, 2], "single ones and the largest of which there are several"
    assert not rows.duplicated(["data", "group", "model", "augmentation", "members", "quantity"]).any()


def test_networks_too_few_for_an_ensemble_have_each_row_once(orbits, shards, tmp_path):
    paths = {"output": tmp_path / "table.parquet", "output_replicates": tmp_path / "replicates.parquet"}
    measure_orbit_predictions(data=orbits, predictions=shards[2:4], sizes=[1, 5], experiment="x", seed=1, **paths)
    found = read_table(paths["output_replicates"], TWO_WAY_REPLICATE)
    keys = ["data", "group", "augmentation", "members", "quantity", "left_out", "replicate"]
    assert set(found.members) == {1.0} and not found.duplicated(keys).any()


def test_counts_of_networks_steps_and_sizes_are_those_of_the_shards(rows, shards):
    assert set(rows.step) == {6}
    assert {tuple(pair) for pair in rows[["augmentation", "n"]].to_numpy()} == {
        ("c4", 6),
        ("c4", 3),
        ("c8", 3),
        ("c1", 3),
    }
    for path in shards[1:]:
        settings, size = (Arrays(path).header[name] for name in ("settings", "size"))
        for quantity, number in size.items():
            found = rows[(rows.quantity == quantity) & (rows.model == settings["model"])]
            assert (found[found.augmentation == settings["group"]].value == number).all() and len(found)


def test_the_rows_of_a_replicate_of_nothing_are_the_table(rows, replicates):
    keys = ["data", "group", "model", "augmentation", "members", "quantity"]
    whole = replicates[replicates.left_out == "none"]
    assert (whole.replicate == 0).all() and not whole.duplicated(keys).any()
    both = whole.merge(rows, on=keys, suffixes=("", "_of_table"))
    assert len(both) == len(whole)
    np.testing.assert_allclose(both.value, both.value_of_table)
    np.testing.assert_array_equal(both.n, both.n_of_table)
    alone = set(rows.quantity) - set(whole.quantity)
    assert alone == {"disagreement", "spread", "floor", "parameters", "multiplications"}


def test_replicates_leave_networks_or_images_out(replicates, logits):
    chosen = replicates[(replicates.quantity == "osp") & (replicates.data == "test") & (replicates.model == "cnn")]
    chosen = chosen[(chosen.augmentation == "c4") & (chosen.members == 1)].sort_values("replicate")
    f = logits("cnn", "c4", "test")
    parts = {name: part for name, part in chosen.groupby("left_out")}
    assert parts["members"].replicate.tolist() == [1, 2, 3, 4, 5, 6]
    assert parts["images"].replicate.tolist() == list(range(1, 21))
    expected = [metrics.orbit_same_prediction(np.delete(f, member, axis=0)).mean() for member in range(6)]
    np.testing.assert_allclose(parts["members"].value, expected)
    groups = np.array_split(np.arange(24), 20)
    expected = [metrics.orbit_same_prediction(np.delete(f, group, axis=1)).mean() for group in groups]
    np.testing.assert_allclose(parts["images"].value, expected)


def test_the_interval_of_a_number_is_that_of_its_replicates(rows, replicates):
    keys = {"quantity": "osp", "data": "mnist", "model": "cnn", "augmentation": "c8", "members": 1.0, "group": "c8"}
    row, part = (frame[np.logical_and.reduce([frame[k] == v for k, v in keys.items()])] for frame in (rows, replicates))
    members, images = (part[part.left_out == name].value for name in ("members", "images"))
    variance = (len(members) - 1) * members.var(ddof=0) + (len(images) - 1) * images.var(ddof=0)
    assert row.stderr.item() == pytest.approx(np.sqrt(variance))
    half = row.value.item() - row.ci_low.item()
    assert 1.96 * row.stderr.item() < half == pytest.approx(row.ci_high.item() - row.value.item())


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_sub_ensembles(orbits, shards, rows, tmp_path):
    def of_frozen(seed: int) -> list[Path]:
        paths = [tmp_path / f"{name}.parquet" for name in ("table", "replicates")]
        measure_orbit_predictions(
            data=orbits, predictions=shards[-1:], sizes=[1, 2, 3, 6], experiment="rotated_fashion_mnist", seed=seed,
            output=paths[0], output_replicates=paths[1],
        )  # fmt: skip
        return paths

    def numbers() -> pd.DataFrame:
        return read_table(tmp_path / "table.parquet", ORBIT_PREDICTION)

    first, second = ([path.read_bytes() for path in of_frozen(1)] for _ in range(2))
    assert first == second
    alone, keys = numbers(), ["model", "quantity", "data", "members"]
    whole, part = (table[table.model == "frozen"].set_index(keys).value for table in (rows, alone))
    pd.testing.assert_series_equal(part, whole)
    of_frozen(2)
    other = numbers()
    assert set(alone[alone.value.ne(other.value)].members) == {2.0}, "single networks and all of them are exact"
    changed = alone[alone.stderr.ne(other.stderr) & alone.stderr.notna()]
    assert set(changed.members) == {2.0, 3.0}, "only of single networks is the error exact"

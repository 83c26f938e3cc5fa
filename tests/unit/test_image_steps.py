"""The steps of the image experiments on small real data, and where their images come from."""

import numpy as np
import pytest
from ntklab.schemas import (
    ACTION_FLOOR,
    ANGLE_AGREEMENT,
    MODEL_COMPARISON,
    ORBIT_PREDICTION,
    PICTURE,
    PICTURE_PREDICTION,
)

from ntklab.data import catalogue
from ntklab.data.embedded import embedded
from ntklab.data.out_of_distribution import NAMES, draw
from ntklab.data.rotation import disc_mask
from ntklab.experiments.rotated_images.compare_models import compare_models
from ntklab.experiments.rotated_images.measure_action_floor import measure_action_floor
from ntklab.experiments.rotated_images.measure_angles import measure_angles
from ntklab.experiments.rotated_images.measure_orbit_predictions import measure_orbit_predictions
from ntklab.experiments.rotated_images.prepare_image_orbits import prepare_image_orbits
from ntklab.experiments.rotated_images.published import TALK_COMPARISON
from ntklab.experiments.rotated_images.tabulate_pictures import tabulate_pictures
from ntklab.experiments.rotated_images.train_classifier_shard import train_classifier_shard
from ntklab.files import Arrays
from ntklab.metrics.orbit_classification import orbit_same_prediction
from ntklab.pipeline.steps.prepare_histology import prepare_histology
from ntklab.pipeline.steps.prepare_images import prepare_images
from ntklab.pipeline.tables import read_table


@pytest.fixture(scope="module")
def orbits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orbits")
    prepare_images(data="fashion_mnist", source="embedded", size=28, output=folder / "images.npz")
    prepare_image_orbits(
        data=folder / "images.npz", experiment="rotated_fashion_mnist", training_images=40, test_images=12,
        ood=["mnist", "photographs", "noise"], ood_sources=["embedded", "embedded", "generated"], ood_images=8,
        orders=[4, 8], angles_evaluated=16, seed=1, output=folder / "orbits.npz",
    )  # fmt: skip
    return folder / "orbits.npz"


def train(orbits, folder, model, group, first, last, **options):
    path = folder / f"{model}-{group}-{first}.npz"
    train_classifier_shard(
        data=orbits, experiment="rotated_fashion_mnist", model=model, group=group, first=first, last=last,
        channels=[4, 8], pooled=2, steps=6, batch=32, learning_rate=3e-3, recorded_steps=[0, 6], recorded_images=5, seed=1,
        device="cpu", members_per_chunk=1, checkpoints=str(folder / "checkpoints"), output=path, **options,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def shards(orbits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    return [
        train(orbits, folder, "cnn", "c4", 3, 5),
        train(orbits, folder, "cnn", "c4", 0, 2),
        train(orbits, folder, "cnn", "c1", 0, 2),
        train(orbits, folder, "canonicalised", "c4", 0, 1),
    ]


def test_training_and_evaluation_orbits_are_rotations_of_the_same_masked_images(orbits):
    arrays = Arrays(orbits)
    x = arrays["training/orbits"]
    assert x.shape == (40, 8, 28, 28, 1) and x.dtype == np.float32 and x.min() >= 0 and x.max() <= 1
    np.testing.assert_array_equal(x[:, 2], np.rot90(x[:, 0], axes=(1, 2)))
    assert not x[:, 0][:, ~disc_mask(28)].any() and x[:, 0][:, disc_mask(28)].any()
    assert np.bincount(arrays["training/labels"]).tolist() == [4] * 10
    assert arrays["test/orbits"].shape[:2] == (12, 16) and arrays["noise/orbits"].shape[:2] == (8, 16)
    real = embedded("fashion_mnist", "training").images / np.float32(255) * disc_mask(28)
    assert (x[0, 0, ..., 0] == real).all(axis=(1, 2)).any()
    assert arrays.header["sources"] == {
        "mnist": "embedded", "photographs": "embedded", "noise": "generated", "test": "embedded"
    }  # fmt: skip


def test_quarter_turns_alone_leave_the_corners_and_carry_the_mark_of_stand_in_data(tmp_path):
    prepare_histology(
        source="stand_in", size=16, images=36, validation_images=9, seed=1, output=tmp_path / "images.npz"
    )
    prepare_image_orbits(
        data=tmp_path / "images.npz", experiment="histology", training_images=27, test_images=9, ood=["photographs"],
        ood_sources=["embedded"], ood_images=4, orders=[4], angles_evaluated=4, seed=1, output=tmp_path / "orbits.npz",
    )  # fmt: skip
    arrays = Arrays(tmp_path / "orbits.npz")
    assert arrays.header["stand_in"] is True
    assert arrays["training/orbits"].shape == (27, 4, 16, 16, 3) and arrays["training/orbits"][:, 0, 0, 0].all()
    path = train(tmp_path / "orbits.npz", tmp_path, "cnn", "c4", 0, 2)
    assert Arrays(path).header["stand_in"] is True


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

    compare_models(table=table, ensemble=3, experiment="rotated_fashion_mnist", output=tmp_path / "compared.parquet")
    compared = read_table(tmp_path / "compared.parquet", MODEL_COMPARISON)
    published = compared[compared.published.notna()].set_index(["model", "members"]).published
    assert published.to_dict() == {
        ("cnn", 1.0): 3.41, ("cnn", 3.0): 3.85, ("canonicalised", 1.0): 4.0
    }  # fmt: skip
    assert len(TALK_COMPARISON) == 12 and "c1" not in set(compared.augmentation)
    row = compared[(compared.members == 1) & (compared.quantity == "osp") & (compared.data == "test")].iloc[0]
    assert row.deviation == pytest.approx(single.std(ddof=1))

    measure_angles(
        data=orbits, predictions=shards, sizes=[1, 3], experiment="rotated_fashion_mnist",
        output=tmp_path / "angles.parquet", output_mean=tmp_path / "means.parquet",
    )  # fmt: skip
    angles, means = read_table(tmp_path / "angles.parquet", ANGLE_AGREEMENT), tmp_path / "means.parquet"
    assert (angles[angles.angle == 0].value == 1).all() and angles.angle.nunique() == 16
    assert (angles[(angles.model == "canonicalised") & (angles.angle == 90) & (angles.members == 1)].value == 1).all()
    keys = {"data": "test", "model": "cnn", "augmentation": "c4", "members": 1.0}
    of_angles, of_means = (
        frame[np.logical_and.reduce([frame[k] == v for k, v in keys.items()])]
        for frame in (angles, read_table(means, ORBIT_PREDICTION))
    )
    assert of_means.value.item() == pytest.approx(of_angles.value.mean())


def test_the_floor_of_the_action_vanishes_for_quarter_turns_only(orbits, tmp_path):
    measure_action_floor(data=orbits, orders=[4, 8], images=5, experiment="x", output=tmp_path / "floor.parquet")
    table = read_table(tmp_path / "floor.parquet", ACTION_FLOOR)
    by_group = table[table.quantity == "composition"].groupby("group").value
    assert by_group.max()["c4"] == 0 and by_group.min()["c8"] > 0.01


def test_the_picture_shown_follows_its_rule(orbits, shards, tmp_path):
    tabulate_pictures(
        data=orbits, predictions=shards[:2], ensemble=6, pictures=4, experiment="x",
        output_pictures=tmp_path / "pictures.parquet", output_predictions=tmp_path / "predictions.parquet",
    )  # fmt: skip
    pictures = read_table(tmp_path / "pictures.parquet", PICTURE)
    predictions = read_table(tmp_path / "predictions.parquet", PICTURE_PREDICTION)
    image = pictures.image.iloc[0]
    pixels = pictures[pictures.angle == 90].sort_values(["row", "column"]).value.to_numpy().reshape(28, 28)
    np.testing.assert_array_equal(pixels, Arrays(orbits)["test/orbits"][image, 4, ..., 0])
    first = predictions[predictions.members == 1].sort_values("angle").value.to_numpy()
    np.testing.assert_array_equal(first, Arrays(shards[1])["test/logits"][0, image, ::4].argmax(axis=-1))


def test_sets_off_distribution_are_real_or_noise_and_fit_the_training_images():
    rng = np.random.default_rng(0)
    digits = draw("mnist", "embedded", 20, 28, 1, rng)
    real = embedded("mnist", "digits").images / np.float32(255)
    assert all((real == digit[..., 0]).all(axis=(1, 2)).any() for digit in digits)
    assert draw("photographs", "embedded", 5, 28, 3, rng).shape == (5, 28, 28, 3)
    noise = draw("noise", "generated", 200, 8, 1, rng)
    assert noise.min() == 0 and noise.max() == 1 and abs((noise == 0).mean() - 0.5) < 0.02
    with pytest.raises(ValueError, match="its images are grey, but the training images have 3 channels"):
        draw("mnist", "embedded", 5, 28, 3, rng)
    with pytest.raises(ValueError, match=f"unknown set of images 'minst'; known: {', '.join(NAMES)}"):
        draw("minst", "embedded", 5, 28, 1, rng)
    with pytest.raises(FileNotFoundError, match='or use data "photographs"'):
        draw("cifar10", "nowhere.tar.gz", 5, 28, 1, rng)
    with pytest.raises(ValueError, match="5000 images wanted"):
        draw("mnist", "embedded", 5000, 28, 1, rng)


def test_full_data_are_of_the_package_where_it_is_else_downloaded(monkeypatch, tmp_path):
    monkeypatch.setitem(catalogue.LOCAL, "fashion_mnist", tmp_path)
    assert catalogue.downloads("fashion_mnist", "full") == ()
    assert catalogue.location("fashion_mnist", "full", "downloads") == str(tmp_path)
    monkeypatch.setitem(catalogue.LOCAL, "fashion_mnist", tmp_path / "absent")
    assert len(catalogue.downloads("fashion_mnist", "full")) == 4
    assert catalogue.location("fashion_mnist", "full", "downloads") == "downloads/fashion_mnist"
    assert catalogue.location("cifar10", "full", "downloads") == "downloads/cifar10/cifar-10-binary.tar.gz"
    assert catalogue.downloads("histology", "pathmnist_64.npz") == ("pathmnist_64.npz",)
    assert catalogue.location("histology", "pathmnist_64.npz", "d") == "d/histology/pathmnist_64.npz"
    for source in ("embedded", "stand_in", "/my/folder"):
        assert catalogue.downloads("histology", source) == () and catalogue.location("x", source, "d") == source

"""Small orbits of real images, and shards of tiny networks trained on them, shared by the tests of this room's steps."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ntklab.experiments.rotated_images.measure_orbit_predictions import measure_orbit_predictions
from ntklab.experiments.rotated_images.prepare_image_orbits import prepare_image_orbits
from ntklab.experiments.rotated_images.train_classifier_shard import train_classifier_shard
from ntklab.files import Arrays
from ntklab.metrics.ensemble_sizes import sub_ensembles_of
from ntklab.pipeline.steps.prepare_images import prepare_images
from ntklab.seeds import generator


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("images") / "images.npz"
    prepare_images(data="fashion_mnist", source="embedded", size=28, output=path)
    return path


@pytest.fixture(scope="session")
def orbits_of(images, tmp_path_factory) -> Callable[..., Path]:
    """Orders of the groups and number of angles evaluated, options -> the file of the orbits."""

    def orbits(orders: list[int], angles: int, **options) -> Path:
        path = tmp_path_factory.mktemp("orbits") / "orbits.npz"
        settings = {
            "data": images, "experiment": "rotated_fashion_mnist", "training_images": 40, "test_images": 24,
            "ood": ["mnist", "photographs", "noise"], "ood_sources": ["embedded", "embedded", "generated"],
            "ood_images": 20, "angle_images": 6, "seed": 1,
        }  # fmt: skip
        prepare_image_orbits(**{**settings, **options}, orders=orders, angles_evaluated=angles, output=path)
        return path

    return orbits


@pytest.fixture(scope="session")
def orbits(orbits_of) -> Path:
    return orbits_of([4, 8], 16)


@pytest.fixture(scope="session")
def train() -> Callable[..., Path]:
    """Orbits, folder, model, group, first and last member, options -> the file of a shard.

    Six steps: an epoch over the quarter turns of 40 images is five mini-batches of 32.
    """

    def trained(orbits: Path, folder: Path, model: str, group: str, first: int, last: int, **options) -> Path:
        path = folder / f"{model}-{group}-{first}.npz"
        settings = {
            "channels": [4, 8], "pooled": 2, "epochs": 1.2, "paced_by": "c4", "batch": 32, "learning_rate": 3e-3,
            "recorded": [0.0, 0.5, 1.0], "recorded_images": 5, "angle_members": 3, "seed": 1, "precision": "float32",
            "device": "cpu", "members_per_chunk": 1, "checkpoints": str(folder / "checkpoints"),
        }  # fmt: skip
        train_classifier_shard(
            data=orbits, experiment="rotated_fashion_mnist", model=model, group=group, first=first, last=last,
            output=path, **{**settings, **options},
        )  # fmt: skip
        return path

    return trained


@pytest.fixture(scope="session")
def shards(orbits, train, tmp_path_factory) -> list[Path]:
    """Networks trained with C4: six in two shards, the second, which has no angles, first; three canonicalised, three frozen.
    Three trained with C8, and three without augmentation."""
    folder = tmp_path_factory.mktemp("shards")
    return [
        train(orbits, folder, "cnn", "c4", 3, 5),
        train(orbits, folder, "cnn", "c4", 0, 2),
        train(orbits, folder, "cnn", "c8", 0, 2),
        train(orbits, folder, "cnn", "c1", 0, 2),
        train(orbits, folder, "canonicalised", "c4", 0, 2),
        train(orbits, folder, "frozen", "c4", 0, 2),
    ]


@pytest.fixture(scope="session")
def logits(shards) -> Callable[..., np.ndarray]:
    """Model, group, set and what it was evaluated on -> logits of all its networks, in order, in float64."""

    def read(model: str, group: str, name: str, on: str = "orbits") -> np.ndarray:
        paths = sorted(path for path in shards if path.stem.startswith(f"{model}-{group}-"))
        found = [Arrays(path) for path in paths]
        return np.concatenate([arrays[f"{name}/{on}"] for arrays in found if f"{name}/{on}" in arrays]).astype(float)

    return read


@pytest.fixture(scope="session")
def averaged() -> Callable[..., np.ndarray]:
    """Model, group, logits of its networks and size -> mean logits of single networks, of all, or of the sub-ensembles of
    that size which are measured with seed 1."""

    def means(model: str, group: str, f: np.ndarray, size: int) -> np.ndarray:
        if size in (1, len(f)):
            return f if size == 1 else f.mean(axis=0, keepdims=True)
        rng = generator(1, "rotated_fashion_mnist", "sub-ensembles", model, group)
        return np.tensordot(sub_ensembles_of(len(f), size, rng).means, f, axes=1)

    return means


@pytest.fixture(scope="session")
def measured(orbits, shards, tmp_path_factory) -> tuple[Path, Path]:
    """The files of the table of orbit predictions of these networks and of its replicates."""
    folder = tmp_path_factory.mktemp("measured")
    table, replicates = folder / "table.parquet", folder / "replicates.parquet"
    measure_orbit_predictions(
        data=orbits, predictions=shards, sizes=[1, 2, 3, 6], experiment="rotated_fashion_mnist", seed=1, output=table,
        output_replicates=replicates,
    )  # fmt: skip
    return table, replicates

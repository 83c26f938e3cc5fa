"""Small orbits of real images, and shards of tiny networks trained on them, shared by the tests of this room's steps."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ntklab.experiments.rotated_images.prepare_image_orbits import prepare_image_orbits
from ntklab.experiments.rotated_images.train_classifier_shard import train_classifier_shard
from ntklab.pipeline.steps.prepare_images import prepare_images


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("images") / "images.npz"
    prepare_images(data="fashion_mnist", source="embedded", size=28, output=path)
    return path


@pytest.fixture(scope="session")
def orbits_of(images, tmp_path_factory) -> Callable[[list[int], int], Path]:
    """Orders of the groups and number of angles evaluated -> the file of the orbits."""

    def orbits(orders: list[int], angles: int) -> Path:
        path = tmp_path_factory.mktemp("orbits") / "orbits.npz"
        prepare_image_orbits(
            data=images, experiment="rotated_fashion_mnist", training_images=40, test_images=12,
            ood=["mnist", "photographs", "noise"], ood_sources=["embedded", "embedded", "generated"], ood_images=8,
            orders=orders, angles_evaluated=angles, seed=1, output=path,
        )  # fmt: skip
        return path

    return orbits


@pytest.fixture(scope="session")
def orbits(orbits_of) -> Path:
    return orbits_of([4, 8], 16)


@pytest.fixture(scope="session")
def train() -> Callable[..., Path]:
    """Orbits, folder, model, group, first and last member, options -> the file of a shard."""

    def trained(orbits: Path, folder: Path, model: str, group: str, first: int, last: int, **options) -> Path:
        path = folder / f"{model}-{group}-{first}.npz"
        train_classifier_shard(
            data=orbits, experiment="rotated_fashion_mnist", model=model, group=group, first=first, last=last,
            channels=[4, 8], pooled=2, steps=6, batch=32, learning_rate=3e-3, recorded_steps=[0, 6], recorded_images=5,
            seed=1, checkpoints=str(folder / "checkpoints"), output=path,
            **{"device": "cpu", "members_per_chunk": 1, **options},
        )  # fmt: skip
        return path

    return trained


@pytest.fixture(scope="session")
def shards(orbits, train, tmp_path_factory) -> list[Path]:
    """Six networks trained with C4 in two shards, the second first; three without augmentation; two canonicalised."""
    folder = tmp_path_factory.mktemp("shards")
    return [
        train(orbits, folder, "cnn", "c4", 3, 5),
        train(orbits, folder, "cnn", "c4", 0, 2),
        train(orbits, folder, "cnn", "c1", 0, 2),
        train(orbits, folder, "canonicalised", "c4", 0, 1),
    ]

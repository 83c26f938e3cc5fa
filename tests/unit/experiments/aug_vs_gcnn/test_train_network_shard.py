"""Networks of one width have the same number of features, whatever their architecture."""

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.experiments.aug_vs_gcnn import train_network_shard as step
from ntklab.files import save_arrays
from ntklab.nets.convolutional import build_network
from ntklab.network import Network


@pytest.fixture
def train(tmp_path, rng, monkeypatch):
    """Trains two networks of a width; the channels that were asked for."""
    images = {f"{name}/inputs": rng.normal(size=(4, 5, 5, 1)) for name in ("training", "test")}
    save_arrays(tmp_path / "data.npz", {**images, "training/targets": rng.normal(size=(4, 2))}, {"data": "made up"})
    save_arrays(tmp_path / "limit.npz", {"none": np.zeros(1)}, {"learning_rate": 0.1})
    channels = []

    def recorded(architecture, filters, width, **options):
        channels.append(width)
        return build_network(architecture, filters, width, **options)

    monkeypatch.setattr(step, "build_network", recorded)

    def run(architecture, width, group="c4"):
        step.train_network_shard(
            data=tmp_path / "data.npz", limit=tmp_path / "limit.npz", experiment="aug_vs_gcnn", ensemble="made_up",
            architecture=architecture, group=group, augmentation="c1",
            network=Network((3, 2), padding="VALID", weight_variance=2.0),
            width=width, first=0, last=1, recorded_steps=[0, 2], seed=1, precision="float32", device="cpu",
            output=tmp_path / "out.npz",
        )  # fmt: skip
        return set(channels)

    return run


@pytest.mark.parametrize(
    ("architecture", "group", "channels"), [("cnn", "c4", 8), ("gcnn", "c4", 2), ("gcnn", "d1", 4), ("gcnn", "d4", 1)]
)
def test_a_group_convolutional_network_has_fewer_channels_by_the_order_of_the_group(
    train, architecture, group, channels
):
    assert train(architecture, 8, group) == {channels}


def test_a_width_that_the_order_does_not_divide_is_refused(train):
    with pytest.raises(InputError, match="width 6: the features of gcnn are a multiple of 4"):
        train("gcnn", 6)
    with pytest.raises(InputError, match="width 12: the features of gcnn are a multiple of 8"):
        train("gcnn", 12, "d4")

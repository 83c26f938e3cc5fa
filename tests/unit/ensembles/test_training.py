"""Training of an ensemble: its members for every sharding and chunk, vector targets, and how it stops."""

import numpy as np
import pytest
import torch

from ntklab.ensembles import TrainingDiverged, train
from ntklab.errors import InputError


def run(members, rng_seed=0, chunk=1, factor=0.1, **changes):
    rng = np.random.default_rng(rng_seed)
    x = rng.choice([-1.0, 1.0], size=(6, 4, 3, 3))
    arguments = {
        "experiment": "test", "depth": 1, "width": 32, "learning_rate": factor, "recorded_steps": [0, 3, 20],
        "seed": 5, "members_per_chunk": chunk, "log": lambda _: None,
    }  # fmt: skip
    return train(x, rng.normal(size=6), {"training": x}, members=members, **(arguments | changes))


def test_members_are_the_same_for_every_sharding():
    whole = run(range(6)).predictions["training"]
    parts = np.concatenate([run(range(0, 2)).predictions["training"], run(range(2, 6)).predictions["training"]])
    assert whole.tobytes() == parts.tobytes()


def test_members_are_the_same_for_every_chunk_size():
    np.testing.assert_allclose(
        run(range(5), chunk=3).predictions["training"], run(range(5)).predictions["training"], rtol=1e-4, atol=1e-5
    )


def test_the_initial_members_are_the_same_with_and_without_augmentation():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4, 3, 3)), rng.normal(size=6)
    common = {
        "experiment": "test", "depth": 2, "width": 16, "members": [2], "learning_rate": 0.1,
        "recorded_steps": [0, 1], "seed": 5, "log": lambda _: None,
    }  # fmt: skip
    first = [train(data, y, {"training": x}, **common).predictions["training"][:, 0] for data in (x, x[:, :1])]
    np.testing.assert_array_equal(*first)


def test_vector_targets_are_trained_like_scalar_ones(rng):
    """Predictions have an axis more, and the loss is the sum over the components."""
    x = rng.normal(size=(3, 2, 4))
    scalar, vector = rng.normal(size=3), rng.normal(size=(3, 2, 2))
    options = {"experiment": "t", "depth": 1, "width": 8, "members": [0, 1], "learning_rate": 0.1, "seed": 1}
    options |= {"recorded_steps": [0, 4], "log": lambda _: None}
    assert train(x, scalar, {"s": x}, **options).predictions["s"].shape == (2, 2, 3, 2)
    trained = train(x, vector, {"s": x}, **options)
    assert trained.predictions["s"].shape == (2, 2, 3, 2, 2)
    squared = np.square(trained.predictions["s"][:, 1].astype(float) - vector).sum(axis=(1, 2, 3)) / (2 * 6)
    np.testing.assert_allclose(trained.loss[:, 1], squared, rtol=1e-5)


def test_the_ntk_changes_less_in_wider_networks():
    """The recorded change is that of the weights: none at initialisation, falling like 1 / width (one hidden layer)."""
    narrow, wide = (np.square(run(range(8), width=width).kernel_change).mean(axis=0) for width in (64, 1024))
    assert narrow[0] == wide[0] == 0
    assert 0 < narrow[1] < narrow[2]
    assert 8 < np.sqrt(narrow[2] / wide[2]) < 32


def test_a_growing_loss_stops_with_member_step_and_learning_rate():
    with pytest.raises(TrainingDiverged, match=r"member 3: loss .* at step \d+, .* learning rate 50; lower"):
        run([3, 4], factor=50.0)


def test_a_loss_that_is_not_a_number_stops():
    with pytest.raises(TrainingDiverged, match=r"member 3: loss nan at step 20"):
        run([3], factor=1e20, recorded_steps=[0, 20])


def test_a_missing_gpu_is_an_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="device cuda asked, but torch sees no GPU"):
        run([0], device="cuda")


def test_progress_says_how_far_and_how_long():
    lines = []
    run(range(3), log=lines.append)
    assert lines[-1].startswith("width 32  member 3/3  step 20/20  loss ")
    assert lines[-1].endswith("about 0.0 min left")

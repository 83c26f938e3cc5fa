"""The hand-written trainer against autograd, its members for every sharding, and how it stops."""

import numpy as np
import pytest
import torch

from ntklab.ensembles.members import TrainingDiverged, forward, initial_weights, train_chunk
from ntklab.ensembles.training import train

WEIGHT_VARIANCE = 2.0


def weights_of(sizes, members=(0,), dtype=torch.float64):
    return initial_weights(sizes, members, seed=3, experiment="test", weight_variance=WEIGHT_VARIANCE, dtype=dtype)


def autograd_descent(weights, x, y, learning_rate: float, steps: int):
    """The same training of W, with w = sqrt(weight_variance / fan_in) W, by automatic differentiation."""
    scales = [np.sqrt(WEIGHT_VARIANCE / w.shape[0]) for w in weights]
    full = [(w / scale).requires_grad_() for w, scale in zip(weights, scales, strict=True)]
    for _ in range(steps):
        h = x
        for layer, (w, scale) in enumerate(zip(full, scales, strict=True)):
            h = h @ (scale * w)
            h = torch.relu(h) if layer < len(full) - 1 else h
        loss = (h - y).square().sum() / (2 * len(x))
        gradients = torch.autograd.grad(loss, full)
        with torch.no_grad():
            for w, gradient in zip(full, gradients, strict=True):
                w -= learning_rate * gradient
    return [(scale * w).detach() for w, scale in zip(full, scales, strict=True)]


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("outputs", [1, 3])
def test_a_hundred_steps_equal_autograd(depth, outputs, rng):
    sizes = [6, *[16] * depth, outputs]
    members = [0, 1, 4]
    x, y = torch.from_numpy(rng.normal(size=(20, 6))), torch.from_numpy(rng.normal(size=(20, outputs)))
    expected = [autograd_descent([w[0] for w in weights_of(sizes, [m])], x, y, 0.1, 100) for m in members]
    weights = weights_of(sizes, members)
    train_chunk(weights, x, y, learning_rate=0.1, recorded_steps=[0, 99], record=lambda *_: None)
    for row, of_member in enumerate(expected):
        for ours, theirs in zip(weights, of_member, strict=True):
            torch.testing.assert_close(ours[row], theirs, rtol=1e-12, atol=1e-13)


def test_the_recorded_loss_is_the_one_that_is_descended(rng):
    x, y = torch.from_numpy(rng.normal(size=(20, 6))), torch.from_numpy(rng.normal(size=(20, 1)))
    recorded = {}

    def record(step, weights, loss):
        own = (forward(weights, x) - y).square().sum(dim=(1, 2)) / 40
        torch.testing.assert_close(loss, own)
        recorded[step] = loss

    train_chunk(weights_of([6, 16, 1]), x, y, learning_rate=0.1, recorded_steps=[0, 5, 50], record=record)
    assert list(recorded) == [0, 5, 50]
    assert recorded[50] < recorded[5] < recorded[0]


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


@pytest.mark.parametrize("depth", [1, 2])
def test_initial_outputs_have_the_variance_of_the_ntk_parametrisation(depth, rng):
    """With weight variance 2 and ReLU, E f(x)^2 = 2 |x|^2 / n_0 at every width."""
    x = torch.from_numpy(rng.normal(size=(1, 6)))
    members = 4000
    squares = forward(weights_of([6, *[32] * depth, 1], range(members)), x)[:, 0, 0].square().numpy()
    expected = 2 * float(x.square().mean())
    assert abs(squares.mean() - expected) < 4 * squares.std() / np.sqrt(members)


def test_a_growing_loss_stops_with_member_step_and_learning_rate():
    with pytest.raises(TrainingDiverged, match=r"member 3: loss .* at step \d+, .* learning rate 50; lower"):
        run([3, 4], factor=50.0)


def test_a_loss_that_is_not_a_number_stops():
    with pytest.raises(TrainingDiverged, match=r"member 3: loss nan at step 20"):
        run([3], factor=1e20, recorded_steps=[0, 20])


def test_a_missing_gpu_is_an_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="device cuda asked, but torch sees no GPU"):
        run([0], device="cuda")


def test_progress_says_how_far_and_how_long():
    lines = []
    run(range(3), log=lines.append)
    assert lines[-1].startswith("width 32  member 3/3  step 20/20  loss ")
    assert lines[-1].endswith("about 0.0 min left")

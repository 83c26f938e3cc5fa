"""Ensembles of modules, their differences, and the image subsets they are trained on."""

import numpy as np
import pytest
import torch

from ntklab.data.cross_product import cross_product, pairs_off_manifold, unit_pairs
from ntklab.data.images import ImageSet
from ntklab.ensembles import TrainingDiverged, train
from ntklab.ensembles.modules import train_modules
from ntklab.experiments.aug_vs_gcnn.image_subsets import draw_subsets
from ntklab.kernels import Network, augmented_gram, gcnn_kernel, mean_prediction
from ntklab.kernels.mean_prediction import spectrum
from ntklab.metrics.ensemble_difference import measure_difference, noise
from ntklab.nets import Dense, build_network

RNG = np.random.default_rng(43)
SILENT = {"log": lambda line: None}


def test_gradient_descent_of_a_linear_network_is_the_closed_form():
    x, y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 2))

    def build(member):
        return Dense(4, 2, np.random.default_rng(member), 1.5)

    trained = train_modules(
        build, x, y, {"test": x}, members=[3], learning_rate=0.3, recorded_steps=[0, 5, 50], **SILENT
    )
    weights = build(3).weight.detach().double().numpy().T * (1.5 / 4) ** 0.5
    for time, steps in enumerate((0, 5, 50)):
        w = weights.copy()
        for _ in range(steps):
            w -= 0.3 * 1.5 / 4 / len(x) * x.T @ (x @ w - y)
        np.testing.assert_allclose(trained.predictions["test"][0, time], x @ w, atol=2e-5)
        np.testing.assert_allclose(trained.loss[0, time], np.square(x @ w - y).sum() / 12, rtol=1e-4)


def test_wide_modules_follow_the_mean_prediction_within_their_error():
    """The mean of pairs of opposite sign has little noise; its bias is of order 1/width."""
    x, y = RNG.normal(size=(3, 5, 5, 1)), RNG.normal(size=(3, 1))
    test = RNG.normal(size=(4, 5, 5, 1))
    network = Network((3, 3), padding="CIRCULAR", weight_variance=2.0)
    limit = mean_prediction(spectrum(gcnn_kernel(network, x).ntk), gcnn_kernel(network, test, x).ntk, y, [20], 0.3)[0]

    def build(member):
        rng = np.random.default_rng([7, member // 2])
        net = build_network("gcnn", (3, 3), 48, channels=1, size=5, outputs=1, rng=rng, padding="CIRCULAR")
        if member % 2:
            net[-1].weight.data.neg_()
        return net

    sets = {"test": np.moveaxis(test, -1, 1)}
    trained = train_modules(
        build, np.moveaxis(x, -1, 1), y, sets, members=range(40), learning_rate=0.3, recorded_steps=[0, 20], **SILENT
    )
    pairs = (trained.predictions["test"][::2] + trained.predictions["test"][1::2]) / 2
    np.testing.assert_allclose(pairs[:, 0], 0, atol=1e-5)
    mean, error = pairs[:, 1].mean(axis=0), pairs[:, 1].std(axis=0, ddof=1) / np.sqrt(len(pairs))
    assert np.all(np.abs(mean - limit) < 4 * error + 3 / 48 * np.abs(limit).max())


def test_the_group_mean_is_that_of_the_augmented_network():
    x, test = RNG.normal(size=(3, 4, 4, 1)), RNG.normal(size=(2, 4, 4, 1))
    y = RNG.normal(size=(3, 2))
    network = Network((4, 1), padding="VALID", weight_variance=2.0)
    group = mean_prediction(spectrum(gcnn_kernel(network, x).ntk), gcnn_kernel(network, test, x).ntk, y, [30], 0.2)
    augmented = mean_prediction(
        spectrum(augmented_gram(network, x).ntk),
        augmented_gram(network, test, x).ntk[::4],
        y.repeat(4, axis=0),
        [30],
        0.2,
    )
    np.testing.assert_allclose(group, augmented, atol=1e-12)


def test_a_growing_loss_names_member_step_and_learning_rate():
    x, y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 1))
    with pytest.raises(TrainingDiverged, match=r"member 2: loss .* at step 5, .* with learning rate 50"):
        train_modules(
            lambda member: Dense(4, 1, np.random.default_rng(member)), x, y, {}, members=[2], learning_rate=50.0,
            recorded_steps=[0, 5], **SILENT,
        )  # fmt: skip


def test_vector_targets_are_trained_like_scalar_ones():
    """One component of a two-component target whose other one vanishes, against the closed form of no hidden coupling."""
    x = RNG.normal(size=(3, 2, 4))
    scalar, vector = RNG.normal(size=3), RNG.normal(size=(3, 2, 2))
    options = {"experiment": "t", "depth": 1, "width": 8, "members": [0, 1], "learning_rate": 0.1, "seed": 1}
    options |= {"recorded_steps": [0, 4], **SILENT}
    assert train(x, scalar, {"s": x}, **options).predictions["s"].shape == (2, 2, 3, 2)
    trained = train(x, vector, {"s": x}, **options)
    assert trained.predictions["s"].shape == (2, 2, 3, 2, 2)
    squared = np.square(trained.predictions["s"][:, 1].astype(float) - vector).sum(axis=(1, 2, 3)) / (2 * 6)
    np.testing.assert_allclose(trained.loss[:, 1], squared, rtol=1e-5)


def drawn(members, shift, rng):
    """Differences with mean `shift` in pairs: a common noise of opposite sign and a small one of their own."""
    large = rng.normal(size=(members // 2, 2, 50))
    small = 0.1 * rng.normal(size=(members, 2, 50))
    return shift + np.repeat(large, 2, axis=0) * np.tile([1.0, -1.0], members // 2)[:, None, None] + small


def test_the_floor_is_unbiased_and_the_difference_is_noise_where_ensembles_agree(rng):
    floors = []
    for _ in range(200):
        rows = list(measure_difference(drawn(12, 0.0, rng), [1, 6], 2.0))
        floors.append(next(row.value for row in rows if row.quantity == "difference_floor"))
    assert abs(np.mean(floors)) < 4 * np.std(floors) / np.sqrt(200)
    found = {(r.quantity, r.members): r for r in rows if r.time_index == 0}
    for size in (1.0, 6.0):
        difference, line = found["difference", size], found["noise", size]
        assert abs(difference.value - line.value) < 5 * np.hypot(difference.stderr, line.stderr) + 0.05 * line.value
    np.testing.assert_allclose(found["noise", 1.0].value, np.sqrt(1.01) / 2, rtol=0.2)


def test_the_floor_is_the_squared_difference_of_infinite_ensembles(rng):
    (floor,) = [
        row
        for row in measure_difference(drawn(40, 0.5, rng), [1], 1.0)
        if row.quantity == "difference_floor" and row.time_index == 1
    ]
    assert abs(floor.value - 0.25) < 4 * floor.stderr


def test_noise_falls_with_the_size_and_knows_its_error(rng):
    values = np.array([noise(rng.normal(size=(20, 100)), 4).value for _ in range(200)])
    np.testing.assert_allclose(values.mean(), 0.5, rtol=0.01)
    np.testing.assert_allclose(noise(rng.normal(size=(20, 100)), 4).stderr, values.std(), rtol=0.5)


def test_image_subsets_are_disjoint_standardised_and_seeded():
    images = np.random.default_rng(1).integers(0, 256, size=(50, 8, 8)).astype(np.uint8)
    data = ImageSet(images, np.arange(50) % 5)
    sets = draw_subsets(data, 10, 6, 4, np.random.default_rng(2))
    assert sets.classes == 5 and {k: len(v) for k, v in sets.images.items()} == {"training": 10, "test": 6, "noise": 6}
    np.testing.assert_allclose([sets.images["training"].mean(), sets.images["training"].std()], [0, 1], atol=1e-12)
    both = np.concatenate([sets.images["training"], sets.images["test"]]).reshape(16, -1)
    assert len(np.unique(both.round(9), axis=0)) == 16
    again = draw_subsets(data, 10, 6, 4, np.random.default_rng(2))
    np.testing.assert_array_equal(sets.images["noise"], again.images["noise"])
    with pytest.raises(ValueError, match="60 images wanted, the set has 50"):
        draw_subsets(data, 50, 10, 4, np.random.default_rng(2))


def test_pairs_of_vectors(rng):
    pairs = unit_pairs(1000, rng)
    np.testing.assert_allclose(np.linalg.norm(pairs, axis=-1), 1)
    assert np.all(np.abs(pairs.mean(axis=0)) < 5 / np.sqrt(3 * 1000))
    lengths = np.linalg.norm(pairs_off_manifold(4000, rng), axis=-1)
    np.testing.assert_allclose(np.mean(lengths**2), 4.0, rtol=0.1)
    products = cross_product(pairs)
    np.testing.assert_allclose(np.einsum("nvc,nc->nv", pairs, products), 0, atol=1e-12)


def test_torch_modules_draw_the_same_weights_everywhere():
    nets = [
        build_network("gcnn", (3,), 4, channels=1, size=5, outputs=2, rng=np.random.default_rng(3)) for _ in range(2)
    ]
    for a, b in zip(*(net.parameters() for net in nets), strict=True):
        assert torch.equal(a, b)

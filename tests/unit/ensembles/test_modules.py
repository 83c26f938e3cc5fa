"""Ensembles of torch modules: gradient descent against its closed form, and wide ones against the mean prediction."""

import numpy as np
import pytest
import torch

from ntklab.ensembles import TrainingDiverged
from ntklab.ensembles.modules import train_modules
from ntklab.kernels import Network, gcnn_kernel, mean_prediction
from ntklab.kernels.wide_ensemble import spectrum
from ntklab.nets.convolutional import build_network
from ntklab.nets.layers import Dense

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
    limit = mean_prediction(spectrum(gcnn_kernel(network, x).ntk), gcnn_kernel(network, test, x).ntk, y, [10], 0.3)[0]

    def build(member):
        rng = np.random.default_rng([7, member // 2])
        net = build_network("gcnn", (3, 3), 48, channels=1, size=5, outputs=1, rng=rng, padding="CIRCULAR")
        if member % 2:
            net[-1].weight.data.neg_()
        return net

    sets = {"test": np.moveaxis(test, -1, 1)}
    trained = train_modules(
        build, np.moveaxis(x, -1, 1), y, sets, members=range(40), learning_rate=0.3, recorded_steps=[0, 10], **SILENT
    )
    pairs = (trained.predictions["test"][::2] + trained.predictions["test"][1::2]) / 2
    np.testing.assert_allclose(pairs[:, 0], 0, atol=1e-5)
    mean, error = pairs[:, 1].mean(axis=0), pairs[:, 1].std(axis=0, ddof=1) / np.sqrt(len(pairs))
    assert np.all(np.abs(mean - limit) < 4 * error + 3 / 48 * np.abs(limit).max())


@pytest.mark.parametrize(("architecture", "filters"), [("cnn", (5, 1)), ("cnn", (3, 2)), ("gcnn", (3, 2))])
def test_members_trained_together_are_those_trained_one_by_one(architecture, filters):
    """Against plain automatic differentiation of each network alone, in an own loop."""
    x, y, test = RNG.normal(size=(6, 1, 5, 5)), RNG.normal(size=(6, 3)), RNG.normal(size=(4, 1, 5, 5))

    def build(member):
        rng = np.random.default_rng(member)
        return build_network(architecture, filters, 4, channels=1, size=5, outputs=3, rng=rng, padding="VALID")

    options = {"members": [0, 1, 2, 5, 9], "learning_rate": 0.2, "recorded_steps": [0, 3, 8], **SILENT}
    found = [train_modules(build, x, y, {"test": test}, together=together, **options) for together in (1, 2, 16)]
    inputs, targets, others = (torch.from_numpy(values.astype(np.float32)) for values in (x, y, test))
    for row, member in enumerate(options["members"]):
        net = build(member)
        for step in range(9):
            loss = (net(inputs) - targets).square().sum() / 12
            if step in (0, 3, 8):
                time = (0, 3, 8).index(step)
                for trained in found:
                    np.testing.assert_allclose(trained.loss[row, time], loss.item(), rtol=1e-5)
                    np.testing.assert_allclose(trained.predictions["test"][row, time], net(others).detach(), atol=5e-6)
            loss.backward()
            with torch.no_grad():
                for parameter in net.parameters():
                    parameter -= 0.2 * parameter.grad
                    parameter.grad = None


def test_a_growing_loss_names_member_step_and_learning_rate():
    x, y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 1))
    with pytest.raises(TrainingDiverged, match=r"member 2: loss .* at step 5, .* with learning rate 50"):
        train_modules(
            lambda member: Dense(4, 1, np.random.default_rng(member)), x, y, {}, members=[2], learning_rate=50.0,
            recorded_steps=[0, 5], **SILENT,
        )  # fmt: skip

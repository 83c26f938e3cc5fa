"""Predictions of energies: copies that change nothing, what a constant knows, the networks' kernels by name."""

import numpy as np
import pytest

from ntklab.data.qm9 import read
from ntklab.experiments.molecules.models import (
    MODELS,
    in_mev,
    kernel_of,
    predicted,
    signals_of,
    turned_copies,
)
from ntklab.kernels.spherical_network import SphericalNetwork

RNG = np.random.default_rng(5)
NETWORK = SphericalNetwork(bandlimit=2)
FEW = read("embedded", lambda there: np.arange(5))


def positive(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    features = RNG.normal(size=(n + m, n + 4))
    gram = features @ features.T
    return gram[:n, :n], gram[n:, :n]


def test_predictions_are_those_of_kernel_ridge_regression_about_the_mean():
    gram, cross = positive(6, 4)
    energies, ridge = RNG.normal(size=6), 1e-2
    expected = energies.mean() + cross @ np.linalg.solve(
        gram + ridge * np.diagonal(gram).mean() * np.eye(6), energies - energies.mean()
    )
    np.testing.assert_allclose(predicted(gram, cross, energies, ridge), expected, rtol=1e-10)


def test_copies_that_are_not_turned_change_no_prediction():
    gram, cross = positive(5, 3)
    energies = RNG.normal(size=5)
    three = np.repeat(np.repeat(gram, 3, axis=0), 3, axis=1), np.repeat(cross, 3, axis=1)
    found = predicted(*three, energies, 1e-3)
    np.testing.assert_allclose(found, predicted(gram, cross, energies, 1e-3), rtol=1e-9)
    other = cross @ np.linalg.solve(gram + 3e-3 * np.diagonal(gram).mean() * np.eye(5), energies - energies.mean())
    assert np.abs(found - energies.mean() - other).max() > 1e-4, "a ridge three times as large would be seen"


def test_copies_are_turned_molecules_next_to_each_other():
    copies = turned_copies(FEW, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(copies.index, np.repeat(FEW.index, 3))

    def distances(positions):
        return np.linalg.norm(positions[:, :, None] - positions[:, None], axis=-1)

    there = FEW.charges[:, :, None] * FEW.charges[:, None].astype(float) > 0
    for copy in range(3):
        np.testing.assert_allclose(
            distances(copies.positions[copy::3])[there], distances(FEW.positions)[there], rtol=1e-9, atol=1e-12
        )
        assert np.abs(copies.positions[copy::3] - FEW.positions).max() > 0.1


@pytest.mark.parametrize("model", MODELS)
def test_kernels_of_every_model_are_symmetric_and_positive(model):
    x = signals_of(FEW, 4)
    kernels = kernel_of(model, NETWORK, 1e-6, lambda line: None)(x, None)
    cross = kernel_of(model, NETWORK, 1e-6, lambda line: None)(x[:2], x)
    for gram, of_two in zip(kernels, cross, strict=True):
        np.testing.assert_allclose(gram, gram.T, rtol=1e-12)
        assert np.linalg.eigvalsh(gram)[0] > 0
        np.testing.assert_allclose(of_two, gram[:2], rtol=1e-5)


def test_units():
    assert in_mev(np.array([-0.631066]))[0] == pytest.approx(-17172.2, abs=0.1), "methane"

"""Bounds on equivariance: on instances made at random they hold, where they must they vanish, and half of them is too little."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from ntklab.groups.rotations import RotationSet, haar_rotations, nearest_angles, tetrahedral, to_nearest
from ntklab.kernels.mlp import mlp_kernel
from ntklab.kernels.wide_ensemble import critical_learning_rate, mean_prediction, spectrum
from ntklab.metrics.equivariance_bounds import (
    finite_ensemble_bound,
    kernel_bound,
    largest_direction,
    lipschitz_bound,
    ntk_lipschitz,
    squared_mismatch,
    squared_spread_bound,
)
from ntklab.network import Network

STEPS = [1, 10, 1000, np.inf]


class Fitted:
    """The mean prediction on pairs of vectors rotated by `group`, and both bounds, for targets that rotate with them."""

    def __init__(self, rng, group, depth=2, pairs=3, inputs=4):
        self.network = Network(dense=depth, weight_variance=2.0)
        self.group, self.inputs = group, rng.normal(size=(inputs, 2, 3))
        self.fit(rng.normal(size=(pairs, 2, 3)), rng.normal(size=(pairs, 3)))

    def fit(self, x, y):
        self.x, self.y = self.group.orbit(x).reshape(-1, 2, 3), self.group.turn_targets(y).reshape(-1, 3)
        self.ntk = mlp_kernel(self.network, self.x).ntk
        self.spectrum = spectrum(self.ntk)
        self.rate = 0.5 * critical_learning_rate(self.spectrum.eigenvalues)
        self.weights = self._mean(np.eye(len(self.x)))

    def _mean(self, cross):
        return mean_prediction(self.spectrum, cross, self.y, STEPS, self.rate)

    def mean(self, x):
        return self._mean(mlp_kernel(self.network, x, self.x).ntk)

    def violation(self, rotations: RotationSet):
        """|g^T mu(g x) - mu(x)|, (time, input, element)."""
        orbit = rotations.orbit(self.inputs)
        outputs = self.mean(orbit.reshape(-1, 2, 3)).reshape(len(STEPS), *orbit.shape[:2], 3)
        turned = np.einsum("gab,tnga->tngb", rotations.matrices, outputs)
        return np.linalg.norm(turned - self.mean(self.inputs)[:, :, None], axis=-1)

    def kernel_bound(self, rotations: RotationSet):
        r = to_nearest(self.group, rotations)
        rotated = (mlp_kernel(self.network, x, self.x).ntk for x in r.orbit(self.x).swapaxes(0, 1))
        mismatch = squared_mismatch(self.weights, r.matrices, self.ntk, rotated)
        return kernel_bound(mismatch, np.diagonal(mlp_kernel(self.network, self.inputs).ntk))

    def lipschitz_bound(self, rotations: RotationSet):
        scales = [np.sqrt(np.square(x).mean(axis=(1, 2))) for x in (self.x, self.inputs)]
        angles = nearest_angles(self.group, rotations)
        return lipschitz_bound(self.weights, self.mean(self.inputs), *scales, angles, self.network.dense)


def fine(rng) -> RotationSet:
    """Rotations from tiny angles to half turns about random axes, and random ones."""
    axes = rng.normal(size=(30, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    small = Rotation.from_rotvec(axes * np.geomspace(1e-4, np.pi, 30)[:, None]).as_matrix()
    return RotationSet(np.concatenate([small, haar_rotations(30, rng).matrices]))


GROUPS = {"identity": lambda: RotationSet(np.eye(3)[None]), "tetrahedral": tetrahedral}


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_both_bounds_hold_at_every_time_for_all_rotations_and_inputs(rng, group, depth):
    fitted, rotations = Fitted(rng, group(), depth), fine(rng)
    violation = fitted.violation(rotations)
    assert violation.max() > 0.01
    assert (violation <= fitted.kernel_bound(rotations) + 1e-9).all()
    assert (violation <= fitted.lipschitz_bound(rotations) + 1e-9).all()


def test_the_mismatch_is_the_norm_of_the_difference_of_both_functions(rng):
    """As one function with weights at the rotated and at the given inputs, from the kernel of all of them together."""
    fitted, rotations = Fitted(rng, tetrahedral()), haar_rotations(4, rng)
    rotated = rotations.orbit(fitted.x).swapaxes(0, 1)
    kernels = [mlp_kernel(fitted.network, x, fitted.x).ntk for x in rotated]
    mismatch = squared_mismatch(fitted.weights, rotations.matrices, fitted.ntk, kernels)
    for of_rotation, r, x in zip(mismatch.T, rotations.matrices, rotated, strict=True):
        both = np.concatenate([fitted.weights @ r.T, -fitted.weights], axis=1)
        gram = mlp_kernel(fitted.network, np.concatenate([x, fitted.x])).ntk
        expected = np.einsum("tna,nm,tma->t", both, gram, both)
        np.testing.assert_allclose(of_rotation, expected, rtol=1e-9, atol=1e-10)


def test_both_bounds_vanish_on_the_group_and_nowhere_else(rng):
    fitted = Fitted(rng, tetrahedral())
    assert fitted.kernel_bound(fitted.group).max() < 1e-5
    assert fitted.lipschitz_bound(fitted.group).max() < 1e-5
    other = RotationSet(haar_rotations(6, rng).matrices[1:])
    assert fitted.kernel_bound(other).min() > 1e-3


def test_they_fall_with_the_angle(rng):
    fitted = Fitted(rng, tetrahedral())
    angles = np.array([0.3, 0.1, 0.01])
    rotations = RotationSet(Rotation.from_rotvec(angles[:, None] * [0.0, 0.6, 0.8]).as_matrix())
    lipschitz = fitted.lipschitz_bound(rotations)
    np.testing.assert_allclose(lipschitz / lipschitz[..., :1], np.broadcast_to(angles / 0.3, lipschitz.shape))
    assert (np.diff(fitted.kernel_bound(rotations), axis=-1) < 0).all()


def test_half_the_kernel_bound_is_no_bound(rng):
    """An input along the axis stays where it is, while its target changes sign: the bound is reached."""
    fitted = Fitted(rng, GROUPS["identity"]())
    fitted.fit(np.array([[[0.0, 0.0, 1.0], [0.0, 0.0, 2.0]]]), np.array([[1.0, 0.0, 0.0]]))
    fitted.inputs = fitted.x
    half_turn = RotationSet(Rotation.from_rotvec([[0.0, 0.0, np.pi]]).as_matrix())
    np.testing.assert_allclose(fitted.violation(half_turn), fitted.kernel_bound(half_turn))
    assert (fitted.violation(half_turn) <= fitted.lipschitz_bound(half_turn)).all()


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_no_chord_of_the_kernel_is_steeper_than_its_lipschitz_constant(depth):
    angles = np.linspace(0, np.pi, 2001)
    x = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.sqrt(2)
    kernel = mlp_kernel(Network(dense=depth, weight_variance=2.0), x[:1], x).ntk[0]
    steepest = np.abs(np.diff(kernel) / np.diff(angles)).max()
    assert ntk_lipschitz(depth) / 6 < steepest <= ntk_lipschitz(depth)


def test_the_spread_is_at_most_the_mean_square_distance_to_any_point(rng):
    f = rng.normal(size=(2, 5, 7, 3))
    deviation = np.square(f - f.mean(axis=2, keepdims=True)).mean(axis=(1, 2, 3))
    bound = squared_spread_bound(np.linalg.norm(f - f[:, :, :1], axis=-1), 3)
    assert (deviation <= bound).all() and (bound < 3 * deviation).all()


@pytest.fixture
def gaussian(rng):
    """Draws of all entries' deviations together, and the diagonal blocks of their covariance."""
    entries, elements = 6, 4
    root = rng.normal(size=(entries * elements, entries * elements)) * np.geomspace(1, 0.05, entries * elements)
    draws = (rng.normal(size=(4000, root.shape[0])) @ root.T).reshape(-1, entries, elements)
    blocks = (root @ root.T).reshape(entries, elements, entries, elements)
    return draws, np.stack([blocks[e, :, e] for e in range(entries)])[None]


def squared_spreads(draws):
    return draws.var(axis=-1).mean(axis=-1)


def test_the_largest_direction_is_above_that_of_all_entries_together(gaussian):
    draws, covariance = gaussian
    centred = (draws - draws.mean(axis=-1, keepdims=True)).reshape(len(draws), -1) / np.sqrt(draws[0].size)
    assert largest_direction(covariance)[0] >= 0.9 * np.linalg.eigvalsh(np.cov(centred.T))[-1]


@pytest.mark.parametrize("probability", [0.3, 0.05])
@pytest.mark.parametrize("members", [1, 10])
def test_no_more_ensembles_than_stated_lie_beyond_the_bound(gaussian, members, probability):
    draws, covariance = gaussian
    ensembles = draws.reshape(-1, members, *draws.shape[1:]).mean(axis=1)
    centred = covariance - covariance.mean(axis=-2, keepdims=True)
    variance = np.trace(centred, axis1=-2, axis2=-1).mean(axis=-1) / covariance.shape[-1]
    bound = finite_ensemble_bound(variance, largest_direction(covariance), members, probability)
    beyond = (np.sqrt(squared_spreads(ensembles)) > bound).mean()
    assert beyond <= probability


def test_for_one_direction_half_of_the_bound_is_too_little(rng):
    """One entry whose deviations have a single direction: the probability stated is nearly used up."""
    direction = np.array([1.0, -1.0]) / np.sqrt(2)
    draws = rng.normal(size=(20_000, 1, 1)) * direction
    covariance = np.outer(direction, direction)[None, None]
    bound = finite_ensemble_bound(np.array([0.5]), largest_direction(covariance), 1)
    spread = np.sqrt(squared_spreads(draws))
    assert (spread > bound).mean() <= 0.05
    assert (spread > 0.5 * bound).mean() > 0.05

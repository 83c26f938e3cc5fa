"""Local moments of many sets of inputs: against the product-by-product quadrature and closed forms of the solver."""

import numpy as np
import pytest

from ntklab.activations import get_activation
from ntklab.finite_width import gaussian_expectations, polynomial
from ntklab.finite_width.recursions import D2D2DD, D2DDS, D3DDD, DDDD, DDSS, SSSS
from ntklab.finite_width.training.grids import triangular_roots
from ntklab.finite_width.training.local_moments import index_sets, local_moments
from ntklab.finite_width.training.smoothed import SmoothedQuadrature
from ntklab.finite_width.training.tables import Table
from ntklab.finite_width.training.tensors import Restricted

PATTERNS = (SSSS, DDSS, DDDD, D2DDS, D3DDD, D2D2DD)


def covariance(rng, rank: int, size: int = 5) -> np.ndarray:
    """With a coincident pair of inputs up to scale."""
    x = rng.normal(size=(size, rank))
    x[-1] = 0.5 * x[0]
    return 0.8 * x @ x.T / rank + 0.1


@pytest.mark.parametrize("rank", [1, 2, 4])
@pytest.mark.parametrize("name", ["gelu", "sin", "cubic"])
def test_all_slots_agree_with_the_solvers_quadrature(rng, name, rank):
    activation = polynomial([0.2, 1.0, 0.3, 0.1]) if name == "cubic" else get_activation(name)
    K = covariance(rng, rank)
    # Hermite nodes in rank + 1 dimensions, of which four are more than enough work; GeLU has them up to 48.
    nodes = 7 if name == "cubic" else 32 if rank == 4 else {"gelu": 48, "sin": 64}[name]
    theirs = gaussian_expectations(activation, K, nodes).quadruples(PATTERNS)
    ours = local_moments(SmoothedQuadrature(activation, K, 7 if name == "cubic" else 40), PATTERNS, 5, 0)
    for pattern, array in ours.arrays(np.arange(5), 5).items():
        np.testing.assert_allclose(array, theirs[pattern], atol=2e-8 * np.abs(theirs[pattern]).max())


def test_moments_of_some_inputs_are_those_among_all_of_them(rng):
    whole = SmoothedQuadrature(get_activation("gelu"), covariance(rng, 4), 40)
    points = np.array([3, 0, 4])
    some = Restricted(whole, points)
    np.testing.assert_array_equal(some.pair(1, 1), whole.pair(1, 1)[np.ix_(points, points)])
    ours, theirs = some.product([(0, 1), (2, 0), (1, 2)]), whole.product([(3, 1), (4, 0), (0, 2)])
    assert ours == theirs and ours != whole.product([(0, 1), (2, 0), (1, 2)])


def test_tanh_converges_to_the_solvers_quadrature(rng):
    K = 0.5 * covariance(rng, 4)
    theirs = gaussian_expectations(get_activation("tanh"), K, 44).quadruples([D2D2DD])[D2D2DD]
    errors = []
    for nodes in (32, 48):
        ours = local_moments(SmoothedQuadrature(get_activation("tanh"), K, nodes), (D2D2DD,), 5, 0)
        errors.append(np.abs(ours.arrays(np.arange(5), 5)[D2D2DD] - theirs).max() / np.abs(theirs).max())
    assert errors[1] < 1e-6 and errors[0] < 1e-3


def test_pairs_agree_with_many_hermite_nodes(rng):
    K = covariance(rng, 3)
    ours, theirs = (
        SmoothedQuadrature(get_activation("gelu"), K, 24),
        gaussian_expectations(get_activation("gelu"), K, 48),
    )
    for p, q in ((0, 0), (1, 1), (3, 1), (2, 4), (5, 1)):
        np.testing.assert_allclose(ours.pair(p, q), theirs.pair(p, q), atol=1e-9)


def test_sets_with_more_test_points_are_left_out(rng):
    K = covariance(rng, 3)
    arrays = local_moments(SmoothedQuadrature(get_activation("gelu"), K, 16), (SSSS,), 3, 1).arrays(np.arange(5), 5)
    tests = np.array([[len({3, 4} & set(index)) for index in [i]] for i in np.ndindex(5, 5, 5, 5)]).reshape((5,) * 4)
    assert np.array_equal(np.isnan(arrays[SSSS]), tests > 1)
    assert len(index_sets((1, 1, 1, 1), 3, 5, 1)) == 2 and len(index_sets((2, 1, 1), 3, 5, 1)) == 3 * (1 + 2 * 3)


def test_activations_with_a_kink_take_their_closed_forms(rng):
    K = covariance(rng, 4, size=4) + np.diag([0.1, 0.2, 0.3, 0.4])
    expectations = gaussian_expectations(get_activation("relu"), K)
    ours = local_moments(expectations, (SSSS, DDSS), 3, 1).arrays(np.arange(4), 4)
    for pattern, array in expectations.quadruples((SSSS, DDSS)).items():
        np.testing.assert_array_equal(ours[pattern], array)


def test_product_by_product(rng):
    K = covariance(rng, 3)
    products = [((0, 1), (2, 0)), ((0, 0), (1, 1), (1, 2), (3, 1)), ((1, 1), (1, 1), (1, 2), (4, 0))]
    ours = SmoothedQuadrature(get_activation("sin"), K, 40).moments(products)
    theirs = gaussian_expectations(get_activation("sin"), K, 40).moments(products)
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("largest", [0.0, 1e-6, 0.05, 2.0])
def test_the_table_interpolates_means_and_variances(rng, largest):
    activation = get_activation("tanh")
    table = Table.of(activation, largest, 4.0, 3)
    variances, means = largest * rng.random(6), rng.uniform(-4, 4, size=(6, 7))
    found = np.stack(table.at(variances)(means, 3))
    x = np.linspace(-8.5, 8.5, 1001)
    weights = np.exp(-0.5 * x * x)
    z = means[..., None] + np.sqrt(variances)[:, None, None] * x
    np.testing.assert_allclose(found, activation.derivatives(z, 3, np) @ (weights / weights.sum()), atol=2e-10)


@pytest.mark.parametrize("first", [0, 1, 2])
def test_triangular_roots(rng, first):
    x = rng.normal(size=(9, 4, 3))
    x[3, 2] = x[3, 0]
    K = x @ x.transpose(0, 2, 1)
    L, order = triangular_roots(K, first)
    for root, places, block in zip(L, order, K, strict=True):
        np.testing.assert_allclose(root @ root.T, block[np.ix_(places, places)], atol=1e-12)
        assert np.array_equal(root, np.tril(root)) and np.array_equal(places[:first], np.arange(first))

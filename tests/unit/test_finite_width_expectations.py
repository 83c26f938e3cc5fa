"""Gaussian expectations: closed forms, identities and Monte Carlo, for smooth activations and for kinks."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import enable_x64
from ntklab.finite_width.activations import get

from ntklab.finite_width import ACTIVATIONS, gaussian_expectations, leaky_relu, polynomial
from ntklab.finite_width.expectations import square_root

SMOOTH = [name for name, activation in ACTIVATIONS.items() if activation.smooth]
KINKED = [name for name, activation in ACTIVATIONS.items() if not activation.smooth]
CUBIC = polynomial([0.2, 1.0, 0.3, 0.1])


@pytest.fixture
def covariance(rng):
    root = rng.normal(size=(4, 4)) / 2
    return root @ root.T + 0.1 * np.eye(4)


@pytest.mark.parametrize("activation", [*(get(name) for name in SMOOTH), CUBIC], ids=lambda a: a.name)
def test_derivatives_are_those_of_automatic_differentiation(activation):
    z = np.linspace(-2.5, 2.5, 11)
    ours = activation.derivatives(z, 6, np)
    np.testing.assert_allclose(ours[0], activation(z))
    with enable_x64(True):
        for order in range(6):
            slope = jax.vmap(jax.grad(lambda v, order=order: activation.derivatives(v, order, jnp)[order]))
            np.testing.assert_allclose(slope(jnp.asarray(z)), ours[order + 1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", KINKED)
def test_kinks_have_slopes_and_no_second_derivative(name):
    activation = get(name)
    below, above = activation.slopes
    np.testing.assert_allclose(
        activation.derivatives(np.array([-2.0, 3.0]), 1, np), [[-2 * below, 3 * above], [below, above]]
    )
    with pytest.raises(ValueError, match="delta function"):
        activation.derivatives(np.zeros(1), 2, np)


def test_a_leaky_relu_of_slope_one_is_the_identity_and_names_are_checked():
    assert leaky_relu(1.0).smooth
    with pytest.raises(ValueError, match="'rely': not one of gelu, erf"):
        get("rely")


def test_the_square_root_reveals_the_rank(rng):
    for rank in (1, 2, 3, 4):
        root = rng.normal(size=(4, rank))
        K = root @ root.T
        L, order = square_root(K)
        assert L.shape == (4, rank)
        np.testing.assert_allclose(L @ L.T, K[np.ix_(order, order)], atol=1e-13)


def test_erf_has_its_closed_form(covariance):
    """<erf erf> = (2 / pi) arcsin(2 K_ab / sqrt((1 + 2 K_aa)(1 + 2 K_bb)))."""
    d = 1 + 2 * covariance.diagonal()
    expected = 2 / np.pi * np.arcsin(2 * covariance / np.sqrt(np.outer(d, d)))
    np.testing.assert_allclose(gaussian_expectations(get("erf"), covariance).pair(0, 0), expected, atol=1e-12)


def _isserlis(powers, K):
    """E[prod z_i^powers_i] by E[z_i f] = sum_j K_ij E[df/dz_j]."""
    i = next((i for i, p in enumerate(powers) if p), None)
    if i is None:
        return 1.0
    rest = [p - (k == i) for k, p in enumerate(powers)]
    return sum(
        K[i, j] * rest[j] * _isserlis([p - (k == j) for k, p in enumerate(rest)], K) for j in range(len(K)) if rest[j]
    )


@pytest.mark.parametrize("factors", [[(0, 0), (1, 0), (2, 1), (3, 1)], [(0, 2), (0, 0), (1, 1), (2, 1)], [(0, 0)] * 4])
def test_polynomials_are_exact(covariance, factors):
    coefficients = [np.polynomial.Polynomial([0.2, 1.0, 0.3, 0.1]).deriv(order).coef for _, order in factors]
    expected = 0.0
    for exponents in itertools.product(*[range(len(c)) for c in coefficients]):
        powers = [0] * 4
        for (a, _), e in zip(factors, exponents, strict=True):
            powers[a] += e
        expected += np.prod([c[e] for c, e in zip(coefficients, exponents, strict=True)]) * _isserlis(
            powers, covariance
        )
    assert gaussian_expectations(CUBIC, covariance).product(factors) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["gelu", "tanh"])
def test_integration_by_parts(covariance, name):
    """sum_b K_ab <d_b f> = <z_a f>, with z_a from the identity: f = sigma_0 sigma'_1, both sides by quadrature."""
    activation = get(name)
    E = gaussian_expectations(activation, covariance, 48)
    # <z_0 f> = d/de <(sigma_0)(sigma'_1) exp(e z_0)> is not of product form: integrate on a plain grid instead.
    x, w = np.polynomial.hermite_e.hermegauss(80)
    w = w / w.sum()
    L = np.linalg.cholesky(covariance[:2, :2])
    z0, z1 = L[0, 0] * x[:, None] + 0 * x, L[1, 0] * x[:, None] + L[1, 1] * x
    f = activation.derivatives(z0, 1, np)[0] * activation.derivatives(z1, 1, np)[1]
    for a, z in enumerate((z0, z1)):
        left = covariance[a, 0] * E.pair(1, 1)[0, 1] + covariance[a, 1] * E.pair(0, 2)[0, 1]
        assert left == pytest.approx(w @ (z * f) @ w, abs=1e-9)


@pytest.mark.parametrize("name", ["gelu", "erf", "tanh", *KINKED])
def test_price(covariance, name):
    """dM_pq / dK_01 = M_{p+1,q+1} and dM_pq / dK_00 = M_{p+2,q} / 2, by central differences."""
    activation = get(name)
    K, h = covariance[:2, :2] + np.diag([0.3, 0.2]), 1e-4

    def derivative(p, q, direction):
        up, down = (gaussian_expectations(activation, K + s * h * direction, 48).pair(p, q)[0, 1] for s in (1, -1))
        return (up - down) / (2 * h)

    E = gaussian_expectations(activation, K, 48)
    cross, own = np.array([[0, 1.0], [1, 0]]), np.array([[1.0, 0], [0, 0]])
    for p, q in [(0, 0), (1, 1), (2, 0), (0, 2), (2, 2), (3, 1), (0, 4)]:
        assert derivative(p, q, cross) == pytest.approx(E.pair(p + 1, q + 1)[0, 1], rel=1e-4, abs=1e-5)
        assert derivative(p, q, own) == pytest.approx(E.pair(p + 2, q)[0, 1] / 2, rel=1e-4, abs=1e-5)


FACTORS = [
    [(0, 0), (1, 0), (2, 0), (3, 0)], [(0, 0), (1, 0), (2, 1), (3, 1)], [(0, 1), (1, 1), (2, 1), (3, 1)],
    [(0, 0), (0, 1), (2, 1), (3, 0)], [(0, 0), (1, 1), (1, 1), (0, 0)], [(3, 0), (3, 1), (3, 1), (1, 0)],
]  # fmt: skip


@pytest.mark.parametrize("kind", ["regular", "rank 3", "coplanar triple", "rank 2", "parallel", "antiparallel"])
@pytest.mark.parametrize("name", ["gelu", "relu", "leaky_relu"])
def test_products_of_four_agree_with_sampled_ones(rng, name, kind):
    root = rng.normal(size=(4, {"rank 3": 3, "coplanar triple": 3, "rank 2": 2}.get(kind, 4))) / 1.5
    if kind == "coplanar triple":
        root[3] = root[1] + 0.5 * root[2]
    if "parallel" in kind:
        root[1] = (2.0 if kind == "parallel" else -0.7) * root[0]
    activation = get(name)
    samples = 200_000
    z = rng.normal(size=(samples, root.shape[1])) @ root.T
    derivatives = activation.derivatives(z, 1, np)
    E = gaussian_expectations(activation, root @ root.T)
    for factors in FACTORS:
        drawn = np.prod([derivatives[order, :, a] for a, order in factors], axis=0)
        assert abs(E.product(factors) - drawn.mean()) < 5 * drawn.std() / np.sqrt(samples) + 1e-9, factors


@pytest.mark.parametrize("name", KINKED)
def test_second_derivatives_of_kinks_are_limits_of_narrow_smooth_ones(covariance, name):
    """sigma'' as a narrow Gaussian: <sigma''_0 sigma'_0 ... > with one smoothing in all slots tends to the value used."""
    activation = get(name)
    below, above = activation.slopes
    E = gaussian_expectations(activation, covariance)
    rng = np.random.default_rng(0)
    z = rng.normal(size=(400_000, 4)) @ np.linalg.cholesky(covariance).T
    width = 0.02 * np.sqrt(covariance[0, 0])
    from scipy.stats import norm

    def slope(x):
        return below + (above - below) * norm.cdf(x / width)

    second = (above - below) * norm.pdf(z[:, 0] / width) / width
    s, d = activation.derivatives(z, 1, np)
    for others, factors in (
        (d[:, 1] * d[:, 2] * s[:, 3], [(0, 2), (1, 1), (2, 1), (3, 0)]),
        (slope(z[:, 0]) * d[:, 2] * s[:, 3], [(0, 2), (0, 1), (2, 1), (3, 0)]),
        (slope(z[:, 0]) ** 2 * s[:, 3], [(0, 2), (0, 1), (0, 1), (3, 0)]),
    ):
        drawn = second * others
        error = drawn.std() / np.sqrt(len(z))
        assert abs(E.product(factors) - drawn.mean()) < 5 * error + 0.02 * abs(drawn.mean()), factors
    assert E.product([(0, 2), (0, 0), (1, 1), (2, 1)]) == 0.0  # delta(z) sigma(z)


def test_products_that_do_not_exist_at_a_kink_are_refused(covariance):
    E = gaussian_expectations(get("relu"), covariance)
    for factors in ([(0, 2), (1, 2), (2, 1), (3, 1)], [(0, 3), (1, 1), (2, 1), (3, 1)]):
        with pytest.raises(ValueError, match="at a kink is not defined"):
            E.product(factors)
    with pytest.raises(ValueError, match="variance 0"):
        gaussian_expectations(get("relu"), np.zeros((1, 1)))


def test_orthant_probabilities_converge_with_the_nodes(covariance):
    products = [[(0, 1), (1, 1), (2, 1), (3, 1)], [(0, 0), (1, 0), (2, 0), (3, 0)]]
    coarse, fine = (gaussian_expectations(get("relu"), covariance, nodes) for nodes in (20, 80))
    for factors in products:
        assert coarse.product(factors) == pytest.approx(fine.product(factors), rel=1e-7)

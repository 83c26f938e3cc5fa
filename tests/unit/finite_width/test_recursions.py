"""Every term of every recursion against something that does not use it; and each of them, scaled, is noticed.

sampled      layer 2 and layer 3 from random networks, kept in tests/golden (made by its make script)
chain rule   only the first hidden layer is narrow: what fluctuates there goes through infinite-width maps
quadratic    the mean NTK of networks with activation z + q z^2 and infinitely many neurons in layer 2, by hand
diagrams     the engine, which enumerates the terms from the Feynman rules and shares no line with the recursions; exact, so
             that it also notices what sampled numbers are too coarse for
"""

import sys
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64

from ntklab.experiments.diagrams.comparison import random_cases
from ntklab.files import Arrays
from ntklab.finite_width import gaussian_expectations, leaky_relu, polynomial, recursions, solve, solver
from ntklab.finite_width.feynman import assemble, diagrams
from ntklab.finite_width.recursions import RECURSIONS
from ntklab.metrics.extrapolation import extrapolate

pytestmark = pytest.mark.usefixtures("unoptimised")

CALLS = {
    "V": 2, "K1": 2, "D": 3, "F": 2, "A": 5, "B": 2, "Theta1": 5, "P": 3, "Q": 4, "R": 7, "S": 5, "T": 13, "U": 2,
}  # fmt: skip
"""Diagrams of each tensor (Q counts F of the same layer once)."""
Z = 4.5
"""About 300 sampled numbers are compared, whose largest |z| is above this once in five hundred such tables."""


@pytest.fixture(scope="module", autouse=True)
def _reference(request):
    sys.path.insert(0, str(request.config.rootpath / "tests/golden"))
    yield
    sys.path.pop(0)


@pytest.fixture(scope="module", autouse=True)
def _expectations_once():
    """Scaling a term changes no covariance: the Gaussian expectations of a layer are computed once for all tests."""
    kept = {}

    def remembering(activation, covariance, nodes):
        key = activation.name, covariance.tobytes(), nodes
        if key not in kept:
            kept[key] = gaussian_expectations(activation, covariance, nodes)
            kept[key].moments = remembered(kept[key].moments)
        return kept[key]

    def remembered(moments):
        known = {}

        def either(products):
            products = list(products)
            known.update(moments([factors for factors in products if factors not in known]))
            return {factors: known[factors] for factors in products}

        return either

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver, "gaussian_expectations", remembering)
        yield


@cache
def sampled() -> tuple:
    import make_finite_width_monte_carlo as made

    return made, dict(Arrays(made.OUTPUT))


def components(tensor: str, X: np.ndarray) -> np.ndarray:
    """The components that were sampled."""
    return X if X.ndim == 2 else np.array([X[c] for c in sampled()[0].COMPONENTS])


def from_layer2(tensor: str) -> float:
    """Largest |z| at layer 2, sampled with three hidden neurons."""
    made, arrays = sampled()
    if f"layer2/{tensor}" not in arrays:
        return 0.0
    found = solve(made.INPUTS, made.ACTIVATION, 2, tensors=(tensor,), tolerance=1e-5, **made.CONSTANTS)
    value, stderr = arrays[f"layer2/{tensor}"]
    return float(np.max(np.abs(components(tensor, found[tensor][1]) - value) / stderr))


def from_layer3(tensor: str) -> float:
    """Largest |z| at layer 3 for widths (n, 4 n), extrapolated in 1/n."""
    made, arrays = sampled()
    if tensor not in made.LAYER3_TENSORS:
        return 0.0
    widths = np.array(list(made.LAYER3_NETWORKS))
    table = np.stack([arrays[f"layer3/{n}/{tensor}"] for n in widths])
    value, stderr = extrapolate(widths, table[:, 0], table[:, 1], degree=2)
    found = solve(made.INPUTS, made.ACTIVATION, 3, [1, 4], tensors=(tensor,), tolerance=1e-5, **made.CONSTANTS)
    return float(np.max(np.abs(components(tensor, found[tensor][2]) - value) / stderr))


# ---- chain rule ----

CHAIN = {"c_w": 1.4, "c_b": 0.2, "lambda_w": 0.7, "lambda_b": 0.05}
INPUTS = np.array([[-0.27, -1.04, -0.59], [-0.47, 1.21, 0.94]])
WIDE = 10**9


def _m00(K):
    d = 1 + 2 * jnp.diagonal(K)
    return 2 / jnp.pi * jnp.arcsin(2 * K / jnp.sqrt(d[:, None] * d[None, :]))


def _m11(aa, ab, bb):
    return 4 / (jnp.pi * jnp.sqrt((1 + 2 * aa) * (1 + 2 * bb) - 4 * ab**2))


def _next(K, theta):
    """The infinite-width step for erf, in closed form."""
    d = jnp.diagonal(K)
    return (
        CHAIN["c_b"] + CHAIN["c_w"] * _m00(K),
        CHAIN["lambda_b"] + CHAIN["lambda_w"] * _m00(K) + CHAIN["c_w"] * theta * _m11(d[:, None], K, d[None, :]),
    )


def _layer4(K, theta):
    return _next(*_next(K, theta))


@cache
def chain() -> dict[str, np.ndarray]:
    """Tensors of layer 4 over n_3 times n_1 when n_2, n_3 are infinite, from the fluctuations of layer 2 and the maps.

    delta K, delta Theta of layer 2 have covariances V, D, A over n_1 and go through `_layer4`, whose second derivatives
    give the means. F adds to the mean NTK what the weights' correlation with the preactivations does.
    """
    local = solve(INPUTS, "erf", 3, [1, WIDE], tensors=("K", "Theta", "V", "D", "A", "F"), tolerance=1e-9, **CHAIN)
    with enable_x64(True):
        K, theta, V, D, A = (jnp.asarray(local[tensor][1]) for tensor in ("K", "Theta", "V", "D", "A"))
        (kk, _), (tk, tt) = jax.jit(jax.jacobian(_layer4, argnums=(0, 1)))(K, theta)
        ((hkk, _), _), ((htk, htx), _) = jax.jit(jax.hessian(_layer4, argnums=(0, 1)))(K, theta)
        go = "abij,ijkl,cdkl->abcd"
        mixed = jnp.einsum(go, tk, D, tt)
        found = {
            "V": jnp.einsum(go, kk, V, kk),
            "D": jnp.einsum(go, kk, V, tk) + jnp.einsum(go, kk, D, tt),
            "A": jnp.einsum(go, tk, V, tk) + mixed + mixed.transpose(2, 3, 0, 1) + jnp.einsum(go, tt, A, tt),
            "K1": jnp.einsum("abijkl,ijkl->ab", hkk, V) / 2,
            "Theta1": jnp.einsum("abijkl,ijkl->ab", htk, V) / 2 + jnp.einsum("abijkl,ijkl->ab", htx, D),
        }
        # What F of layer 2 adds at layer 3 goes on to layer 4, where F of layer 3 adds again.
        K3, _ = _next(K, theta)
        d = jnp.diagonal(K3)
        from_layer2 = _from_f(K, local["F"][1]) * CHAIN["c_w"] * _m11(d[:, None], K3, d[None, :])
        found["Theta1"] += from_layer2 + _from_f(K3, local["F"][2] / WIDE)
        return {tensor: np.asarray(X) for tensor, X in found.items()}


_m11_along = jax.jit(jax.grad(lambda v: _m11(v, v, v)))
_m11_slopes = jax.jit(jax.grad(_m11, argnums=(0, 1, 2)))


def _from_f(K, F):
    """C sum_gh <d^2(s'_a s'_b)/dz_g dz_h> F[g, a, h, b], by Price's theorem from M_11."""
    n = len(K)
    total = np.zeros((n, n))
    for a in range(n):
        for b in range(n):
            if a == b:  # slot-wise second derivatives of s'(z)^2 sum to <(s'^2)''> = 2 d<s'^2>/dK
                slope = _m11_along(K[a, a])
                total[a, a] = 2 * slope * F[a, a, a, a]
                continue
            aa, ab, bb = _m11_slopes(K[a, a], K[a, b], K[b, b])
            total[a, b] = 2 * aa * F[a, a, a, b] + ab * (F[a, a, b, b] + F[b, a, a, b]) + 2 * bb * F[b, a, b, b]
    return CHAIN["c_w"] * total


def from_chain_rule(tensor: str) -> float:
    """Relative deviation in units of 1e-6."""
    expected = chain()
    if tensor not in expected:
        return 0.0
    found = solve(INPUTS, "erf", 4, [1, WIDE, WIDE], tensors=(tensor,), tolerance=1e-9, **CHAIN)[tensor][3] / WIDE
    return float(np.abs(found - expected[tensor]).max() / np.abs(expected[tensor]).max() / 1e-6)


# ---- quadratic activation, by hand ----


def from_quadratic(tensor: str) -> float:
    """K1 and Theta1 of layer 3 over n_2, times n_1, for sigma = z + q z^2; relative deviation in units of 1e-9.

    Given layer 1, z of layer 2 is Gaussian with covariance G = c_b + c A, A the mean of sigma sigma, and one weight's
    product W_m^2 f(z) has mean c <f> + c^2 / n_1 sum_ab sigma_m(a) sigma_m(b) <d_a d_b f>. So
        E[K^(3)]     = c_b + c E[ G_ab + q^2 (G_aa G_bb + 2 G_ab^2) ]
        E[Theta^(3)] = lambda_b + lambda (the same) + c E[ (lambda_b + lambda A_ab + c B_ab)(1 + 4 q^2 G_ab) ]
                       + 8 q^2 c^3 / n_1 Theta_ab <s_a s_b s'_a s'_b>,       B the mean of s' s' Theta over layer 1.
    """
    if tensor not in ("K1", "Theta1"):
        return 0.0
    q, c, c_b, lam, lam_b = 0.3, 0.9, 0.15, 0.7, 0.2
    gram = INPUTS @ INPUTS.T / INPUTS.shape[1]
    K, theta = c_b + c * gram, lam_b + lam * gram

    x, w = np.polynomial.hermite_e.hermegauss(12)
    w = w / w.sum()
    L = np.linalg.cholesky(K)
    z = np.stack([L[0, 0] * x[:, None] + 0 * x, L[1, 0] * x[:, None] + L[1, 1] * x])
    weights = np.outer(w, w)
    s, d = z + q * z * z, 1 + 2 * q * z
    ss, dd = np.einsum("aij,bij->abij", s, s), np.einsum("aij,bij->abij", d, d)

    def covariance(left, right):
        def mean(v):
            return np.einsum("...ij,ij->...", v, weights)

        return mean(left * right) - mean(left) * mean(right)

    own = np.einsum("aaij->aij", ss)
    square = q * q * c * c * (covariance(own[:, None], own[None, :]) + 2 * covariance(ss, ss))
    product = covariance(ss, lam * ss + c * theta[:, :, None, None] * dd)
    expected = {
        "K1": c * square,
        "Theta1": lam * square
        + 4 * q * q * c * c * product
        + 8 * q * q * c**3 * theta * np.einsum("abij,ij->ab", ss * dd, weights),
    }[tensor]
    found = (
        solve(
            INPUTS, polynomial([0, 1, q]), 3, [1, WIDE], c_w=c, c_b=c_b, lambda_w=lam, lambda_b=lam_b, tensors=(tensor,)
        )[tensor][2]
        / WIDE
    )
    return float(np.abs(found - expected).max() / np.abs(expected).max() / 1e-9)


# ---- diagrams ----


@cache
def random_layer() -> tuple[recursions.Layer, dict[str, np.ndarray]]:
    """A layer with random constants and tensors, and what the engine's diagrams make of it."""
    (case,) = random_cases(np.random.default_rng(11), ["erf"], 1)
    return case.theirs, {tensor: assemble(diagrams(tensor), case.ours) for tensor in RECURSIONS}


def from_diagrams(tensor: str) -> float:
    """Relative deviation in units of 1e-9."""
    layer, engine = random_layer()
    found = sum(recursions.RECURSIONS[tensor].terms(layer))
    return float(np.abs(found - engine[tensor]).max() / np.abs(engine[tensor]).max() / 1e-9)


COMPARISONS = {from_layer2: Z, from_layer3: Z, from_chain_rule: 1.0, from_quadratic: 1.0}
"""Without diagrams of any kind."""


@pytest.mark.parametrize("tensor", RECURSIONS)
@pytest.mark.parametrize("comparison", [*COMPARISONS, from_diagrams], ids=lambda f: f.__name__)
def test_agrees(comparison, tensor):
    assert comparison(tensor) < COMPARISONS.get(comparison, 1.0)


TERMS = pytest.mark.parametrize(
    ("tensor", "term"), [(tensor, term) for tensor, count in CALLS.items() for term in range(count)]
)


def scale_term(monkeypatch, tensor: str, term: int, factor: float) -> None:
    recursion = RECURSIONS[tensor]

    def mutated(layer):
        for number, value in enumerate(recursion.terms(layer)):
            yield factor * value if number == term else value

    monkeypatch.setitem(recursions.RECURSIONS, tensor, recursion._replace(terms=mutated))


@TERMS
@pytest.mark.parametrize("factor", [2.0, 0.0])
def test_a_doubled_or_missing_term_is_noticed_without_the_recursions(tensor, term, factor, monkeypatch):
    chain()  # made with the terms as they are
    scale_term(monkeypatch, tensor, term, factor)
    assert any(comparison(tensor) > bar for comparison, bar in COMPARISONS.items())


@TERMS
@pytest.mark.parametrize("factor", [1.1, 0.999])
def test_a_tenth_more_of_a_term_is_noticed(tensor, term, factor, monkeypatch):
    """By the engine, at a layer with random tensors; a thousandth less too."""
    random_layer()  # made with the terms as they are
    scale_term(monkeypatch, tensor, term, factor)
    assert from_diagrams(tensor) > 1e3


def test_the_terms_are_as_many_as_the_diagrams(monkeypatch):
    counted = {}
    for tensor, recursion in RECURSIONS.items():

        def counting(layer, tensor=tensor, terms=recursion.terms):
            values = list(terms(layer))
            counted[tensor] = len(values)
            return iter(values)

        monkeypatch.setitem(recursions.RECURSIONS, tensor, recursion._replace(terms=counting))
    solve(INPUTS, "erf", 2, tensors=tuple(RECURSIONS), nodes=8, tolerance=1.0)
    assert counted == CALLS


# ---- places where the printed paper and sampled networks differ ----


def _printed_v(s):
    """Eqs. (50), (53): both second derivatives with respect to beta_1, beta_2, which no pair of slots has in common."""
    local, carried = recursions._v(s)
    yield local
    yield 0 * carried


def _printed_p(s):
    """Eq. (58), second term: <s''_0 s_0> instead of <s''_0 s_3>."""
    local, _, carried = recursions._p(s)
    yield local
    own = np.diagonal(s.M(2, 0))
    yield s.ratio * s.c_w**2 * np.einsum("bc,a,aabc->abc", s.M(1, 1), own, s.tensors["B"])[..., None]
    yield carried


def _printed_r(s):
    """Eq. (63): s_1 instead of s'_1 in the first of the terms with Theta_01."""
    terms = list(recursions._r(s))
    printed = np.einsum("acdb->abcd", s.expectations.quadruples({(3, 1, 1, 0)})[3, 1, 1, 0])
    terms[1] = s.c_w**2 * np.einsum("ab,ac,ad,abcd->abcd", s.theta, s.theta, s.theta, printed)
    return iter(terms)


def _printed_t(s):
    """Eq. (66), third term: 1/n_{l-1} instead of 1/n_l before the local expectation."""
    for number, value in enumerate(recursions._t(s)):
        yield s.ratio * value if number == 6 else value


PRINTED = {
    "V": (_printed_v, from_chain_rule),
    "P": (_printed_p, from_layer3),
    "R": (_printed_r, from_layer2),
    "T": (_printed_t, from_layer3),
}


@pytest.mark.parametrize("tensor", PRINTED)
def test_misprints_of_the_paper_are_decided_by_numbers(tensor, monkeypatch):
    chain()
    printed, comparison = PRINTED[tensor]
    assert comparison(tensor) < COMPARISONS[comparison]
    monkeypatch.setitem(recursions.RECURSIONS, tensor, RECURSIONS[tensor]._replace(terms=printed))
    assert comparison(tensor) > 2 * COMPARISONS[comparison]


def test_the_leaky_relu_has_half_the_sum_of_squared_slopes_of_the_paper_s_difference():
    """Eq. (101) prints (a_+^2 - a_-^2) / 2 for <s^2> / <z^2>; the sum is right."""
    found = gaussian_expectations(leaky_relu(0.1), np.array([[1.7]])).pair(0, 0)[0, 0] / 1.7
    assert found == pytest.approx((1 + 0.1**2) / 2, rel=1e-12)
    assert abs(found - (1 - 0.1**2) / 2) > 1e-3

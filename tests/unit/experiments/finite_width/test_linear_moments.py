"""Exact moments of finite linear networks: the limit, all parameters integrated by quadrature, and sampled networks."""

import itertools
from functools import cache

import numpy as np
import pytest

from ntklab.experiments.finite_width import linear_moments
from ntklab.experiments.finite_width.linear_moments import TENSORS, moments
from ntklab.finite_width import solve
from ntklab.finite_width.sampling import Sample, sample
from ntklab.metrics.resampling import jackknife_interval, leave_groups_out

CONSTANTS = {"c_w": [1.3, 0.9, 1.2, 1.1], "c_b": [0.1, 0.2, 0.05, 0.3], "lambda_w": [0.8, 1.1, 0.7, 1.3]}
CONSTANTS["lambda_b"] = [0.3, 0.1, 0.2, 0.4]


def constants(depth: int) -> dict[str, list[float]]:
    return {name: values[:depth] for name, values in CONSTANTS.items()}


@cache
def inputs(number: int, dimension: int) -> np.ndarray:
    return np.random.default_rng(20240305).normal(size=(number, dimension))


# ---- the limit ----


@pytest.mark.parametrize("tensor", TENSORS)
def test_the_limit_at_one_input_has_its_closed_form(tensor):
    """Spec finite-width.md, 4.1, with k = |x|^2 / n_0."""
    x, layers = inputs(1, 3), np.arange(1, 9)
    k = float((x**2).mean())
    B = layers * (layers - 1) * (2 * layers - 1) / 6
    closed = {"V": 2 * (layers - 1), "F": layers * (layers - 1) / 2, "D": layers * (layers - 1), "B": B, "A": 2 * B}
    found = np.ravel(moments(x, [10**10] * 7)[tensor])
    np.testing.assert_allclose(found, closed[tensor] * k**2, rtol=1e-7)


def test_the_limit_of_v_at_several_inputs_has_its_closed_form():
    """V_1234 = (l - 1) (K_13 K_24 + K_14 K_23)"""
    found = moments(inputs(4, 3), [10**10] * 3)
    K = found["K"][0]
    closed = np.einsum("ac,bd->abcd", K, K) + np.einsum("ad,bc->abcd", K, K)
    for layer, V in enumerate(found["V"], start=1):
        np.testing.assert_allclose(V, (layer - 1) * closed, rtol=1e-7, atol=1e-9)


@cache
def solved(ratios: tuple[int, ...]):
    return solve(inputs(4, 3), "identity", 4, ratios, tensors=("K", "Theta", *TENSORS), **CONSTANTS)


@pytest.mark.parametrize("tensor", TENSORS)
def test_the_difference_from_leading_order_falls_like_one_over_n(tensor):
    ratios = (1, 3, 2)
    leading = solved(ratios)[tensor]
    per_width = []
    for n in (10**3, 10**4):
        found = moments(inputs(4, 3), [n * r for r in ratios], **CONSTANTS)[tensor]
        np.testing.assert_allclose(found[1], leading[1], rtol=1e-12, atol=1e-13)
        per_width.append([n * (found[k] - leading[k]) / np.abs(leading[k]).max() for k in (2, 3)])
    np.testing.assert_allclose(*per_width, atol=0.02)
    assert min(np.abs(layer).max() for layer in per_width[1]) > 0.1


@pytest.mark.parametrize("kernel", ["K", "Theta"])
def test_the_means_are_those_of_infinite_width(kernel):
    np.testing.assert_allclose(
        moments(inputs(4, 3), [2, 1, 3], **CONSTANTS)[kernel], solved((1, 3, 2))[kernel], rtol=1e-12
    )


# ---- exact at small widths ----


@pytest.mark.parametrize("widths", [[1, 1, 1], [2, 3, 1, 7], [50] * 12])
def test_v_at_one_input_is_a_product_of_chi_squares(widths):
    """g^(l+1) = k prod_j chi^2(n_j) / n_j, E[(chi^2 / n)^2] = 1 + 2 / n."""
    x = inputs(1, 3)
    k = float((x**2).mean())
    products = np.cumprod([1 + 2 / n for n in widths])
    expected = [n * k**2 * (product - 1) for n, product in zip(widths, products, strict=True)]
    assert np.ravel(moments(x, widths)["V"])[1:] == pytest.approx(expected, rel=1e-12)


@cache
def integrated(widths: tuple[int, ...]) -> dict[str, np.ndarray]:
    """The tensors of the last layer at two inputs, from all weights and biases below it by Gauss-Hermite quadrature.

    Three nodes in every variable integrate polynomials of degree five exactly, and a product of two of g, w and NTK has
    degree four.
    """
    x, c = inputs(2, 2), constants(len(widths) + 1)
    K = c["c_b"][0] + c["c_w"][0] * x @ x.T / x.shape[1]
    theta = c["lambda_b"][0] + c["lambda_w"][0] * x @ x.T / x.shape[1]
    sizes = [2 * widths[0], *[n * (m + 1) for m, n in itertools.pairwise(widths)]]
    nodes, weights = np.array([-np.sqrt(3), 0, np.sqrt(3)]), np.array([1, 4, 1]) / 6
    which = np.indices((3,) * sum(sizes), dtype=np.int8).reshape(sum(sizes), -1)
    probability = weights[which].prod(axis=0)
    first, *others = np.split(nodes[which], np.cumsum(sizes)[:-1])
    z = np.einsum("ab,bip->pia", np.linalg.cholesky(K), first.reshape(2, widths[0], -1))
    ntk = np.zeros((len(z), widths[0], widths[0], 2, 2)) + np.eye(widths[0])[:, :, None, None] * theta
    for layer, parameters in enumerate(others, start=1):
        m, n = widths[layer - 1 : layer + 1]
        W, b = np.split(np.moveaxis(parameters, -1, 0).reshape(-1, n, m + 1), [m], axis=2)
        W = W * np.sqrt(c["c_w"][layer] / m)
        direct = c["lambda_b"][layer] + c["lambda_w"][layer] / m * np.einsum("pka,pkb->pab", z, z)
        z = np.sqrt(c["c_b"][layer]) * b + W @ z
        ntk = np.einsum("pik,pjm,pkmab->pijab", W, W, ntk, optimize=True)
        ntk += np.eye(n)[:, :, None, None] * direct[:, None, None]
    return read_out(z, ntk, probability, *[values[-1] for values in c.values()])


def read_out(z, ntk, probability, c_w, c_b, lambda_w, lambda_b) -> dict[str, np.ndarray]:
    """The last weights averaged by hand (spec finite-width.md, 6.2)."""
    n = z.shape[1]
    g = c_b + c_w / n * np.einsum("pka,pkb->pab", z, z)
    w = lambda_b + np.einsum("pkkab->pab", lambda_w * z[:, :, None, :, None] * z[:, None, :, None, :] + c_w * ntk) / n

    def covariance(left, right):
        left, right = (X - np.einsum("p,pab->ab", probability, X) for X in (left, right))
        return n * np.einsum("p,pab,pcd->abcd", probability, left, right, optimize=True)

    square = c_w**2 / n
    return {
        "V": covariance(g, g),
        "D": covariance(g, w),
        "A": covariance(w, w),
        "F": square * np.einsum("p,pja,pjkbd,pkc->abcd", probability, z, ntk, z, optimize=True),
        "B": square * np.einsum("p,pjkac,pjkbd->abcd", probability, ntk, ntk, optimize=True),
    }


def found_at(widths: tuple[int, ...]) -> dict[str, np.ndarray]:
    found = moments(inputs(2, 2), widths, **constants(len(widths) + 1))
    return {tensor: found[tensor][-1] for tensor in TENSORS}


SMALL = [(2,), (2, 1), (1, 2), (1, 3), (2, 2), (1, 1, 2), (2, 1, 1)]


@pytest.mark.parametrize("tensor", TENSORS)
@pytest.mark.parametrize("widths", SMALL)
def test_exact_against_the_integral_over_all_parameters(widths, tensor):
    expected = integrated(widths)[tensor]
    np.testing.assert_allclose(found_at(widths)[tensor], expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())


# ---- what is wrong is noticed ----


def without_direct_term(c, qq, qt, *tt):
    """cov(g, w) and cov(w, w) with w = C_W t."""
    return c.c_w**2 * (tt[0] if tt else qt)


def without_cross_term(c, qq, qt, tt):
    return c.lambda_w**2 * qq + c.c_w**2 * tt


def untransposed(c, qq, qt, tt):
    return c.lambda_w**2 * qq + 2 * c.lambda_w * c.c_w * qt + c.c_w**2 * tt


WRONG = {  # name -> function, what stands in its place, tensors of layer 3 that change
    "always two loops": ("_loops", lambda p, s: 2, set("VDFAB")),
    "always one loop": ("_loops", lambda p, s: 1, set("VDFAB")),
    "loops of 13 and 14": ("_loops", lambda p, s: 2 if p == s or p + s == 3 else 1, set("FB")),
    "no direct term in D": ("_d", without_direct_term, set("DAF")),
    "no direct term in A": ("_a", without_direct_term, set("AB")),
    "no cross term in A": ("_a", without_cross_term, set("A")),
    "one order of the cross term": ("_a", untransposed, set("A")),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_formula_is_noticed(name, monkeypatch):
    function, wrong, changed = WRONG[name]
    monkeypatch.setattr(linear_moments, function, wrong)
    found, expected = found_at((2, 2)), integrated((2, 2))
    off = {t for t in TENSORS if np.abs(found[t] - expected[t]).max() > 1e-3 * np.abs(expected[t]).max()}
    assert off == changed


# ---- against sampled networks ----

COMPONENTS = [(0, 1, 2, 3), (1, 0, 3, 1), (0, 2, 1, 3), (0, 0, 1, 1), (2, 2, 2, 2)]
SAMPLED = {"widths": [3, 2, 4], "networks": 400_000, "batches": 40}


@cache
def drawn() -> Sample:
    return sample(
        inputs(4, 3),
        "identity",
        tensors=TENSORS,
        components=COMPONENTS,
        seed=1,
        estimator="averaged",
        **SAMPLED,
        **CONSTANTS,
    )


def of_components(tensor: str, layer: int) -> np.ndarray:
    exact = moments(inputs(4, 3), SAMPLED["widths"], **CONSTANTS)[tensor][layer - 1]
    return np.array([exact[component] for component in COMPONENTS])


RANDOM = [(tensor, layer) for tensor in TENSORS for layer in (2, 3, 4) if (tensor, layer) != ("B", 2)]


@pytest.mark.parametrize(("tensor", "layer"), RANDOM)
def test_sampled_networks_agree(tensor, layer):
    """Every component within 4 standard errors, and equivalence: the 99.7 % interval of the ratio within 10 % of 1."""
    exact = of_components(tensor, layer)
    z = (drawn()[tensor][layer - 1] - exact) / drawn().stderr(tensor)[layer - 1]
    assert np.abs(z).max() < 4
    batches = drawn().batches[tensor][:, layer - 1]
    weight = exact / batches.var(axis=0, ddof=1)

    def ratio(kept):
        return kept.mean(axis=0) @ weight / (exact @ weight)

    low, high = jackknife_interval(float(ratio(batches)), leave_groups_out(ratio, batches), "batches").ci997
    assert 0.9 <= low <= 1 <= high <= 1.1, (low, high)


def test_b_of_layer_two_is_the_same_in_every_network():
    """Its estimate is made of the NTK of layer 1, which is no random variable."""
    np.testing.assert_allclose(drawn()["B"][1], of_components("B", 2), rtol=1e-12)


# ---- the function ----


def test_inputs_are_interchangeable():
    x, order = inputs(4, 3), [2, 0, 0, 3]
    found, permuted = (moments(rows, [2, 3], **constants(3)) for rows in (x, x[order]))
    for name in found:
        for X, Y in zip(found[name], permuted[name], strict=True):
            np.testing.assert_allclose(X[np.ix_(*[order] * X.ndim)], Y, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("wrong", [{"widths": [3, 0]}, {"widths": [3, 3], "c_w": [1.0, 1.0]}])
def test_bad_input_is_refused(wrong):
    with pytest.raises(ValueError):
        moments(inputs(1, 3), **wrong)

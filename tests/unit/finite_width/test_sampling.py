"""The sampler against exact values at the width that is sampled, and what it draws.

Every comparison is of equivalence: the 99.7 % interval of the ratio to the exact value lies within 0.75 to 1.25 and holds 1. A
sampler that returns nothing, half or twice the value is refused; so is one that is too noisy to tell.
"""

from functools import cache

import numpy as np
import pytest

from ntklab.activations import Activation
from ntklab.errors import InputError
from ntklab.experiments.finite_width.relu_moments import moments
from ntklab.finite_width import polynomial, solve
from ntklab.finite_width.sampling import Sample, sample
from ntklab.metrics.resampling import Interval, jackknife_interval, leave_groups_out
from ntklab.network import Network

CONSTANTS = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
FOUR_SLOTS = ("V", "D", "A", "F", "B")
COMPONENTS = [(0, 1, 2, 3), (1, 0, 3, 1), (0, 0, 1, 1), (2, 2, 2, 2)]


@cache
def inputs() -> np.ndarray:
    return np.random.default_rng(20240305).normal(size=(4, 3))


def ratio(batches: np.ndarray, exact: np.ndarray) -> Interval:
    """Batches (batch, component) over exact values (component,), weighted by the components' precision."""
    batches, exact = batches.reshape(len(batches), -1), np.ravel(exact)
    weight = exact / batches.var(axis=0, ddof=1).clip(min=1e-30)

    def statistic(kept):
        return kept.mean(axis=0) @ weight / (exact @ weight)

    return jackknife_interval(float(statistic(batches)), leave_groups_out(statistic, batches), "batches")


def assert_equivalent(batches: np.ndarray, exact: np.ndarray, name: str = "") -> None:
    low, high = ratio(batches, exact).ci997
    assert 0.75 <= low <= 1 <= high <= 1.25, (name, low, high)


def of_components(X: np.ndarray) -> np.ndarray:
    return X[np.triu_indices(4)] if X.ndim == 2 else np.array([X[c] for c in COMPONENTS])


@cache
def at_layer_two(estimator: str = "averaged") -> tuple[Sample, dict[str, np.ndarray]]:
    """With three hidden neurons every tensor of layer 2 is already the one of order 1/n: nothing is left out."""
    tensors = ("K", "Theta", *FOUR_SLOTS, "P", "Q", *(("R", "S", "T", "U") if estimator == "averaged" else ()))
    options = {"networks": 30_000, "batches": 40, "seed": 1, "estimator": estimator, **CONSTANTS}
    drawn = sample(inputs(), "tanh", [3], tensors=tensors, components=COMPONENTS, **options)
    exact = solve(inputs(), "tanh", depth=2, tensors=tensors, tolerance=1e-4, **CONSTANTS)
    return drawn, {tensor: of_components(exact[tensor][1]) for tensor in tensors}


def batches_of(drawn: Sample, tensor: str, layer: int) -> np.ndarray:
    """(batch, component)"""
    X = drawn.batches[tensor][:, layer - 1]
    return X[:, *np.triu_indices(X.shape[-1])] if tensor in ("K", "Theta", "K1", "Theta1") else X


@pytest.mark.parametrize("tensor", ["K", "Theta", *FOUR_SLOTS, "P", "Q", "R", "S", "T", "U"])
def test_layer_two_needs_no_limit(tensor):
    drawn, exact = at_layer_two()
    batches = batches_of(drawn, tensor, 2)
    assert_equivalent(batches, exact[tensor])
    error = drawn.stderr(tensor)[1]
    error = error[np.triu_indices(4)] if error.ndim == 2 else error
    assert np.abs((batches.mean(axis=0) - exact[tensor]) / error).max() < 4.5


@cache
def without_weights() -> tuple[Sample, dict[str, np.ndarray]]:
    x, tensors = inputs()[:3], ("K", "Theta", *FOUR_SLOTS, "P", "Q")
    components = [(1, 0, 2, 1), (0, 0, 1, 1), (2, 2, 2, 2)]
    drawn = sample(x, "tanh", [3], tensors=tensors, components=components, networks=30_000, batches=40, **CONSTANTS)
    exact = solve(x, "tanh", depth=2, tensors=tensors, tolerance=1e-4, **CONSTANTS)
    found = {tensor: exact[tensor][1] for tensor in tensors}
    return drawn, {
        t: X[np.triu_indices(3)] if X.ndim == 2 else np.array([X[c] for c in components]) for t, X in found.items()
    }


@pytest.mark.parametrize("tensor", [*FOUR_SLOTS, "P", "Q"])
def test_layer_two_needs_no_weights_either(tensor):
    drawn, exact = without_weights()
    assert_equivalent(batches_of(drawn, tensor, 2), exact[tensor])


@pytest.mark.parametrize("tensor", ["K", "Theta"])
def test_the_mean_kernels_of_layer_two_have_no_error(tensor):
    """The controls of layer 1 leave nothing, neither of K nor of the NTK."""
    drawn, exact = without_weights()
    np.testing.assert_allclose(drawn.stderr(tensor)[1], 0, atol=1e-9)
    np.testing.assert_allclose(batches_of(drawn, tensor, 2).mean(axis=0), exact[tensor], rtol=1e-3)


@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("tensor", ["K", *FOUR_SLOTS])
def test_what_is_missing_halved_or_doubled_is_refused(tensor, factor):
    drawn, exact = at_layer_two()
    with pytest.raises(AssertionError):
        assert_equivalent(factor * batches_of(drawn, tensor, 2), exact[tensor])


def test_noise_is_refused(rng):
    with pytest.raises(AssertionError):
        assert_equivalent(1 + rng.normal(size=(40, 1)), np.ones(1))


@cache
def deep_relu() -> tuple[Sample, float]:
    """Networks of eight neurons and three hidden layers at one input, and |x|^2 / n_0."""
    options = {"networks": 60_000, "batches": 40, "seed": 4, "c_w": 2.0}
    return sample(np.array([[1.0, 0.5]]), "relu", [8, 8, 8], tensors=FOUR_SLOTS, **options), 0.625


@pytest.mark.parametrize("tensor", FOUR_SLOTS)
def test_deep_relu_networks_have_their_exact_moments(tensor):
    """No limit and no extrapolation: at layer 4 leading order is off by a fifth and more."""
    drawn, norm = deep_relu()
    batches = drawn.batches[tensor].reshape(40, 4)
    for layer in (2, 3, 4):
        assert_equivalent(batches[:, [layer - 1]], np.array([moments(8, 4)[tensor][layer - 1] * norm**2]), tensor)


def by_hand(width: int) -> dict[str, np.ndarray]:
    """Deviation of E[K] and E[NTK] of layer 3 from infinite width for sigma = z + z^2 / 3: exact for `width` neurons in layer 1.

    Given layer 1, z of layer 2 is Gaussian with covariance G = c_b + c A, A the mean of sigma sigma over layer 1, and
        E[K^(3)]     = c_b + c E[ G_ab + q^2 (G_aa G_bb + 2 G_ab^2) ]
        E[Theta^(3)] = lambda_b + lambda (the same) + c E[ (lambda_b + lambda A_ab + c B_ab)(1 + 4 q^2 G_ab) ]
                       + 8 q^2 c^3 / n_1 Theta_ab <s_a s_b s'_a s'_b>,       B the mean of s' s' Theta over layer 1,
    whatever the width of layer 2. Products of G minus products of their means are covariances over layer 1.
    """
    q, c, lam = 1 / 3, CONSTANTS["c_w"], CONSTANTS["lambda_w"]
    x = inputs()[:2]
    K, theta = (CONSTANTS[b] + CONSTANTS[w] * x @ x.T / 3 for b, w in (("c_b", "c_w"), ("lambda_b", "lambda_w")))
    nodes, w = np.polynomial.hermite_e.hermegauss(12)
    weights = np.outer(w, w) / w.sum() ** 2
    z = np.einsum("ar,rij->aij", np.linalg.cholesky(K), np.stack(np.meshgrid(nodes, nodes, indexing="ij")))
    s, d = z + q * z * z, 1 + 2 * q * z
    ss, dd = np.einsum("aij,bij->abij", s, s), np.einsum("aij,bij->abij", d, d)

    def mean(v):
        return np.einsum("...ij,ij->...", v, weights)

    def covariance(left, right):
        return (mean(left * right) - mean(left) * mean(right)) / width

    own = np.einsum("aaij->aij", ss)
    square = q * q * c * c * (covariance(own[:, None], own[None, :]) + 2 * covariance(ss, ss))
    product = covariance(ss, lam * ss + c * theta[:, :, None, None] * dd)
    weights_and_slopes = 8 * q * q * c**3 * theta * mean(ss * dd) / width
    return {"K1": c * square, "Theta1": lam * square + 4 * q * q * c * c * product + weights_and_slopes}


@cache
def quadratic() -> Sample:
    activation = polynomial([0, 1, 1 / 3])
    options = {"networks": 40_000, "batches": 40, "seed": 2, **CONSTANTS}
    return sample(inputs()[:2], activation, [4, 16], tensors=("K", "Theta", "K1", "Theta1"), **options)


@pytest.mark.parametrize("tensor", ["K1", "Theta1"])
def test_mean_corrections_are_those_by_hand(tensor):
    """Sixteen times the deviation: n is the width that feeds the layer."""
    drawn = quadratic()
    assert_equivalent(batches_of(drawn, tensor, 3), 16 * by_hand(4)[tensor][np.triu_indices(2)], tensor)
    np.testing.assert_array_equal(drawn[tensor][0], np.zeros((2, 2)))


def test_control_variates_reduce_the_error():
    """Those of all layers leave what is of second order: less than a third of what layer 1 alone leaves."""
    options = {"networks": 800, "batches": 20, "seed": 2, **CONSTANTS}
    few, many = (
        sample(inputs()[:2], "erf", [60, 60], tensors=("K1", "Theta1"), estimator=estimator, **options)
        for estimator in ("collapsed", "averaged")
    )
    for tensor in ("K1", "Theta1"):
        assert np.all(np.diag(few.stderr(tensor)[2]) < np.diag(many.stderr(tensor)[2]) / 3)


# ---- the paper's estimators ----


@cache
def printed() -> tuple[Sample, dict[str, np.ndarray]]:
    """Estimates at layer 2, and the tensors there."""
    options = {"networks": 30_000, "batches": 40, "seed": 3, "estimator": "printed", **CONSTANTS}
    drawn = sample(inputs(), "tanh", [4], tensors=("K", "Theta", *FOUR_SLOTS), components=COMPONENTS, **options)
    exact = solve(inputs(), "tanh", depth=2, tensors=("K", "Theta", *FOUR_SLOTS), tolerance=1e-4, **CONSTANTS)
    return drawn, {tensor: exact[tensor][1] for tensor in exact}


def expected_of_printed(tensor: str, X: dict[str, np.ndarray], width: int) -> np.ndarray:
    """Eqs. (111) to (115) for `width` channels: their sums include each channel with itself, which is 1/n more, exactly."""

    def pairs(name, subscripts):
        return np.einsum(f"{subscripts}->abcd", X[name])

    extra = {
        "V": 0.0,  # the only one that leaves those out
        "D": pairs("F", "acbd") + pairs("F", "adbc"),
        "A": pairs("B", "acbd") + pairs("B", "adbc"),
        "F": pairs("D", "acbd") + pairs("F", "adcb"),
        "B": pairs("A", "acbd") + pairs("B", "adcb"),
    }
    return X[tensor] + extra[tensor] / width


@pytest.mark.parametrize("tensor", ["K", "Theta", *FOUR_SLOTS])
def test_printed_estimators_have_their_exact_bias(tensor):
    drawn, exact = printed()
    expected = exact[tensor] if tensor in ("K", "Theta") else expected_of_printed(tensor, exact, 4)
    assert_equivalent(batches_of(drawn, tensor, 2), of_components(expected), tensor)


@pytest.mark.parametrize("tensor", ["D", "A", "F", "B"])
def test_the_bias_of_the_printed_estimators_is_seen(tensor):
    drawn, exact = printed()
    low, high = ratio(batches_of(drawn, tensor, 2), of_components(exact[tensor])).ci997
    assert not low <= 1 <= high


def test_averaged_estimators_have_smaller_errors():
    averaged, plain = at_layer_two()[0], printed()[0]
    assert np.mean([np.median(averaged.stderr(t)[1] / plain.stderr(t)[1]) for t in FOUR_SLOTS]) < 0.9


def test_batches_are_drawn_apart_and_again():
    """Two jobs of two batches are one of four; the same seed gives the same networks, another one others."""
    x = np.eye(2)
    options = {"c_w": 1.2, "tensors": ("K", "V"), "seed": 5}
    whole = sample(x, "erf", [4], networks=40, batches=4, **options)
    parts = [sample(x, "erf", [4], networks=20, batches=2, first_batch=first, **options) for first in (0, 2)]
    for tensor in ("K", "V"):
        np.testing.assert_array_equal(whole.batches[tensor], np.concatenate([part.batches[tensor] for part in parts]))
    assert not np.array_equal(parts[0].batches["K"], parts[1].batches["K"])


def rough(z, highest, xp):
    """An activation whose second derivative nobody wrote."""
    if highest > 1:
        raise ValueError("no second derivative")
    return xp.stack([xp.tanh(z), 1 - xp.tanh(z) ** 2][: highest + 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tensors": ("W",)}, "at least one of K, Theta"),
        ({"estimator": "best"}, "collapsed or directions or averaged or printed"),
        ({"batches": 1}, "at least 2 batches"),
        ({"tensors": ("P",), "activation": "relu"}, "not sampled for relu"),
        ({"tensors": ("P",), "widths": [4, 4, 4], "estimator": "averaged"}, "up to layer 3, not 4"),
        ({"tensors": ("V",), "estimator": "directions"}, "at least one of F, B, P, Q"),
        ({"tensors": ("R",), "activation": Activation("rough", rough)}, "need 3 derivatives of rough, which has fewer"),
        ({"widths": [4, 0]}, "one positive integer for each"),
        ({"networks": 10**9, "tensors": ("A",)}, "GiB are allowed|GiB, 4 are allowed; give fewer components or"),
        ({"tensors": ("Q",), "estimator": "printed"}, "prints no estimator"),
        ({"x": np.full((1, 2), np.inf)}, "x: NaN or infinity"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, message):
    arguments = {"x": np.eye(2), "activation": "gelu", "widths": [4, 4], "tensors": ("V",), **change}
    with pytest.raises(ValueError, match=message) as error:
        sample(**arguments)
    assert "\n" not in str(error.value)


def test_a_network_is_the_numbers_it_stands_for():
    network = Network(dense=2, nonlinearity="erf", weight_variance=1.3, bias_variance=0.1)
    options = {"tensors": "Theta1", "networks": 64, "batches": 2, "seed": 1}
    x = np.random.default_rng(0).normal(size=(2, 3))
    a = sample(x.reshape(2, 3, 1).tolist(), network=network, widths=np.array([4, 4]), **options)
    b = sample(x, "erf", [4, 4], c_w=1.3, c_b=0.1, lambda_w=1.3, lambda_b=0.1, **options)
    np.testing.assert_array_equal(a["Theta1"], b["Theta1"])
    for arguments, message in (
        ({"network": network}, "widths: missing"),
        ({"network": network, "widths": [4]}, "one positive integer for each of the 2 hidden layers"),
        ({"network": network, "widths": [4, 4], "c_w": 1.3}, "network and c_w: give either"),
        ({"widths": [4, 4]}, "activation: missing"),
        ({"network": Network(filters=(3,)), "widths": []}, "has filters"),
    ):
        with pytest.raises(InputError, match=message):
            sample(x, **arguments)

"""The solver against closed forms, published numbers, other libraries and symmetries."""

import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
import torch

from ntklab.errors import InputError, QuadratureError, QuadratureWarning
from ntklab.finite_width import TENSORS, leaky_relu, polynomial, solve
from ntklab.kernels import Network, mlp_kernel

G = np.array([
    [0.6540248765053858, -1.3592788739383235, -0.3791179316445409, 0.34191025226280697],
    [-0.6786403121150224, -0.12161213502515096, 0.21716372787141658, -1.4709063616118982],
    [0.2684047246058049, 0.19352982216329817, -0.18546381464689993, -0.8116446647575691],
    [0.06801939825322936, -0.25387687345791304, -0.8409923450288397, -0.6282339955619969],
])  # fmt: skip
R2 = np.array([
    [-0.9895229339599609, -0.5992491841316223], [-0.17877478897571564, 2.253682851791382],
    [1.0237634181976318, -0.4618060886859894], [-0.5364212393760681, 1.9298086166381836],
])  # fmt: skip
SMOOTH_SETTING = {"c_w": [1.3, 1.2, 1.4, 1.1], "c_b": 0.1, "lambda_w": 0.8, "lambda_b": [0.3, 0.2, 0.1, 0.4]}


def single(solution, tensor, layer):
    return float(solution[tensor][layer - 1].ravel()[0])


def test_deep_linear_networks_have_their_closed_forms():
    """C_W = lambda_W = 1, no bias, k = K = Theta at layer 1; off-diagonally V is
    (layer - 1)(K_13 K_24 + K_14 K_23)."""
    k = 0.7
    x = np.array([[np.sqrt(2 * k), 0.0]])
    found = solve(x, "identity", depth=8, tensors=TENSORS)
    for j in range(1, 9):
        closed = {
            "K": k, "Theta": j * k, "K1": 0, "Theta1": 0, "V": 2 * (j - 1) * k**2, "F": j * (j - 1) / 2 * k**2,
            "D": j * (j - 1) * k**2, "B": j * (j - 1) * (2 * j - 1) / 6 * k**2, "A": j * (j - 1) * (2 * j - 1) / 3 * k**2,
            "P": 0, "R": 0, "U": 0, "Q": (j + 1) * j * (j - 1) / 6 * k**2, "S": j**2 * (j**2 - 1) / 12 * k**2,
            "T": j**2 * (j**2 - 1) / 12 * k**2,
        }  # fmt: skip
        assert set(closed) == set(TENSORS)
        for tensor, value in closed.items():
            assert single(found, tensor, j) == pytest.approx(value, abs=1e-11 * j**4), (tensor, j)
    several = solve(G, "identity", depth=4, tensors=("K", "V", "K1", "Theta1"))
    K = several["K"][0]
    expected = 3 * (np.einsum("ac,bd->abcd", K, K) + np.einsum("ad,bc->abcd", K, K))
    np.testing.assert_allclose(several["V"][3], expected, atol=1e-12)
    assert np.abs(several["K1"][3]).max() < 1e-12 and np.abs(several["Theta1"][3]).max() < 1e-12


def test_unequal_widths_of_a_deep_linear_network():
    """V at layer l over n_{l-1} is 2 k^2 sum_{i<l} 1/n_i: every hidden layer adds its own fluctuation."""
    widths = [3, 5, 40, 8]
    found = solve(np.array([[1.0]]), "identity", depth=5, widths=widths, tensors=("V",))
    for layer in range(2, 6):
        expected = 2 * widths[layer - 2] * sum(1 / n for n in widths[: layer - 1])
        assert single(found, "V", layer) == pytest.approx(expected, rel=1e-12)


def test_a_single_input_of_relu_networks_has_its_closed_forms():
    k, t = 2 * 1.69, 1.69
    found = solve(np.array([[1.3]]), "relu", depth=8, c_w=2.0, tensors=("K", "Theta", "V", "F", "D", "B", "A"))
    for j in range(1, 9):
        closed = {
            "K": k, "Theta": j * t, "V": 5 * (j - 1) * k**2, "F": j * (j - 1) * t * k, "D": 3 * j * (j - 1) * t * k,
            "B": j * (j - 1) * (2 * j - 1) / 3 * t**2, "A": j * (j - 1) * (7 * j - 2) / 3 * t**2,
        }  # fmt: skip
        for tensor, value in closed.items():
            assert single(found, tensor, j) == pytest.approx(value, rel=1e-9, abs=1e-12), (tensor, j)


@pytest.mark.parametrize("activation", ["relu", leaky_relu(0.1), leaky_relu(-0.4), "identity"])
@pytest.mark.parametrize("biases", [{}, {"c_b": 0.3, "lambda_b": 0.2}])
def test_scale_invariant_activations_have_no_correction_at_single_inputs(activation, biases):
    found = solve(R2[:3], activation, depth=6, c_w=1.7, tensors=("K1", "Theta1", "K"), **biases)
    for layer in range(6):
        scale = np.abs(found["K"][layer]).max()
        assert np.abs(np.diagonal(found["K1"][layer])).max() < 1e-12 * scale
        assert np.abs(np.diagonal(found["Theta1"][layer])).max() < 1e-11 * max(scale, 1)
        if layer >= 2 and activation != "identity":
            assert np.abs(found["K1"][layer]).max() > 1e-3


def test_published_numbers_of_a_single_tanh_input():
    found = solve(np.full((1, 4), np.sqrt(0.345)), "tanh", depth=3, tensors=("K", "Theta", "V", "D", "F"))
    for tensor, values in {"K": [0.345, 0.2167828, 0.1563416], "Theta": [0.345, 0.4447958, 0.4859379]}.items():
        assert [single(found, tensor, layer) for layer in (1, 2, 3)] == pytest.approx(values, abs=6e-8)
    for tensor, value in {"V": 0.0474781, "D": 0.0255776, "F": 0.0275288}.items():
        assert single(found, tensor, 2) == pytest.approx(value, abs=6e-8)


def test_the_papers_gelu_figures():
    """Lines of Figs. 4 to 10, to reading accuracy."""
    found = solve(G, "gelu", depth=4, c_w=1.98305826, tensors=("K", "Theta", "K1", "Theta1", "V", "A", "B", "D", "F"))
    layer4 = {tensor: layers[3] for tensor, layers in found.items()}
    assert layer4["K"][0, :2] == pytest.approx([0.780, 0.263], abs=1e-3)
    assert layer4["Theta"][0, :2] == pytest.approx([1.749, 0.177], abs=1e-3)
    assert layer4["K1"][0, :2] == pytest.approx([0.755, -0.69], abs=5e-3)
    assert layer4["Theta1"][0, :2] == pytest.approx([1.41, -0.325], abs=5e-3)
    components = [(0, 0, 0, 0), (0, 0, 1, 1), (0, 0, 2, 2), (0, 0, 2, 3), (0, 1, 0, 1), (0, 1, 0, 3)]
    for tensor, values in {
        "V": [15, -0.16, -0.02, 0.19, 2.3, 1.07], "A": [37, -2.0, -0.2, 0.35, 1.15, 0.77],
        "B": [6.2, 0.03, 0.002, 0.0005, 2.8, 0.47], "D": [22, -0.7, -0.07, 0.22, 1.6, 1.04],
        "F": [6.2, -0.04, -0.006, 0.09, 2.5, 0.45],
    }.items():  # fmt: skip
        assert [layer4[tensor][c] for c in components] == pytest.approx(values, rel=0.05, abs=0.005), tensor


def test_leading_order_of_the_papers_relu_figures():
    """Relative corrections at n = 10, layer 4, inputs R2: Figs. 22 and 3, and our own number for Fig. 24."""
    for activation, K01, theta01 in (("relu", 1.718, 1.207), (leaky_relu(0.1), 1.804, 1.615)):
        found = solve(R2, activation, depth=4, c_w=2.0, tensors=("K", "Theta", "K1", "Theta1"))
        assert -found["K1"][3][0, 1] / found["K"][3][0, 1] == pytest.approx(K01, abs=1e-3)
        assert -found["Theta1"][3][0, 1] / found["Theta"][3][0, 1] == pytest.approx(theta01, abs=1e-3)


@pytest.mark.parametrize("activation", ["relu", "erf", "gelu"])
def test_infinite_width_is_that_of_the_kernels(activation):
    """The kernel's parameters have unit variance: its Theta is C_w times the solver's without biases."""
    found = solve(G, activation, depth=3, c_w=1.6, tensors=("K", "Theta"))
    network = Network([], 2, activation, weight_variance=1.6)
    nngp, ntk = mlp_kernel(network, G)
    np.testing.assert_allclose(found["K"][2], nngp, rtol=1e-7)
    np.testing.assert_allclose(1.6 * found["Theta"][2], ntk, rtol=1e-7)


def test_symmetries():
    found = solve(G[:3], "gelu", depth=4, widths=[4, 7, 5], tensors=TENSORS, **SMOOTH_SETTING)
    exchanges = {
        "V": ("bacd", "abdc", "cdab"), "A": ("bacd", "abdc", "cdab"), "D": ("bacd", "abdc"), "F": ("cdab",),
        "B": ("badc", "cdab"), "P": ("acbd",), "R": ("abdc",), "S": ("badc",), "T": ("cdab",), "U": ("cdab",),
    }  # fmt: skip
    for tensor, forms in exchanges.items():
        X = found[tensor][3]
        for form in forms:
            np.testing.assert_allclose(np.einsum(f"abcd->{form}", X), X, atol=1e-11 * np.abs(X).max(), err_msg=tensor)
    for tensor in ("K", "Theta", "K1", "Theta1"):
        np.testing.assert_allclose(found[tensor][3], found[tensor][3].T, atol=1e-12)
    assert not np.allclose(found["Q"][3], found["Q"][3].transpose(0, 2, 1, 3))


def test_polynomials_need_no_more_nodes():
    found = solve(
        G, polynomial([0, 1, 0.3, 0.1]), depth=3, tensors=TENSORS, **{**SMOOTH_SETTING, "c_w": 0.6, "lambda_b": 0}
    )
    assert max(found.errors.values()) < 1e-10


def test_doubling_the_nodes_confirms_the_reported_error():
    found = solve(G, "gelu", depth=4, c_w=1.98305826, tensors=TENSORS, nodes=12, tolerance=1e-3)
    finer = solve(G, "gelu", depth=4, c_w=1.98305826, tensors=TENSORS, nodes=32, tolerance=1.0)
    assert found.nodes == 24 and finer.nodes == 64
    for tensor in TENSORS:
        scale = np.abs(finer[tensor][3]).max()
        assert np.abs(found[tensor][3] - finer[tensor][3]).max() <= max(found.errors[tensor], 1e-12) * scale


def test_only_what_is_asked_is_computed(monkeypatch):
    from ntklab.finite_width import recursions

    for tensor in ("A", "B", "P", "Q", "R", "S", "T", "U"):
        monkeypatch.setitem(recursions.RECURSIONS, tensor, recursions.RECURSIONS[tensor]._replace(terms=None))
    found = solve(G[:2], "gelu", depth=4, tensors=("Theta1",))
    assert list(found) == ["Theta1"] and len(found["Theta1"]) == 4


def test_relu_at_depth_thirty_agrees_with_an_independent_way_at_a_single_direction():
    """Parallel inputs are one direction: x and 2 x scale by powers of two, exactly, at every depth."""
    x = R2[:1]
    found = solve(np.concatenate([x, 2 * x]), "relu", depth=30, c_w=2.0, tensors=("V", "D", "F", "Theta1"))
    for tensor in ("V", "D", "F"):
        X = found[tensor][29]
        for index in np.ndindex(2, 2, 2, 2):
            assert X[index] == pytest.approx(2 ** sum(index) * X[0, 0, 0, 0], rel=1e-10)
    assert np.abs(found["Theta1"][29]).max() < 1e-9


# ---- depth 30 in forty digits ----
#
# V goes from layer to layer by the derivative of the map K -> K', K1 by its second derivative: no slots, no Price's theorem.

DEPTH, DIGITS = 30, 40
PAIRS = ((0, 0), (0, 1), (1, 1))


@pytest.fixture
def forty_digits():
    with mp.workdps(DIGITS):
        yield


def precise(covariance, theta, dual, slope, fourth, c_w, c_b, lambda_b=0.0):
    """Layers of (K, Theta, V, K1) for pairs of two inputs, from <s s>, <s' s'> and <s s s s> of a covariance (aa, ab, bb)."""
    K, theta, V, K1 = list(covariance), list(theta), mp.zeros(3), mp.zeros(3, 1)
    layers = [(K, theta, V, K1)]
    for _ in range(DEPTH - 1):
        step = [(lambda *at, p=p: c_b + c_w * dual(at, p)) for p in PAIRS]
        jacobian = mp.matrix([[mp.diff(f, K, _order(q)) for q in range(3)] for f in step])
        hessians = [{(q, r): mp.diff(f, K, _order(q, r)) for q in range(3) for r in range(q, 3)} for f in step]
        means = [dual(K, p) for p in PAIRS]
        local = [[fourth(K, p + q) - means[i] * means[j] for j, q in enumerate(PAIRS)] for i, p in enumerate(PAIRS)]
        curved = mp.matrix([sum(h * V[q, r] / (1 + (q == r)) for (q, r), h in H.items()) for H in hessians])
        K1, V = jacobian * K1 + curved, c_w**2 * mp.matrix(local) + jacobian * V * jacobian.T
        theta = [lambda_b + m + c_w * t * slope(K, p) for m, t, p in zip(means, theta, PAIRS, strict=True)]
        K = [f(*K) for f in step]
        layers.append((K, theta, V, K1))
    return layers


def _order(*variables):
    """Orders of a partial derivative with respect to the three entries of K."""
    return tuple(variables.count(v) for v in range(3))


def _block(K, pair):
    """Variances and covariance of a pair of inputs."""
    aa, ab, bb = K
    return {(0, 0): (aa, aa, aa), (0, 1): (aa, ab, bb), (1, 1): (bb, bb, bb)}[pair]


def relu_dual(K, pair):
    aa, ab, bb = _block(K, pair)
    if pair != (0, 1):
        return aa / 2
    return (mp.sqrt(aa * bb - ab**2) + (mp.pi - mp.acos(ab / mp.sqrt(aa * bb))) * ab) / (2 * mp.pi)


def relu_slope(K, pair):
    aa, ab, bb = _block(K, pair)
    return mp.mpf(1) / 2 if pair != (0, 1) else (mp.pi - mp.acos(ab / mp.sqrt(aa * bb))) / (2 * mp.pi)


def relu_fourth(K, inputs):
    """<s s s s> in polar coordinates: <r^4> = 8, and both inputs positive on an arc."""
    aa, ab, bb = K
    p, q = inputs.count(0), inputs.count(1)
    if p == 0 or q == 0:
        return 3 * (aa if p else bb) ** 2 / 2
    angle = mp.acos(ab / mp.sqrt(aa * bb))
    arc = mp.quad(lambda phi: mp.cos(phi) ** p * mp.cos(phi - angle) ** q, [angle - mp.pi / 2, mp.pi / 2])
    return 8 * mp.sqrt(aa) ** p * mp.sqrt(bb) ** q * arc / (2 * mp.pi)


def assert_as_precise(found, layers, tolerance):
    """Relative to the layer's largest entry."""
    for layer, (K, theta, V, K1) in enumerate(layers):
        for tensor, expected in (("K", K), ("Theta", theta), ("K1", K1), ("V", V)):
            X = found[tensor][layer]
            indices = PAIRS if tensor != "V" else [p + q for p in PAIRS for q in PAIRS]
            values = np.array([X[index] for index in indices])
            exact = np.array([float(value) for value in expected])
            np.testing.assert_allclose(
                values,
                exact,
                rtol=0,
                atol=tolerance * max(np.abs(exact).max(), 1e-300),
                err_msg=f"{tensor}, {layer + 1}",
            )


@pytest.mark.usefixtures("forty_digits")
def test_relu_at_depth_thirty_is_that_of_forty_digits():
    """Where inputs have become almost parallel, and derivatives of the closed forms large against their differences."""
    x = R2[:2]
    found = solve(x, "relu", depth=DEPTH, c_w=2.0, tensors=("K", "Theta", "V", "K1"))
    gram = [mp.mpf(float(found["Theta"][0][p])) for p in PAIRS]
    layers = precise([2 * g for g in gram], gram, relu_dual, relu_slope, relu_fourth, 2, 0)
    assert_as_precise(found, layers, 1e-9)


def erf_dual(K, pair):
    aa, ab, bb = _block(K, pair)
    return 2 / mp.pi * mp.asin(2 * ab / mp.sqrt((1 + 2 * aa) * (1 + 2 * bb)))


def erf_slope(K, pair):
    aa, ab, bb = _block(K, pair)
    return 4 / (mp.pi * mp.sqrt((1 + 2 * aa) * (1 + 2 * bb) - 4 * ab**2))


@pytest.mark.usefixtures("forty_digits")
def test_erf_at_depth_thirty_is_that_of_forty_digits():
    """K and Theta of two inputs; V and K1 of one, whose <s^4> is an integral in one dimension."""
    c_w, c_b, lambda_b = 1.3, 0.1, 0.3
    found = solve(
        R2[:2],
        "erf",
        depth=DEPTH,
        c_w=c_w,
        c_b=c_b,
        lambda_b=lambda_b,
        tensors=("K", "Theta", "V", "K1"),
        tolerance=1e-8,
    )
    K = [mp.mpf(float(found["K"][0][p])) for p in PAIRS]
    theta = [mp.mpf(float(found["Theta"][0][p])) for p in PAIRS]
    V = K1 = mp.mpf(0)
    for layer in range(DEPTH):
        for tensor, expected in (("K", K), ("Theta", theta)):
            assert [found[tensor][layer][p] for p in PAIRS] == pytest.approx([float(e) for e in expected], rel=1e-10)
        assert found["V"][layer][0, 0, 0, 0] == pytest.approx(float(V), rel=1e-7, abs=1e-15)
        assert found["K1"][layer][0, 0] == pytest.approx(float(K1), rel=1e-7, abs=1e-15)
        variance = K[0]
        own = [mp.diff(lambda k: c_w * erf_dual((k, k, k), (0, 0)), variance, order) for order in (1, 2)]
        K1, V = own[0] * K1 + own[1] * V / 2, c_w**2 * _erf_fourth(variance) + own[0] ** 2 * V
        theta = [lambda_b + erf_dual(K, p) + c_w * t * erf_slope(K, p) for p, t in zip(PAIRS, theta, strict=True)]
        K = [c_b + c_w * erf_dual(K, p) for p in PAIRS]


def _erf_fourth(variance):
    """<s^4> - <s^2>^2 at one input."""
    root = mp.sqrt(variance)
    density = lambda y: mp.exp(-(y**2) / 2) * mp.sqrt(2 / mp.pi)  # noqa: E731
    fourth = mp.quad(lambda y: mp.erf(root * y) ** 4 * density(y), [0, 2, 5, 14])
    return fourth - erf_dual((variance,) * 3, (0, 0)) ** 2


# ---- large variances, and what the errors are worth ----


def tanh_moment(variance, power, order=0):
    """<tanh^power> or <(tanh')^power> at one input, with nodes where tanh bends."""
    root = mp.sqrt(variance)
    edges = sorted({0, *(e / root for e in (1, 3, 8, 25)), 3, 8, 14})

    def integrand(y):
        t = mp.tanh(root * y)
        return (1 - t * t if order else t) ** power * mp.exp(-(y**2) / 2) * mp.sqrt(2 / mp.pi)

    return mp.quad(integrand, edges)


def test_tanh_at_a_large_weight_variance_is_that_of_many_digits():
    """c_w = 50, one input; the kernels of the erf test above, by one-dimensional integrals."""
    c_w, depth = 50.0, 4
    found = solve(G[:1], "tanh", depth=depth, c_w=c_w, tensors=("K", "Theta", "V", "K1"))
    assert max(found.errors.values()) < 1e-6
    with mp.workdps(20):
        K, theta, V, K1 = mp.mpf(float(found["K"][0][0, 0])), mp.mpf(float(found["Theta"][0][0, 0])), 0, 0
        for layer in range(depth):
            for tensor, expected in (("K", K), ("Theta", theta), ("V", V), ("K1", K1)):
                assert single(found, tensor, layer + 1) == pytest.approx(float(expected), rel=1e-8, abs=1e-12), tensor
            mean, slope = tanh_moment(K, 2), tanh_moment(K, 2, 1)
            own = [c_w * mp.diff(lambda k: tanh_moment(k, 2), K, order, h=mp.mpf("1e-4")) for order in (1, 2)]
            K1, V = own[0] * K1 + own[1] * V / 2, c_w**2 * (tanh_moment(K, 4) - mean**2) + own[0] ** 2 * V
            K, theta = c_w * mean, mean + c_w * theta * slope


def test_tanh_tends_to_the_sign():
    """The arcsine kernel: K = c_w (2/pi) arcsin(correlation), with corrections of the order of one over the deviation."""
    c_w = 1e6
    found = solve(G[:2], "tanh", depth=3, c_w=c_w, tensors=("K",))
    for before, after in zip(found["K"][:-1], found["K"][1:], strict=True):
        correlation = before / np.sqrt(np.outer(before.diagonal(), before.diagonal()))
        np.testing.assert_allclose(after / c_w, 2 / np.pi * np.arcsin(np.clip(correlation, -1, 1)), atol=3e-3)


def test_errors_above_the_tolerance_are_said_and_wrong_numbers_are_not_returned(monkeypatch):
    monkeypatch.setattr("ntklab.finite_width.solver.MAX_NODES", 1)
    with pytest.warns(QuadratureWarning, match="Theta1 changes by .* more than tolerance=1e-06"):
        solve(G[:2], "gelu", nodes=4)
    with pytest.raises(QuadratureError, match=r"no number is returned above 0.01") as error:
        solve(G[:2], "tanh", nodes=2)
    assert isinstance(error.value, InputError) and isinstance(error.value, ArithmeticError)
    assert "\n" not in str(error.value)
    assert solve(G[:2], "tanh", nodes=2, tolerance=np.inf).errors["Theta1"] > 1e-2


def test_rounding_errors_of_zero_are_no_errors():
    found = solve(R2[:1], "relu", depth=6, c_w=2.0, tensors=("K1", "Theta1"))
    assert max(found.errors.values()) < 1e-6


# ---- what is taken in ----


@pytest.mark.parametrize("activation", ["gelu", "relu", "tanh", polynomial([0, 1, 0.2])], ids=str)
def test_a_network_is_the_same_to_the_solver_and_to_the_kernels(activation):
    network = Network(dense=3, nonlinearity=activation, weight_variance=1.7, bias_variance=0.2)
    x = G.reshape(4, 2, 2)
    nngp, ntk = mlp_kernel(network, x)
    found = solve(x, network=network, tensors=("K", "Theta"))
    assert len(found["K"]) == 4
    np.testing.assert_allclose(found["K"][-1], nngp, rtol=1e-9)
    np.testing.assert_allclose(found["Theta"][-1], ntk, rtol=1e-9)


def test_a_network_is_the_numbers_it_stands_for():
    network = Network(dense=2, nonlinearity="gelu", weight_variance=1.7, bias_variance=0.2)
    numbers = {"c_w": 1.7, "c_b": 0.2, "lambda_w": 1.7, "lambda_b": 0.2}
    for tensor in ("Theta1", "A"):
        a = solve(G[:2], network=network, widths=[1, 3], tensors=tensor)
        b = solve(G[:2], "gelu", 3, [1, 3], tensors=tensor, **numbers)
        np.testing.assert_array_equal(a[tensor], b[tensor])


@pytest.mark.parametrize(
    "change",
    [
        {"x": G.tolist()},
        {"x": jnp.asarray(G.astype(np.float32))},
        {"x": torch.tensor(G, requires_grad=True)},
        {"x": G.reshape(4, 2, 2)},
        {"x": G.astype(np.float16)},
        {"tensors": "Theta1"},
        {"depth": np.int64(3)},
        {"widths": np.array([5, 5])},
        {"c_w": np.array([1.0, 1.0, 1.0])},
        {"c_w": np.float32(1)},
    ],
    ids=lambda change: f"{next(iter(change))}-{type(next(iter(change.values()))).__name__}",
)
def test_what_stands_for_the_same_is_taken(change):
    expected = solve(G, "erf", depth=3)["Theta1"][-1]
    found = solve(**{"x": G, "activation": "erf", "depth": 3, **change})["Theta1"][-1]
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=2e-2 if "x" in change else 1e-12)


def test_corrected_kernels_and_how_a_solution_reads():
    found = solve(G[:2], "gelu", depth=3, tensors=("K", "K1", "Theta", "Theta1"))
    K, theta = found.corrected(50)
    np.testing.assert_allclose(K[2], found["K"][2] + found["K1"][2] / 50)
    np.testing.assert_allclose(theta[1], found["Theta"][1] + found["Theta1"][1] / 50)
    np.testing.assert_allclose(found.corrected([10, 50]).K[1], found["K"][1] + found["K1"][1] / 10)
    only = solve(G[:2], "gelu", depth=3, tensors=("Theta", "Theta1"))
    assert only.corrected(np.int64(50)).K is None
    text = repr(found)
    assert text.splitlines()[0] == f"Solution: 3 layers, 2 inputs, {found.nodes} nodes"
    assert "Theta1 (2, 2)" in text and len(text.splitlines()) == 5
    assert found._repr_html_().count("<tr>") == 5
    for n in (0, [10], -1.0):
        with pytest.raises(InputError, match="width of the hidden layers, positive"):
            found.corrected(n)
    with pytest.raises(InputError, match=r'tensors=\("K", "K1", "Theta", "Theta1"\)'):
        solve(G[:2], "gelu", depth=3, tensors=("K", "Theta1")).corrected(50)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tensors": ("Theta2",)}, "at least one of K, Theta, V"),
        ({"tensors": ()}, "at least one of K, Theta, V"),
        ({"activation": "swish"}, "unknown activation 'swish'; known: "),
        ({"activation": None}, "activation: missing; give an activation, or network="),
        ({"depth": 0}, "depth=0: at least 1"),
        ({"depth": True}, "depth=True: at least 1"),
        ({"depth": 3.0}, "depth=3.0: at least 1"),
        ({"widths": [3, 4]}, "each of the 3 hidden layers"),
        ({"widths": [3, 4, 2.5]}, "each of the 3 hidden layers"),
        ({"c_w": 0.0}, "weight variance is positive"),
        ({"c_b": -1.0}, "c_b=-1.0: one number >= 0"),
        ({"lambda_w": [1.0, 1.0]}, "one for each of the 4 layers"),
        ({"x": np.full((1, 2), np.nan)}, "x: NaN or infinity"),
        ({"x": np.ones(3)}, r"x: shape \(3,\); expected shape \(n, n0, ...\)"),
        ({"x": np.ones((3, 0))}, r"x: shape \(3, 0\): an axis is empty"),
        ({"x": np.ones((0, 3))}, r"x: shape \(0, 3\): an axis is empty"),
        ({"x": np.ones((3, 2)) * 1j}, "x: complex numbers"),
        ({"x": [[1.0, 2], [3]]}, "x: rows of different lengths"),
        ({"activation": "relu", "tensors": ("V", "S", "T")}, "S, T diverge for relu"),
        ({"activation": "relu", "x": np.zeros((1, 2)), "tensors": ("V",)}, "zero input without bias"),
        ({"network": Network(dense=1)}, "network and activation: give either"),
        ({"network": Network(dense=1), "activation": None, "c_w": 2.0}, "network and c_w: give either"),
        ({"network": Network(filters=(3,)), "activation": None}, "has filters; finite width"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, message):
    arguments = {"x": G, "activation": "gelu", "tensors": ("V",), **change}
    with pytest.raises(InputError, match=message) as error:
        solve(**arguments)
    assert "\n" not in str(error.value)

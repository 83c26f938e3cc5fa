"""The trained mean at order 1/n: against sums over time grids, formal expectations of the hierarchy, an exact model, symmetry.

`hierarchy` is training of one network to third order in its own tensors. It agrees with the training of a sampled network,
and its expectation to order 1/n, taken by automatic differentiation, with the closed forms.
"""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64
from jax.flatten_util import ravel_pytree
from numpy.polynomial.hermite_e import hermegauss

from ntklab import network as networks
from ntklab.errors import InputError, QuadratureError, QuadratureWarning
from ntklab.finite_width import TENSORS, polynomial, solve
from ntklab.finite_width.training import SOURCES, ExpansionWarning, correction, mean_correction
from ntklab.kernels import Dynamics

SETTING = {"depth": 3, "c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
"""Constants that are all different."""
LABELS = np.array([1.0, -0.5])
ein = partial(np.einsum, optimize=True)


def inputs(number: int = 3, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(number, 3))


def steps(learning_rate: float, loss: str = "sum") -> Dynamics:
    return Dynamics(learning_rate=learning_rate, loss=loss)


def everywhere(result, time: int = 0) -> dict[str, np.ndarray]:
    """Source -> values at training and test points."""
    return {s: np.concatenate([result.train.sources[s][time], result.test.sources[s][time]]) for s in result.sources}


def combinations(x: np.ndarray, **setting) -> dict[str, np.ndarray]:
    """The tensors of `solve` as one output sees them."""
    found = solve(x, "gelu", tensors=TENSORS, nodes=24, **{**SETTING, **setting})
    T = {name: found[name][-1] for name in TENSORS}
    swap, last = (partial(np.einsum, f"{order}->abcd") for order in ("acbd", "adbc"))
    T["C"] = T["A"] + swap(T["B"]) + last(T["B"])
    T["W"] = T["P"] + T["Q"] + swap(T["Q"])
    T["I"] = T["R"] + swap(T["R"]) + last(T["R"])
    T["II"] = T["S"] + swap(T["T"]) + last(T["U"])
    T["E"] = T["I"] + T["II"] + swap(T["II"])
    return T


# ---- on a grid of times ----


def on_a_grid(T: dict[str, np.ndarray], y: np.ndarray, time: float, intervals: int) -> tuple[dict, np.ndarray]:
    """The spec's section 9.1 as it stands, integrals by the trapezoid rule: sources at all points, drift."""
    tr = slice(0, len(y))
    H, K, theta = T["Theta"][tr, tr], T["K"][tr, tr], T["Theta"][:, tr]
    s = np.linspace(0, time, intervals + 1)
    values, vectors = np.linalg.eigh(H)
    safe = np.where(np.abs(values) < 1e-12, 1, values)
    fraction = np.where(np.abs(values) < 1e-12, s[:, None], -np.expm1(-np.outer(s, safe)) / safe)
    g = ein("ia,ta,ja->tij", vectors, np.exp(-np.outer(s, values)), vectors)
    G = ein("ia,ta,ja->tij", vectors, fraction, vectors)
    gy, Gy = g @ y, G @ y
    V, E = T["W"] + T["W"].swapaxes(0, 1), T["E"] + T["E"].swapaxes(0, 1)

    def integral(f):
        return (s[1] - s[0]) * (f.sum(axis=0) - (f[0] + f[-1]) / 2) if len(f) > 1 else 0 * f[0]

    S = {source: np.zeros((len(s), len(theta))) for source in SOURCES}
    for k in range(len(s)):
        before = slice(0, k + 1)
        S["Theta1"][k] = -T["Theta1"][:, tr] @ gy[k]
        S["AB"][k] = ein(
            "dabc,abc->d", T["C"][:, tr, tr, tr], integral(ein("sab,sc->sabc", g[before][::-1], gy[before]))
        )
        S["PQ"][k] = ein("dabc,bc,a->d", V[:, tr, tr, tr], G[k], gy[k]) + ein(
            "dabc,b,ac->d", V[:, tr, tr, tr], Gy[k], g[k]
        )
        products = ein("sc,sb,a->sabc", Gy[before], gy[before], gy[k]) + ein(
            "scb,a->sabc", G[before] @ K @ g[before], gy[k]
        )
        products += ein("sca,sb->sabc", G[before] @ K @ g[k], gy[before]) + ein(
            "sba,sc->sabc", g[before] @ K @ g[k], Gy[before]
        )
        S["ddNTK"][k] = -ein("dabc,abc->d", E[:, tr, tr, tr], integral(products))
    moved = {
        source: -integral(value - ein("da,sab,sb->sd", theta, G[::-1], value[:, tr])) for source, value in S.items()
    }
    second = integral(ein("sb,sc->sbc", gy, Gy) + g @ K @ G)
    return moved, -ein("pqbc,bc->pq", V[:, :, tr, tr], G[-1]) + ein("pqbc,bc->pq", E[:, :, tr, tr], second)


@pytest.mark.parametrize("repeated", [False, True])
def test_the_flow_is_the_formula_on_a_grid_of_times(repeated):
    """The trapezoid rule is extrapolated; a training point given twice makes the training NTK singular."""
    x, y, time = inputs(), LABELS, 0.9
    if repeated:
        x, y = x[[0, 1, 0, 2]], np.array([1.0, -0.5, 0.4])
    T = combinations(x, widths=[3, 5])
    coarse, fine = (on_a_grid(T, y, time, n) for n in (150, 300))
    found = mean_correction(
        x[: len(y)],
        y,
        x[len(y) :],
        [time],
        "gelu",
        widths=[3, 5],
        dynamics=Dynamics(kind="flow", loss="sum"),
        **SETTING,
    )
    size = max(np.abs(value).max() for value in fine[0].values())
    for source, value in everywhere(found).items():
        np.testing.assert_allclose(value, (4 * fine[0][source] - coarse[0][source]) / 3, atol=2e-7 * size)
    drift = (4 * fine[1] - coarse[1]) / 3
    np.testing.assert_allclose(found.drift[0], drift, atol=2e-7 * np.abs(drift).max())


def test_the_errors_are_those_of_the_quadrature():
    x = inputs(5)
    arguments = (x[:4], np.array([0.3, -1.0, 0.7, 0.2]), x[4:], [0.5, 3.0, np.inf], "gelu")
    exact = mean_correction(*arguments, tolerance=2e-9, **SETTING)
    size = max(np.abs(np.concatenate([value, exact.train.sources[s]], 1)).max() for s, value in exact.sources.items())
    for nodes in (16, 20):
        found = mean_correction(*arguments, nodes=nodes, tolerance=1.0, **SETTING)
        for source in SOURCES:
            for mine, best in ((found.test, exact.test), (found.train, exact.train)):
                error = np.abs(mine.sources[source] - best.sources[source]).max() / size
                assert error <= found.errors[source] + exact.errors[source]
        change = np.abs(found.drift - exact.drift).max() / np.abs(exact.drift).max()
        assert change <= found.errors["drift"] + exact.errors["drift"]
    assert max(exact.errors.values()) <= 2e-9


# ---- one network, and the expectation of its hierarchy ----


def hierarchy(z, theta, d, dd1, dd2, y, learning_rate: float, number: int):
    """Outputs and NTK after steps of gradient descent, to third order in derivatives: NTK, dNTK and both ddNTK."""
    tr, e = slice(0, len(y)), jnp.einsum
    for _ in range(number):
        eps = learning_rate * (z[tr] - y)
        change = dd1 + dd2 + dd2.swapaxes(1, 2)
        twice = (dd1 + dd1.swapaxes(0, 1)) / 2 + dd2
        z = (
            z
            - theta[:, tr] @ eps
            + e("dab,a,b->d", d[:, tr, tr], eps, eps) / 2
            - e("dabc,a,b,c->d", dd1[:, tr, tr, tr], eps, eps, eps) / 6
        )
        theta = theta - (d + d.swapaxes(0, 1))[:, :, tr] @ eps + e("pqab,a,b->pq", twice[:, :, tr, tr], eps, eps)
        d = d - change[..., tr] @ eps
    return z, theta


def directional(function, direction):
    """The derivative along a vector field."""
    return lambda p: jax.jvp(function, (p,), (direction(p),))[1]


class Network:
    """A sampled tanh network with one output: outputs at all inputs as a function of all parameters, and its own tensors."""

    def __init__(self, x: np.ndarray, sizes=(3, 2, 3, 1)):
        rng = np.random.default_rng(0)
        layers = [(1.1 * rng.normal(size=(b, a)), 0.3 * rng.normal(size=b)) for a, b in itertools.pairwise(sizes)]
        self.start, self.unravel = ravel_pytree([tuple(map(jnp.asarray, layer)) for layer in layers])
        self.rates, _ = ravel_pytree([(np.full(W.shape, 0.8), np.full(b.shape, 0.3)) for W, b in layers])
        self.x = jnp.asarray(x)

    def ntk(self, parameters):
        jacobian = jax.jacrev(self.outputs)(parameters)
        return (self.rates * jacobian) @ jacobian.T

    def outputs(self, parameters):
        z = self.x
        for number, (W, b) in enumerate(self.unravel(parameters)):
            z = b + (jnp.tanh(z) if number else z) @ W.T / np.sqrt(W.shape[1])
        return z[:, 0]

    def velocity(self, parameters, y):
        """Of the parameters under gradient flow."""
        return -self.rates * jax.grad(lambda p: jnp.sum((self.outputs(p)[: len(y)] - y) ** 2) / 2)(parameters)

    def trained(self, y, learning_rate: float, number: int):
        parameters = self.start
        for _ in range(number):
            parameters = parameters + learning_rate * self.velocity(parameters, y)
        return self.outputs(parameters), self.ntk(parameters)

    def tensors(self):
        """NTK, dNTK, ddNTK_I and ddNTK_II."""
        jacobian = jax.jacrev(self.outputs)
        v = self.rates * jacobian(self.start)

        def along(f, *directions):
            for direction in directions:
                f = directional(f, lambda _, u=direction: u)
            return f(self.start)

        slots = jnp.arange(len(v))
        d = jnp.stack([jnp.stack([along(self.outputs, v[a], v[b]) for b in slots], -1) for a in slots], 1)
        dd1 = jnp.stack(
            [
                jnp.stack([jnp.stack([along(self.outputs, v[a], v[b], v[c]) for c in slots], -1) for b in slots], 1)
                for a in slots
            ],
            1,
        )
        curved = jnp.stack([along(jacobian, v[a]) for a in slots])
        dd2 = jnp.einsum("aip,p,bjp->ijab", curved, self.rates, curved)
        return jacobian(self.start) @ v.T, d, dd1, dd2


def test_training_of_one_network_is_its_hierarchy_to_third_order_in_the_learning_rate(number=2):
    """The NTK to second order: its third involves derivatives of the ddNTK."""
    with enable_x64(True):
        network = Network(inputs())
        z, tensors = network.outputs(network.start), jax.jit(network.tensors)()
        actual = lambda rate: network.trained(LABELS, rate, number)  # noqa: E731
        formal = lambda rate: hierarchy(z, *tensors, LABELS, rate, number)  # noqa: E731
        for order in range(4):
            found, exact = jax.jit(formal)(0.0), jax.jit(actual)(0.0)
            for mine, theirs in list(zip(found, exact, strict=True))[: 2 if order < 3 else 1]:
                np.testing.assert_allclose(mine, theirs, atol=1e-13 * np.abs(theirs).max())
            actual, formal = jax.jacfwd(actual), jax.jacfwd(formal)


def test_the_flow_of_one_network_is_its_hierarchy_to_third_order_in_time():
    """d^k z/dt^k at t = 0."""
    with enable_x64(True):
        network = Network(inputs())
        z, tensors = network.outputs(network.start), jax.jit(network.tensors)()
        tr, eps = slice(0, 2), z[:2] - LABELS
        function, actual = network.outputs, []
        for _ in range(3):
            function = directional(function, lambda p: network.velocity(p, LABELS))
            actual.append(jax.jit(function)(network.start))
        theta, d, dd1, dd2 = tensors
        moved = theta[:, tr] @ eps
        change = jnp.einsum("pqa,a->pq", (d + d.swapaxes(0, 1))[:, :, tr], eps)
        both = dd1 + dd2 + dd2.swapaxes(1, 2)
        both = jnp.einsum("pqab,a,b->pq", (both + both.swapaxes(0, 1))[:, :, tr, tr], eps, eps)
        slower = jnp.einsum("pqa,a->pq", (d + d.swapaxes(0, 1))[:, :, tr], moved[tr])
        second = change[:, tr] @ eps + theta[:, tr] @ moved[tr]
        third = -both[:, tr] @ eps - slower[:, tr] @ eps - 2 * change[:, tr] @ moved[tr] - theta[:, tr] @ second[tr]
    for formal, exact in zip((-moved, second, third), actual, strict=True):
        np.testing.assert_allclose(formal, exact, atol=1e-13 * np.abs(exact).max())


def formal_expectation(T: dict[str, np.ndarray], y: np.ndarray, learning_rate: float, number: int) -> dict:
    """Source -> its part of n E[outputs, NTK] of the hierarchy at order 1/n.

    Derivatives with respect to the fluctuating tensors, averaged over z.
    """
    zero = [jnp.zeros((len(T["K"]),) * slots) for slots in (3, 4, 4)]
    size = len(T["K"])

    def moved(z, theta, d, dd1, dd2):
        z, theta = hierarchy(z, theta, d, dd1, dd2, y, learning_rate, number)
        return jnp.concatenate([z, theta.ravel()])

    @jax.jit
    def sources(z):
        at = (z, jnp.asarray(T["Theta"]), *zero)
        first, curved = jax.jacfwd(moved, 1)(*at), jax.jacfwd(jax.jacfwd(moved, 1), 1)(*at)
        mixed = jax.jacfwd(jax.jacfwd(moved, 2), 0)(*at)
        e = jnp.einsum
        return {
            "Theta1": e("dpq,pq->d", first, T["Theta1"]),
            "AB": e("dpqrs,pqrs->d", curved, T["C"]) / 2,
            "PQ": e("dpqrz,pqrz->d", mixed, T["W"]),
            "ddNTK": e("dpqrs,pqrs->d", jax.jacfwd(moved, 3)(*at), T["I"])
            + e("dpqrs,pqrs->d", jax.jacfwd(moved, 4)(*at), T["II"]),
        }

    # Polynomials of third degree in z: three nodes are exact.
    points, weights = hermegauss(3)
    weights, root = weights / weights.sum(), np.linalg.cholesky(T["K"])
    total = dict.fromkeys(SOURCES, 0.0)
    for index in itertools.product(range(3), repeat=size):
        found = sources(jnp.asarray(root @ points[list(index)]))
        total = {s: total[s] + weights[list(index)].prod() * np.asarray(found[s]) for s in SOURCES}
    return {s: (value[:size], value[size:].reshape(size, size)) for s, value in total.items()}


@pytest.mark.parametrize(("number", "learning_rate"), [(1, 0.4), (2, 0.3), (4, 0.35)])
def test_steps_are_the_expectation_of_the_hierarchy(number, learning_rate):
    x = inputs(seed=5)
    with enable_x64(True):
        expected = formal_expectation(combinations(x), LABELS, learning_rate, number)
    found = mean_correction(x[:2], LABELS, x[2:], [number], "gelu", dynamics=steps(learning_rate), **SETTING)
    size = max(np.abs(value).max() for value, _ in expected.values())
    for source, value in everywhere(found).items():
        np.testing.assert_allclose(value, expected[source][0], atol=1e-8 * size)
    for source, value in found.drifts.items():
        np.testing.assert_allclose(value[0], expected[source][1], atol=1e-8 * np.abs(found.drift).max())


def test_small_steps_are_the_flow():
    x, time = inputs(seed=5), 1.2
    flow = mean_correction(x[:2], LABELS, x[2:], [time], "gelu", **SETTING)
    coarse, fine = (
        mean_correction(x[:2], LABELS, x[2:], [n], "gelu", dynamics=steps(time / n), **SETTING) for n in (4000, 8000)
    )
    for source, value in everywhere(flow).items():
        limit = 2 * everywhere(fine)[source] - everywhere(coarse)[source]
        np.testing.assert_allclose(limit, value, atol=1e-6 * np.abs(flow.correction).max())
    np.testing.assert_allclose(2 * fine.drift - coarse.drift, flow.drift, atol=1e-6 * np.abs(flow.drift).max())


# ---- an exact model: two layers without activation, inputs in one dimension ----


def laguerre(alpha: float, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for a gamma distribution of shape alpha + 1, by its Jacobi matrix: alpha may be large."""
    k = np.arange(number)
    off = np.sqrt(k[1:] * (k[1:] + alpha))
    nodes, vectors = np.linalg.eigh(np.diag(2 * k + alpha + 1) + np.diag(off, 1) + np.diag(off, -1))
    return nodes, vectors[0] ** 2


class Linear:
    """f(x) = w x with w = u.v / sqrt n: w, |u|^2 / n and |v|^2 / n train among themselves, and their initial law is known."""

    c, lam = (1.3, 0.7), (0.8, 1.2)
    x, y, test = np.array([1.0, -0.4]), np.array([0.9, 0.3]), np.array([0.5])

    def mean(self, n: int, train) -> np.ndarray:
        """E[f] at training and test points, exactly, by quadrature over the law of the three numbers."""
        xi, p = hermegauss(16)
        (a, pa), (b, pb) = laguerre(n / 2 - 1, 10), laguerre((n - 1) / 2 - 1, 10)
        weights = p[:, None, None] / p.sum() * pa[:, None] * pb
        xi, a, b = np.meshgrid(xi, a, b, indexing="ij")
        u = self.c[0] * 2 * a / n
        w, _, _ = train(np.sqrt(u * self.c[1]) * xi, u, self.c[1] * (xi**2 + 2 * b) / n, n)
        return (weights * w).sum() * np.concatenate([self.x, self.test])

    def slope(self, w: np.ndarray) -> np.ndarray:
        return ((w[..., None] * self.x - self.y) * self.x).sum(axis=-1)

    def descend(self, learning_rate: float, number: int):
        def train(w, u, v, n):
            for _ in range(number):
                r, (a, b) = learning_rate * self.slope(w), self.lam
                w, u, v = (
                    w - r * (b * u + a * v) + a * b * r * r * w / n,
                    u - 2 * a * r * w / n + a * a * r * r * v / n,
                    v - 2 * b * r * w / n + b * b * r * r * u / n,
                )
            return w, u, v

        return train

    def flow(self, time: float, intervals: int = 300):
        def velocity(state, n):
            (w, u, v), (a, b) = state, self.lam
            r = self.slope(w)
            return np.stack([-r * (b * u + a * v), -2 * a * r * w / n, -2 * b * r * w / n])

        def train(w, u, v, n):
            state, h = np.stack([w, u, v]), time / intervals
            for _ in range(intervals):
                k1 = velocity(state, n)
                k2 = velocity(state + h / 2 * k1, n)
                k3 = velocity(state + h / 2 * k2, n)
                k4 = velocity(state + h * k3, n)
                state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return state

        return train

    def correction(self, time: float | int, dynamics: Dynamics | None):
        return mean_correction(
            self.x[:, None], self.y, self.test[:, None], [time], "identity",
            depth=2, c_w=list(self.c), lambda_w=list(self.lam), dynamics=dynamics,
        )  # fmt: skip


LINEAR = Linear()
CASES = {
    "flow, early": (LINEAR.flow(0.4), 0.4, None),
    "flow, late": (LINEAR.flow(1.5), 1.5, None),
    "steps": (LINEAR.descend(0.3, 5), 5, steps(0.3)),
    "large steps": (LINEAR.descend(0.6, 3), 3, steps(0.6)),
}


@pytest.mark.parametrize(("train", "time", "dynamics"), CASES.values(), ids=CASES.keys())
def test_two_linear_layers_are_exact(train, time, dynamics):
    """n (E[f] - limit) at four widths, extrapolated; the training NTK has a zero eigenvalue."""
    found = LINEAR.correction(time, dynamics)
    leading = np.concatenate([found.train.leading[0], found.leading[0]])
    row = [n * (LINEAR.mean(n, train) - leading) for n in (500, 1000, 2000, 4000)]
    for order in range(1, 4):
        row = [(2**order * b - a) / (2**order - 1) for a, b in itertools.pairwise(row)]
    np.testing.assert_allclose(np.concatenate([found.train.correction[0], found.correction[0]]), row[0], atol=1e-7)


@pytest.mark.parametrize(("train", "time", "dynamics"), CASES.values(), ids=CASES.keys())
def test_the_next_order_has_the_estimated_size(train, time, dynamics):
    found = LINEAR.correction(time, dynamics)
    n = 512
    rest = np.abs(LINEAR.mean(n, train)[2] - found.leading[0, 0] - found.correction[0, 0] / n) * n**2
    assert 0.1 < found.test.next_order[0, 0] / rest < 10


# ---- symmetry and limits ----


def test_initialisation_and_infinite_time():
    x = inputs(4)
    for dynamics in (None, steps(0.3)):
        found = mean_correction(
            x[:3], np.array([1.0, -0.5, 0.2]), x[3:], [0, np.inf], "gelu", dynamics=dynamics, **SETTING
        )
        assert not found.correction[0].any() and not found.train.correction[0].any() and not found.drift[0].any()
        np.testing.assert_array_equal(found.train.correction[1], 0)
        np.testing.assert_allclose(found.train.leading[1], [1.0, -0.5, 0.2], atol=1e-12)
        assert np.abs(found.correction[1]).min() > 0.01


def test_infinite_time_is_the_limit():
    x = inputs(4)
    late, limit = (
        mean_correction(x[:3], np.array([1.0, -0.5, 0.2]), x[3:], [t], "gelu", nodes=16, tolerance=1.0, **SETTING)
        for t in (2000.0, np.inf)
    )
    np.testing.assert_allclose(late.correction, limit.correction, rtol=1e-9)
    np.testing.assert_allclose(late.drift, limit.drift, rtol=1e-9)


def test_test_points_that_are_training_points_move_with_them():
    x = inputs(3)
    found = mean_correction(x[:2], LABELS, x[[2, 1, 0, 1]], [0.7, 4.0], "gelu", **SETTING)
    np.testing.assert_array_equal(found.correction[:, [2, 1]], found.train.correction)
    np.testing.assert_array_equal(found.drift[:, 5], found.drift[:, 3])
    np.testing.assert_allclose(found.drift, found.drift.swapaxes(1, 2), atol=1e-12)


@pytest.mark.parametrize("dynamics", [None, steps(0.2)])
def test_order_and_repetition_of_training_points_and_the_loss(dynamics):
    """Twice the same data under the mean loss is the same training."""
    x, y = inputs(4), np.array([1.0, -0.5, 0.2])
    arguments = {"activation": "gelu", "nodes": 16, "tolerance": 1.0, **SETTING}
    plain = mean_correction(x[:3], y, x[3:], [1, 4], dynamics=dynamics, **arguments)
    permuted = mean_correction(x[[2, 0, 1]], y[[2, 0, 1]], x[3:], [1, 4], dynamics=dynamics, **arguments)
    np.testing.assert_allclose(permuted.correction, plain.correction, rtol=1e-8)
    np.testing.assert_allclose(permuted.train.correction, plain.train.correction[:, [2, 0, 1]], rtol=1e-8)
    rate, kind = (1.0, "flow") if dynamics is None else (dynamics.learning_rate, "steps")
    mean = Dynamics(learning_rate=3 * rate, kind=kind, loss="mean")
    twice = mean_correction(np.tile(x[:3], (2, 1)), np.tile(y, 2), x[3:], [1, 4], dynamics=mean, **arguments)
    np.testing.assert_allclose(twice.correction, plain.correction, rtol=1e-8)
    np.testing.assert_allclose(twice.drift[:, 6:, 6:], plain.drift[:, 3:, 3:], rtol=1e-8)


def test_learning_rates_of_parameters_are_a_unit_of_time():
    x = inputs(3)
    slow = mean_correction(x[:2], LABELS, x[2:], [1.5], "gelu", **SETTING)
    fast = mean_correction(x[:2], LABELS, x[2:], [0.5], "gelu", **{**SETTING, "lambda_w": 2.4, "lambda_b": 0.9})
    np.testing.assert_allclose(fast.correction, slow.correction, rtol=1e-7)
    np.testing.assert_allclose(fast.drift, 3 * slow.drift, rtol=1e-7)


def rotations(x: np.ndarray) -> np.ndarray:
    """The orbits under cyclic permutations of the coordinates, (input * element, coordinate)."""
    return np.concatenate([np.stack([np.roll(row, k) for k in range(3)]) for row in x])


@pytest.mark.parametrize("dynamics", [None, steps(0.05)])
def test_full_augmentation_makes_the_corrected_mean_invariant_at_all_times(dynamics):
    x = inputs(3, seed=11)
    x[1] = 0.8  # its orbit is one point, three times
    arguments = {"activation": polynomial([0.1, 1.0, 0.3, 0.1]), **SETTING, "c_w": 0.6, "dynamics": dynamics}
    times = [1, 7, 40]
    augmented = mean_correction(rotations(x[:2]), np.repeat(LABELS, 3), rotations(x[2:]), times, **arguments)
    size = np.abs(augmented.correction).max()
    assert size > 0.01
    for source, value in augmented.sources.items():
        np.testing.assert_allclose(value, value[:, :1] * np.ones(3), atol=1e-9 * size, err_msg=source)
    alone = mean_correction(x[:2], LABELS, rotations(x[2:]), times, **arguments)
    assert np.ptp(alone.correction, axis=1).min() > 0.01


def test_sources_alone_and_blocks_of_test_points_are_the_same(monkeypatch):
    x = inputs(6)
    arguments = (x[:2], LABELS, x[2:], [0.8], "gelu")
    # Which sets share a grid depends on what is asked: the same to the error of the quadrature.
    options = {"nodes": 24, "tolerance": 1.0, **SETTING}
    whole = mean_correction(*arguments, **options)
    monkeypatch.setattr("ntklab.finite_width.training.correction.BLOCK", 4**4)
    blocks = mean_correction(*arguments, drift_between_tests=False, **options)
    for source in SOURCES:
        np.testing.assert_allclose(blocks.sources[source], whole.sources[source], rtol=1e-6)
        alone = mean_correction(*arguments, sources=(source,), drift_between_tests=False, **options)
        assert list(alone.sources) == [source]
        np.testing.assert_allclose(alone.sources[source], whole.sources[source], rtol=1e-6)
    between = ~np.eye(6, dtype=bool)
    between[:2], between[:, :2] = False, False
    assert np.array_equal(np.isnan(blocks.drift[0]), between)
    np.testing.assert_allclose(blocks.drift[0][~between], whole.drift[0][~between], rtol=1e-6)


def test_activations_with_a_kink_have_the_sources_that_exist():
    x = inputs(3)
    found = mean_correction(x[:2], LABELS, x[2:], [0.8], "relu", sources=("Theta1", "AB", "PQ"), **SETTING)
    T = solve(x, "relu", tensors=("K", "Theta", "Theta1", "A", "B", "P", "Q"), **SETTING)
    T = {name: T[name][-1] for name in T}
    T["C"] = T["A"] + np.einsum("acbd->abcd", T["B"]) + np.einsum("adbc->abcd", T["B"])
    T["W"], T["E"] = T["P"] + T["Q"] + T["Q"].swapaxes(1, 2), np.zeros((3,) * 4)
    coarse, fine = (on_a_grid(T, LABELS, 0.8, n)[0] for n in (100, 200))
    for source, value in everywhere(found).items():
        np.testing.assert_allclose(value, (4 * fine[source] - coarse[source]) / 3, atol=1e-6)


# ---- validity and messages ----


def test_small_widths_are_warned_of_and_the_smallest_width_is_not():
    x = inputs(3)
    found = mean_correction(x[:2], 3 * LABELS, x[2:], [0.8, 3.0], "gelu", **SETTING)
    with pytest.warns(ExpansionWarning, match=r"width 2: the order 1/n\^2 is estimated at"):
        found.corrected(2)
    enough = found.smallest_width(0.01)
    assert found.validity(enough) <= 0.01 < found.validity(enough - 1)
    np.testing.assert_array_equal(found.corrected(4096), found.leading + found.correction / 4096)


def test_larger_labels_need_larger_widths():
    x = inputs(3)
    widths = [
        mean_correction(x[:2], size * LABELS, x[2:], [3.0], "gelu", **SETTING).smallest_width(0.01)
        for size in (1, 4, 16)
    ]
    assert widths == sorted(widths) and widths[2] > 4 * widths[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.ones(3)}, "2 training points and 3 labels"),
        ({"x_test": np.ones((1, 2))}, "x_train and x_test have 3 and 2 coordinates"),
        ({"x_test": np.full((1, 3), np.nan)}, "x_test: NaN or infinity"),
        ({"depth": 1}, "depth=1: a linear model has no corrections"),
        ({"times": [-1.0]}, "none negative"),
        ({"times": [0.5], "dynamics": steps(0.1)}, "steps are whole"),
        ({"times": []}, "at least one"),
        ({"dynamics": Dynamics(ridge=0.1)}, "without ridge"),
        ({"dynamics": steps(10.0)}, "gradient descent diverges above 2"),
        ({"sources": ("dNTK",)}, "at least one of Theta1, AB, PQ, ddNTK"),
        ({"activation": "relu"}, r'sources=\("Theta1", "AB", "PQ"\)'),
        ({"activation": "identity", "c_b": 0.0, "lambda_b": 0.0, "times": [np.inf], "x_train": np.outer([1.0, 2], [1, 2, 3])},
         "the training points is singular"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_line(change, message):
    arguments = {
        "x_train": inputs()[:2], "y": LABELS, "x_test": inputs()[2:], "times": [1], "activation": "gelu", "nodes": 8,
        "tolerance": 1.0, **SETTING, **change,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message) as error:
        mean_correction(**arguments)
    assert "\n" not in str(error.value)


def test_a_network_is_the_numbers_it_stands_for(monkeypatch):
    x = inputs()
    network = networks.Network(dense=1, nonlinearity="gelu", weight_variance=1.3, bias_variance=0.1)
    options = {"sources": ("Theta1",), "nodes": 16, "tolerance": 1e-3}
    a = mean_correction(x[:2].tolist(), LABELS, x[2:], [0.7], network=network, **options)
    b = mean_correction(x[:2], LABELS, x[2:], [0.7], "gelu", 2, c_w=1.3, c_b=0.1, lambda_w=1.3, lambda_b=0.1, **options)
    np.testing.assert_array_equal(a.correction, b.correction)
    with pytest.raises(InputError, match="network and depth: give either"):
        mean_correction(x[:2], LABELS, x[2:], [0.7], network=network, depth=2)
    # The tables of means are good to 1e-9, no better.
    monkeypatch.setattr(correction, "MAX_NODES", 1)
    with pytest.warns(QuadratureWarning, match="more than tolerance"):
        mean_correction(x[:2], LABELS, x[2:], [0.7], network=network, sources=("Theta1",), tolerance=1e-10)
    with pytest.raises(QuadratureError, match="no number is returned"):
        mean_correction(x[:2], LABELS, x[2:], [0.7], "tanh", nodes=3, c_w=9.0)

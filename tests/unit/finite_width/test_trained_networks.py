"""Trained networks against plain parameters, automatic derivatives and SciPy's integrators; means against brute force."""

import itertools
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64
from jax.flatten_util import ravel_pytree
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from ntklab.activations import get_activation
from ntklab.activations.activation import quadrature_duals
from ntklab.finite_width.trained_networks import groups, means, trained_means
from ntklab.finite_width.trained_networks import problem as problems
from ntklab.finite_width.trained_networks.duals import with_duals
from ntklab.finite_width.trained_networks.kernels import random_ntk, sizes
from ntklab.finite_width.trained_networks.linear import parts
from ntklab.finite_width.trained_networks.networks import gradients, network, ntk, orthonormal, reflected
from ntklab.finite_width.trained_networks.schedules import Schedule, derivative, responses
from ntklab.network import Network

CONSTANTS = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
X, Y = np.random.default_rng(20240305).normal(size=(4, 4)), np.array([1.0, -0.5, -0.5])
TRAIN, TEST = X[:3], X[3:]


def problem(depth: int = 3, width: int = 6, times=(0.5, 2.0), activation: str = "tanh", **options) -> problems.Problem:
    return problems.prepared(
        TRAIN, Y, TEST, np.array(times), activation, width, depth, dtype="float64", **CONSTANTS, **options
    )


# ---- plain networks: lists of weights and biases, all derivatives by JAX ----


def plain(weights, k: int) -> list:
    """Network number k of four, with weights of layer 1 that have its preactivations."""
    of = jax.tree.map(lambda leaf: np.asarray(leaf[k]), weights)
    design = np.c_[np.ones(len(X)), X / np.sqrt(X.shape[1])]
    first = np.linalg.lstsq(design, of.first, rcond=None)[0].T
    assert np.allclose(design @ first.T, of.first)
    hidden = [list(pair) for pair in zip(of.hidden, of.biases, strict=True)]
    return [[first[:, 1:], first[:, 0]], *hidden, [of.last[None], of.last_bias[None]]]


def output(parameters: list, x):
    for layer, (W, b) in enumerate(parameters):
        x = (jnp.tanh(x) if layer else x) @ W.T / np.sqrt(W.shape[1]) + b
    return x[:, 0]


def speeds(parameters: list) -> list:
    return [[np.full(W.shape, CONSTANTS["lambda_w"]), np.full(b.shape, CONSTANTS["lambda_b"])] for W, b in parameters]


def loss(parameters: list):
    return 0.5 * jnp.sum((output(parameters, TRAIN) - Y) ** 2)


def plain_ntk(parameters: list) -> np.ndarray:
    jacobian = jax.tree.leaves(jax.jacobian(output)(parameters, X))
    weights = jax.tree.leaves(speeds(parameters))
    return sum(
        np.einsum("ai,bi,i->ab", *[np.reshape(j, (len(X), -1))] * 2, w.ravel())
        for j, w in zip(jacobian, weights, strict=True)
    )


@cache
def example(depth: int, discrete: bool):
    """(what `trained` finds of one group of four, its plain networks)."""
    options = {"learning_rate": 0.25} if discrete else {"step": 0.1}
    of = problem(depth, **options)
    found = groups.trained(of, np.random.default_rng(1), 1)
    with enable_x64(True):
        row = np.random.default_rng(1).standard_normal(of.program.numbers, np.float32).astype(float)
        four = reflected(of.program, network(of.program, jnp.asarray(of.first[0]), jnp.asarray(row)))
    return found, [plain(four, k) for k in range(4)]


@pytest.mark.parametrize("depth", [2, 4])
def test_gradient_flow_is_that_of_plain_parameters(depth):
    found, networks = example(depth, False)
    for k, start in enumerate(networks):
        with enable_x64(True):
            flat, shape = ravel_pytree(start)
            speed = ravel_pytree(speeds(start))[0]
            slope = jax.jit(lambda t, p: -speed * jax.grad(lambda p: loss(shape(p)))(p))  # noqa: B023
            path = solve_ivp(slope, (0, 2), np.asarray(flat), "DOP853", [0.5, 2.0], rtol=1e-10, atol=1e-10)
            for j in range(2):
                end = shape(jnp.asarray(path.y[:, j]))
                assert np.allclose(found.z[0, k, j], output(end, X), atol=2e-6)
                assert np.allclose(found.drift[0, k, j], plain_ntk(end) - plain_ntk(start), atol=2e-5)


def test_gradient_descent_is_a_plain_loop():
    found, networks = example(3, True)
    with enable_x64(True):
        step = jax.jit(lambda p: jax.tree.map(lambda p, g, s: p - 0.25 * s * g, p, jax.grad(loss)(p), speeds(p)))
        for k, end in enumerate(networks):
            for j in range(8):
                end = step(end)
                if j == 1:
                    assert np.allclose(found.z[0, k, 0], output(end, X), atol=1e-10)
            assert np.allclose(found.z[0, k, 1], output(end, X), atol=1e-10)


@pytest.mark.parametrize("discrete", [False, True])
def test_linearised_networks_against_matrix_exponentials_and_powers(discrete):
    found, networks = example(3 if discrete else 4, discrete)
    for k, start in enumerate(networks):
        with enable_x64(True):
            kernel, at = plain_ntk(start), np.asarray(output(start, X))
        for j, time in enumerate((0.5, 2.0)):
            H = kernel[:3, :3]
            decay = np.linalg.matrix_power(np.eye(3) - 0.25 * H, 2 if j == 0 else 8) if discrete else expm(-H * time)
            moved = kernel[:, :3] @ np.linalg.solve(H, (np.eye(3) - decay) @ (at[:3] - Y))
            assert np.allclose(found.z_lin[0, k, j], at - moved, atol=1e-9 if discrete else 1e-4)


def test_deep_linear_networks_have_a_conserved_quantity():
    """Depth 2, identity, one input of norm sqrt(n_0), no biases: s = |v|^2 + |W x|^2 / n_0 obeys s^2 - 4 n z^2 = constant, so
    that dz/dt = -(z - y) s / n is an equation for z alone."""
    x, n = np.array([[1.0, -1.0]]), 5
    of = problems.prepared(x, np.array([2.0]), x[:0], np.array([1.5]), "identity", n, 2, step=0.05, dtype="float64")
    found = groups.trained(of, np.random.default_rng(3), 2)

    def approach(t, z, conserved):
        return -(z - 2) * np.sqrt(conserved + 4 * n * z**2) / n

    with enable_x64(True):
        rows = np.random.default_rng(3).standard_normal((2, of.program.numbers), np.float32).astype(float)
        for body, row in enumerate(rows):
            four = reflected(of.program, network(of.program, jnp.asarray(of.first[0]), jnp.asarray(row)))
            for k in range(4):
                v, h = np.asarray(four.last[k]), np.asarray(four.first[k, 0])
                z, s = v @ h / np.sqrt(n), v @ v + h @ h
                path = solve_ivp(approach, (0, 1.5), [z], args=(s**2 - 4 * n * z**2,), rtol=1e-9)
                assert np.isclose(found.z[body, k, 0, 0], path.y[0, -1], atol=1e-6)


# ---- what is drawn ----


def test_four_networks_of_opposite_signs():
    of = problem(width=9)
    with enable_x64(True):
        root, theta = map(jnp.asarray, of.first)
        row = jnp.asarray(np.random.default_rng(5).standard_normal(of.program.numbers))
        weights = network(of.program, root, row)
        four = reflected(of.program, weights)
        at = [gradients(of.program, jax.tree.map(lambda leaf: leaf[k], four), 4) for k in range(4)]  # noqa: B023
        kernels = [np.asarray(ntk(of.program, theta, g)) for g in at]
    outputs = np.stack([np.asarray(g.output) for g in at])
    assert np.allclose(outputs[:, :3], np.outer([1, -1, -1, 1], outputs[0, :3]))
    assert np.allclose(outputs[[1, 3]], -outputs[[0, 2]])
    assert np.allclose(kernels[0], kernels[1]) and np.allclose(kernels[2], kernels[3])
    assert not np.allclose(kernels[0], kernels[2])
    assert np.allclose(np.linalg.norm(four.last, axis=1), np.linalg.norm(weights.last))


def test_orthonormal_bases_leave_out_what_depends():
    with enable_x64(True):
        vectors = np.random.default_rng(0).normal(size=(4, 3))
        vectors[1] = 2 * vectors[0]
        basis = np.asarray(orthonormal(jnp.asarray(vectors)))
    assert np.allclose(basis @ basis.T, np.diag([1, 0, 1, 1]))
    assert np.allclose(vectors @ basis.T @ basis, vectors)


def test_controls_and_steps_change_no_mean():
    """Controls have mean zero; regressing on them leaves a constant alone."""
    rng = np.random.default_rng(0)
    controls = rng.normal(size=(40, 2))
    values = 3 + controls @ np.array([[1.0], [2.0]])
    assert np.allclose(means._controlled(values, controls), 3)
    assert np.array_equal(means._controlled(values[:15], controls[:15]), values[:15])


def test_ntks_without_weights_have_the_moments_of_those_with():
    """Three neurons in a layer, where nothing is small."""
    of, draws = problem(depth=4, width=3), 40_000
    rng = np.random.default_rng(2)
    with enable_x64(True):
        root, theta = map(jnp.asarray, of.first)

        @jax.vmap
        def full(row):
            return ntk(of.program, theta, gradients(of.program, network(of.program, root, row), 4))

        with_weights = np.asarray(jax.jit(full)(rng.standard_normal((draws, of.program.numbers))))
        numbers = sum(int(np.prod(shape)) for shape in sizes(of.program))
        short = jax.jit(jax.vmap(partial(random_ntk, of.program, root, theta)))
        without = np.asarray(short(rng.standard_normal((draws, numbers))))
    upper = np.triu_indices(4)
    samples = [values[:, *upper] for values in (with_weights, without)]
    for power in (1, 2):
        moments = [np.einsum("na,nb->nab", v, v).reshape(draws, -1) if power == 2 else v for v in samples]
        error = np.sqrt(sum(m.var(axis=0) for m in moments) / draws)
        assert (np.abs(moments[0].mean(axis=0) - moments[1].mean(axis=0)) < 4.5 * error).all()


def test_duals_of_tanh():
    k, v, w = (
        np.array(column) for column in zip((0.3, 0.8, 0.5), (-0.5, 1.0, 0.7), (1.1, 1.1, 1.1), (0, 0, 0.4), strict=True)
    )
    with enable_x64(True):
        exact = quadrature_duals(get_activation("tanh").derivatives, 150)
        fast = with_duals(get_activation("tanh")).duals
        k, v, w = map(jnp.asarray, (k, v, w))
        assert np.allclose(fast.derivative_dual(k, v, w), exact.derivative_dual(k, v, w), atol=3e-6)
        assert np.allclose(fast.dual(k, v, w, None), exact.dual(k, v, w, None), atol=3e-6)
        assert np.allclose(fast.variance(v), exact.variance(v), atol=3e-6)
    assert with_duals(get_activation("gelu")) is get_activation("gelu")


# ---- linear response ----


def test_derivative_by_the_kernel():
    kernel = problem().theta
    schedule = Schedule.flow(np.array([0.7, 3.0]), 2.0, 0.5)
    change = np.random.default_rng(0).normal(size=kernel.shape)
    change[:3] = change[:3] + change[:3].T
    up, down = (responses(schedule.exact_gains, kernel + s * 1e-5 * change, -Y) for s in (1, -1))
    assert np.allclose(np.einsum("tdba,ba->td", derivative(schedule, kernel, Y), change), (up - down) / 2e-5, atol=1e-5)


@pytest.mark.parametrize("rate", [0.1, 0.9])
def test_gains_of_steps_are_geometric_sums(rate):
    schedule = Schedule.descent(rate * np.array([0, 3.0, 4.0]), rate)
    eigenvalues = np.array([0.01, 1.0, 1.9, 1 / rate])
    sums = [rate * sum((1 - rate * eigenvalues) ** j for j in range(k)) for k in (0, 3, 4)]
    assert np.allclose(schedule.gains(eigenvalues), np.stack(np.broadcast_arrays(*[np.zeros(4), *sums[1:]])))


def test_fine_steps_of_the_flow_are_exact():
    eigenvalues = np.array([1e-9, 0.3, 2.0])
    schedule = Schedule.flow(np.array([0.0, 1.0, 4.0]), 2.0, 0.05)
    assert np.allclose(schedule.gains(eigenvalues), schedule.exact_gains(eigenvalues), rtol=1e-6)
    assert np.allclose(schedule.finer(2).gains(eigenvalues), schedule.exact_gains(eigenvalues), rtol=1e-7)


# ---- means ----

SMALL = {"activation": "tanh", "width": 5, "depth": 3, "networks": 64, "kernels": 2000, "seed": 7, **CONSTANTS}


def small(**options):
    return trained_means(X[:2], Y[:2], X[2:3], [0.0, 1.0], **{**SMALL, **options})


def test_batches_depend_on_seed_and_number_only():
    whole = small(batches=3)
    for k in (0, 2):
        alone = small(batches=1, first_batch=k)
        for name in ("nonlinear", "linear", "drift"):
            assert np.array_equal(getattr(alone, name)[0], getattr(whole, name)[k])
    assert not np.allclose(whole.nonlinear[0], whole.nonlinear[1])
    assert not np.allclose(small(batches=1, seed=8).correction, whole.correction[:1])
    assert np.allclose(whole.nonlinear[:, 0], 0, atol=1e-5) and np.allclose(whole.linear[:, 0], 0)
    assert whole.correction.shape == (3, 2, 3) and whole.drift.shape == (3, 2, 3, 3)


def test_networks_do_not_depend_on_how_many_are_trained_together(monkeypatch):
    of = problem(width=5)
    whole = groups.trained(of, np.random.default_rng(1), 7)
    monkeypatch.setattr(problems, "BYTES", 16 * of.program.numbers * 3)
    parts = groups.trained(of, np.random.default_rng(1), 7)
    first = groups.trained(of, np.random.default_rng(1), 4)
    for a, b, c in zip(whole, parts, first, strict=True):
        assert np.allclose(a, b, atol=1e-12) and np.allclose(a[:4], c, atol=1e-12)


def test_networks_with_large_ntks_take_shorter_steps(monkeypatch):
    of = problem(width=5, step=0.75)
    exact = groups.trained(problem(width=5, step=0.05), np.random.default_rng(1), 20).z
    monkeypatch.setattr(groups, "LONGEST", 0.4)
    assert np.abs(groups.trained(of, np.random.default_rng(1), 20).z - exact).max() < 2e-3


@pytest.mark.parametrize("options", [{}, {"learning_rate": 0.25}])
def test_mean_is_that_of_many_networks(options):
    """Of width 5: brute force has an error of a twentieth of the correction."""
    data, constants = (X[:2], Y[:2], X[2:3]), {**CONSTANTS, **options}
    found = trained_means(*data, [1.0], "tanh", 5, 3, networks=800, kernels=2000, batches=8, seed=1, **constants)
    of = problems.prepared(*data, np.ones(1), "tanh", 5, 3, **constants)
    drawn = groups.trained(of, np.random.default_rng(9), 4000)
    corrections = 5 * (drawn.z.mean(axis=1)[:, 0] - found.infinite[0])
    values = found.correction[:, 0]
    error = np.sqrt(values.var(axis=0, ddof=1) / 8 + corrections.var(axis=0, ddof=1) / len(corrections))
    assert (np.abs(values.mean(axis=0) - corrections.mean(axis=0)) < 4.5 * error).all()
    assert (np.abs(corrections.mean(axis=0)) > 5 * error).any()
    ntks = 5 * drawn.drift.mean(axis=1)[:, 0]
    error = np.sqrt(found.drift[:, 0].var(axis=0, ddof=1) / 8 + ntks.var(axis=0, ddof=1) / len(ntks))
    assert (np.abs(found.drift[:, 0].mean(axis=0) - ntks.mean(axis=0)) < 4.5 * error).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 1}, "depth=1"),
        ({"width": 0}, "width=0"),
        ({"width": 8.0}, "width=8.0: of the hidden layers, a positive integer"),
        ({"activation": "swosh"}, "unknown activation"),
        ({"networks": 3}, "networks=3"),
        ({"batches": 0}, "batches=0"),
        ({"step": 2.0}, "step=2.0"),
        ({"learning_rate": 0.3}, "multiples of learning_rate"),
        ({"learning_rate": -1.0}, "learning_rate=-1.0"),
        ({"dtype": "float16"}, "dtype='float16'"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)


@pytest.mark.parametrize(
    ("train", "y", "test", "times", "message"),
    [
        (TRAIN[:0], Y[:0], TEST, [1.0], r"x_train: shape \(0, \d\): an axis is empty"),
        (TRAIN * np.nan, Y, TEST, [1.0], "x_train: NaN or infinity"),
        (TRAIN, Y, TEST, [2.0, 1.0], "increasing"),
        (TRAIN, Y, TEST, [np.inf], "finite"),
    ],
)
def test_bad_data(train, y, test, times, message):
    with pytest.raises(ValueError, match=message):
        trained_means(train, y, test, times, **SMALL)


def test_shapes_that_do_not_fit():
    """Without the annotations, which are not checked outside of tests."""
    unchecked, architecture = problems._check, problem().ensemble.architecture
    with pytest.raises(ValueError, match="one target for each"):
        unchecked(TRAIN, Y[:2], TEST, np.ones(1), architecture)
    with pytest.raises(ValueError, match="same coordinates"):
        unchecked(TRAIN, Y, TEST[:, :2], np.ones(1), architecture)


@pytest.mark.parametrize(("inputs", "training"), [(3, 2), (4, 4), (5, 1), (5, 5), (7, 3), (8, 4), (16, 8)])
def test_every_training_input_meets_every_input_in_a_small_set(inputs, training):
    found = parts(inputs, training)
    pairs = {pair for part in found for pair in itertools.product(part, repeat=2)}
    assert pairs >= set(itertools.product(range(training), range(inputs)))
    assert max(map(len, found)) <= 4


def test_a_network_is_the_numbers_it_stands_for():
    network = Network(dense=2, nonlinearity="tanh", weight_variance=1.3, bias_variance=0.1)
    options = {"width": np.int64(4), "networks": 8, "kernels": 8, "batches": 1}
    a = trained_means(TRAIN.tolist(), Y, TEST, [0.5], network=network, **options)
    b = trained_means(TRAIN, Y, TEST, [0.5], "tanh", c_w=1.3, c_b=0.1, lambda_w=1.3, lambda_b=0.1, **options)
    np.testing.assert_array_equal(a.correction, b.correction)

"""Networks drawn with all their weights: the estimators that average over the last weights, and those printed in the paper.

The NTK is kept between all neurons, so that the cost grows with the square of the width and more: `collapsed` has the same
expectation at a small part of it, and these are what it is checked against.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from ntklab.finite_width import sampled_network as network
from ntklab.finite_width.ensemble import DERIVATIVES_OF_NTK, PAIRS_OF_SUMS, Ensemble, covariance, infinite_kernels
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.quadrature import square_root
from ntklab.finite_width.recursions import MATRICES

AT_ONCE = 2**19
"""Entries of the NTKs of the networks computed side by side: they stay in the cache."""


@dataclass(frozen=True)
class _Program:
    """Everything that decides which computation is compiled."""

    ensemble: Ensemble
    estimator: str

    @property
    def controls(self) -> bool:
        """Whether layer 1 is kept for control variates."""
        return bool(set(self.ensemble.tensors) & set(MATRICES))

    @property
    def highest(self) -> int:
        """Derivatives of the activation that are needed."""
        if "R" in self.ensemble.tensors:
            return 3
        return 2 if set(self.ensemble.tensors) & set(DERIVATIVES_OF_NTK) else 1


def estimates(ensemble: Ensemble, estimator: str, keys: Sequence[int], draws: int) -> dict[str, np.ndarray]:
    """Tensor -> (batch, layer, ...) for layers 2 to depth, `draws` networks in the batch of each key.

    `estimator` is "averaged" or "printed". K1 and Theta1 have the sample means of layer 1, whose expectations are known, as
    control variates.
    """
    program = _Program(ensemble, estimator)
    reduced = [_reduce(_draw(program, key, draws), program) for key in keys]
    batches = {name: np.stack([batch[name] for batch in reduced]) for name in reduced[0]}
    return _values(program, batches)


# ---- networks ----


@lru_cache(maxsize=32)
def _compiled(program: _Program, inputs: int, rank: int, draws: int):
    architecture = program.ensemble.architecture
    entries = max(architecture.widths) ** 2 * inputs**2
    chunks = -(-draws // max(1, AT_ONCE // entries))
    size = -(-draws // chunks)

    def all_draws(key, root, theta):
        # Whole chunks: a shorter last one would be a second program to compile.
        keys = jax.random.split(key, chunks * size).reshape(chunks, size, -1)
        drawn = jax.lax.map(jax.vmap(partial(_one_network, program, root, theta)), keys)
        return jax.tree.map(lambda leaf: leaf.reshape(chunks * size, *leaf.shape[2:])[:draws], drawn)

    return jax.jit(all_draws)


def _draw(program: _Program, key: int, draws: int) -> dict[str, np.ndarray]:
    """What the estimators need of each of `draws` networks, {name: (draw, layer, ...)}."""
    K, theta = program.ensemble.first
    root, order = square_root(K)
    root = root[np.argsort(order)]
    drawn = _compiled(program, *root.shape, draws)(jax.random.PRNGKey(key), root, theta)
    return jax.tree.map(np.asarray, drawn)


def _normal(key, shape) -> jax.Array:
    """Standard normal numbers of float64, drawn with the resolution of float32, which takes a fifth of the time."""
    return jax.random.normal(key, shape, jnp.float32).astype(jnp.float64)


def _shapes(program: _Program, rank: int) -> list[tuple[int, ...]]:
    """Shapes of all random numbers of one network: layer 1, then weights and biases of each further layer."""
    widths = program.ensemble.architecture.widths
    if program.estimator == "printed":
        widths = (*widths, widths[-1])  # they need the last layer itself, whose channels are as many as before
    return [(rank, widths[0]), *(shape for a, b in itertools.pairwise(widths) for shape in ((b, a), (b,)))]


def _one_network(program: _Program, root, theta, key) -> dict[str, jax.Array]:
    a, act = program.ensemble.architecture, program.ensemble.activation
    shapes = _shapes(program, root.shape[1])
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    numbers = _normal(key, (int(ends[-1]),))  # in one call: each compiles for half a second
    drawn = iter(part.reshape(shape) for part, shape in zip(jnp.split(numbers, ends[:-1]), shapes, strict=True))
    z = root @ next(drawn)  # layer 1 is exactly Gaussian, whatever n_0
    state = network.first_layer(act, program.highest, z, theta)
    layers, controls = [], _controls(state, program)
    for layer in range(1, a.depth):
        if program.estimator == "averaged":
            layers.append(_averages(program, state, layer))
        if layer < a.depth - 1 or program.estimator == "printed":
            weights, bias = np.sqrt(a.c_w[layer]) * next(drawn), np.sqrt(a.c_b[layer]) * next(drawn)
            state = network.next_layer(
                state, act, program.highest, weights, bias, a.lambda_w[layer], a.lambda_b[layer], first=layer == 1
            )
        if program.estimator == "printed":
            layers.append(_printed(program, state))
    return {**jax.tree.map(lambda *leaves: jnp.stack(leaves), *layers), **controls}


def _averages(program: _Program, state: network.State, layer: int) -> dict[str, jax.Array]:
    a = program.ensemble.architecture
    g, w = network.kernels(state, a.c_w[layer], a.c_b[layer], a.lambda_w[layer], a.lambda_b[layer])
    components = jnp.array(program.ensemble.components)
    four = {
        tensor: jax.lax.map(
            lambda c, tensor=tensor: network.averaged(tensor, state, c, a.c_w[layer], a.lambda_w[layer]), components
        )
        for tensor in program.ensemble.tensors
        if tensor in network.AVERAGED
    }
    return {"g": g, "w": w, **four}


def _printed(program: _Program, state: network.State) -> dict[str, jax.Array]:
    g, w = network.printed(state)
    products = jax.lax.map(lambda c: network.printed_products(state, c), jnp.array(program.ensemble.components))
    return {"g": g, "w": w, **products}


def _controls(state: network.State, program: _Program) -> dict[str, jax.Array]:
    """Sample means over layer 1 of sigma sigma and sigma' sigma', for all pairs of inputs."""
    if not program.controls:
        return {}
    s0, s1 = state.derivatives[:2]
    rows, columns = np.triu_indices(len(s0))
    return {"control": jnp.concatenate([jnp.mean(s[rows] * s[columns], axis=1) for s in (s0, s1)])}


# ---- from networks to batches, from batches to tensors ----


def _reduce(drawn: dict[str, np.ndarray], program: _Program) -> dict[str, np.ndarray]:
    """Means and covariances over the networks of one batch, (layer, ...) each."""
    means = {name: values.mean(axis=0) for name, values in drawn.items()}
    for tensor, (left, right) in PAIRS_OF_SUMS.items():
        if tensor in program.ensemble.tensors:
            a, b, c, d = np.array(program.ensemble.components).T
            left, right = drawn[left][:, :, a, b], drawn[right][:, :, c, d]
            means[f"cov {tensor}"] = covariance(left, right, axis=0)
    if program.controls:
        control = drawn["control"] - means["control"]
        means["control control"] = control.T @ control / len(control)
        for name in ("g", "w"):
            means[f"{name} control"] = np.einsum("nlab,nc->labc", drawn[name] - means[name], control) / len(control)
    return means


def _values(program: _Program, batches: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    feeding = np.array(program.ensemble.architecture.widths, float)
    values = {}
    for tensor in program.ensemble.tensors:
        if tensor in ("K", "Theta"):
            values[tensor] = batches["g" if tensor == "K" else "w"]
        elif tensor in MATRICES:
            kernel, name = ("K", "g") if tensor == "K1" else ("Theta", "w")
            exact = np.stack(infinite_kernels(program.ensemble)[kernel][1:])
            values[tensor] = (_controlled(batches, name, program) - exact) * feeding[:, None, None]
        else:
            value = (_averaged if program.estimator == "averaged" else _paper)(tensor, batches, program)
            scaled = program.estimator == "printed" or tensor in PAIRS_OF_SUMS
            values[tensor] = value * feeding[:, None] if scaled else value
    return values


def _averaged(tensor: str, batches: dict[str, np.ndarray], program: _Program) -> np.ndarray:
    return batches[f"cov {tensor}"] if tensor in PAIRS_OF_SUMS else batches[tensor]


def _paper(tensor: str, batches: dict[str, np.ndarray], program: _Program) -> np.ndarray:
    """Eqs. (111) to (115) for each batch, without the factor n_{l-1}; every batch is one repetition."""
    a, b, c, d = np.array(program.ensemble.components).T
    g, w = batches["g"], batches["w"]
    n = np.array([*program.ensemble.architecture.widths[1:], program.ensemble.architecture.widths[-1]], float)[
        None, :, None
    ]
    if tensor == "V":  # pairs of different channels only
        covariance = batches["cov V"]
        product = covariance + g[:, :, a, b] * g[:, :, c, d]
        return (n * product - batches["V"]) / (n - 1) - g[:, :, a, b] * g[:, :, c, d]
    if tensor in PAIRS_OF_SUMS:
        return batches[f"cov {tensor}"]
    if tensor == "B":
        return batches["B"] - w[:, :, a, c] * w[:, :, b, d] / n
    return batches["F"] - g[:, :, a, c] * w[:, :, b, d] / n


def _controlled(batches: dict[str, np.ndarray], name: str, program: _Program) -> np.ndarray:
    """Batch means of g or w less the part that the controls explain.

    The regression coefficients for even batches come from odd ones and the other way round, so that nothing is biased.
    """
    if not program.controls:
        return batches[name]
    activation, (K, _) = program.ensemble.activation, program.ensemble.first
    moments = gaussian_expectations(activation, K, 2 * activation.nodes)
    rows, columns = np.triu_indices(len(K))
    known = np.concatenate([moments.pair(p, p)[rows, columns] for p in (0, 1)])
    adjusted = batches[name].copy()
    for half in (0, 1):
        others = slice(1 - half, None, 2)
        inverse = np.linalg.pinv(batches["control control"][others].mean(axis=0), rcond=1e-10, hermitian=True)
        slope = batches[f"{name} control"][others].mean(axis=0) @ inverse
        adjusted[half::2] -= np.einsum("labc,nc->nlab", slope, batches["control"][half::2] - known)
    return adjusted

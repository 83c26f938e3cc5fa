"""Monte Carlo over random networks: every tensor of order 1/n with standard errors, layer by layer.

The default estimators average over the weights of the last layer exactly (`sampled_network.averaged`): unbiased for n times
the cumulant at finite n, which equals the tensor up to O(1/n). The printed ones of the paper are an option, for figures like
for like. Networks are drawn in batches with seeds of their own; the standard error is that of the mean over batches, which is
right also for covariances.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import enable_x64
from jaxtyping import Num

from ntklab.activations import Activation, get_activation
from ntklab.finite_width import sampled_network as network
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.quadrature import square_root
from ntklab.finite_width.recursions import MATRICES
from ntklab.finite_width.solver import TENSORS, Architecture, PerLayer, solve
from ntklab.seeds import generator

ESTIMATORS = ("averaged", "printed")
DERIVATIVES_OF_NTK = ("P", "Q", "R", "S", "T", "U")
PAIRS_OF_SUMS = {"V": ("g", "g"), "D": ("g", "w"), "A": ("w", "w")}
"""Covariances of the channel sums: g estimates K, w estimates Theta."""
AT_ONCE = 2**19
"""Entries of the NTKs of the networks computed side by side: they stay in the cache."""

Component = tuple[int, int, int, int]


@dataclass(frozen=True)
class Sample(Mapping):
    """Tensor -> list over layers 1, 2, ... of estimates; `stderr` has the same shape.

    Four-slot tensors are arrays (input,) * 4, or vectors over `components` if those were given. Layer 1 is exact.

    Attributes:
        batches: tensor -> (batch, layer, ...), the independent estimates behind value and error.
    """

    batches: dict[str, np.ndarray]

    def __getitem__(self, tensor: str) -> list[np.ndarray]:
        return list(self.batches[tensor].mean(axis=0))

    def stderr(self, tensor: str) -> list[np.ndarray]:
        """Standard errors of the mean over batches, one array for each layer."""
        batches = self.batches[tensor]
        return list(batches.std(axis=0, ddof=1) / np.sqrt(len(batches)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


@dataclass(frozen=True)
class _Program:
    """Everything that decides which computation is compiled."""

    activation: Activation
    architecture: Architecture
    tensors: tuple[str, ...]
    components: tuple[Component, ...]
    estimator: str
    controls: bool

    @property
    def highest(self) -> int:
        """Derivatives of the activation that are needed."""
        if "R" in self.tensors:
            return 3
        return 2 if set(self.tensors) & set(DERIVATIVES_OF_NTK) else 1


def sample(
    x: Num[np.ndarray, "n n0"],
    activation: Activation | str,
    widths: Sequence[int],
    c_w: PerLayer = 1.0,
    c_b: PerLayer = 0.0,
    lambda_w: PerLayer = 1.0,
    lambda_b: PerLayer = 0.0,
    tensors: Sequence[str] = ("Theta1",),
    components: Sequence[Component] | None = None,
    networks: int = 1000,
    batches: int = 30,
    seed: int = 0,
    first_batch: int = 0,
    estimator: str = "averaged",
) -> Sample:
    """Estimate the tensors from random networks of the given hidden widths, for layers 1 to len(widths) + 1.

    The estimates of four-slot tensors are n times the cumulant at this width (n = widths[l - 2] at layer l), those of K1 and
    Theta1 n times the difference of the mean and the infinite-width kernel, with the sample means of layer 1, whose
    expectations are known, as control variates. `metrics.extrapolation` takes several widths to the limit.

    Args:
        x, activation, c_w, c_b, lambda_w, lambda_b, tensors: as for `solve`.
        widths: of the hidden layers.
        components: of the four-slot tensors; None for all of them.
        networks: in all, shared out over the batches.
        batches: independent groups of networks, at least 2; their spread is the standard error.
        seed: root seed. Batch number i has the same networks whatever is asked besides.
        first_batch: number of the first batch, so that batches can be shared out over jobs.
        estimator: "averaged", or "printed" for those of eqs. (109) to (115), which have a bias of order 1/n more.

    Raises:
        ValueError: for bad input, or for what cannot be sampled.
    """
    activation = get_activation(activation)
    architecture = Architecture.of(len(widths) + 1, widths, c_w, c_b, lambda_w, lambda_b)
    tensors = tuple(dict.fromkeys(tensors))
    _check(x, activation, architecture, tensors, networks, batches, estimator)
    inputs = len(x)
    chosen = tuple(np.ndindex((inputs,) * 4)) if components is None else tuple(map(tuple, components))
    x = np.asarray(x, float)
    K, theta = architecture.first(x)
    program = _Program(activation, architecture, tensors, chosen, estimator, bool(set(tensors) & set(MATRICES)))
    draws = -(-networks // batches)
    reduced = []
    with enable_x64(True):
        for number in range(first_batch, first_batch + batches):
            key = generator(seed, "finite_width", *widths, number).integers(2**32, dtype=np.uint32)
            reduced.append(_reduce(_draw(program, K, theta, int(key), draws), program))
    stacked = {name: np.stack([batch[name] for batch in reduced]) for name in reduced[0]}
    values = _values(program, stacked, x, K)
    if components is None:
        values = {
            name: v if name in ("K", "Theta", *MATRICES) else v.reshape(*v.shape[:2], *(inputs,) * 4)
            for name, v in values.items()
        }
    return Sample(values)


def _check(x, activation, architecture, tensors, networks, batches, estimator) -> None:
    if len(x) == 0 or not np.all(np.isfinite(x)):
        raise ValueError("x: at least one input, and no NaN or infinite entries")
    if not tensors or not set(tensors) <= set(TENSORS):
        raise ValueError(f"tensors={list(tensors)}: at least one of {', '.join(TENSORS)}")
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator={estimator!r}: {' or '.join(ESTIMATORS)}")
    if batches < 2 or networks < 2 * batches:
        raise ValueError(f"networks={networks}, batches={batches}: at least 2 batches of at least 2 networks")
    wanted = [tensor for tensor in tensors if tensor in DERIVATIVES_OF_NTK]
    if not wanted:
        return
    if estimator == "printed":
        raise ValueError(f"tensors {', '.join(wanted)}: the paper prints no estimator; use estimator='averaged'")
    if not activation.smooth:
        raise ValueError(
            f"tensors {', '.join(wanted)}: not sampled for {activation.name}, whose second derivative is no function"
        )
    if architecture.depth > 3:
        raise ValueError(
            f"tensors {', '.join(wanted)}: sampled up to layer 3, not {architecture.depth}; give two widths"
        )


# ---- networks ----


@lru_cache(maxsize=32)
def _compiled(program: _Program, inputs: int, rank: int, draws: int):
    architecture = program.architecture
    entries = max(architecture.widths) ** 2 * inputs**2
    chunks = -(-draws // max(1, AT_ONCE // entries))
    size = -(-draws // chunks)

    def all_draws(key, root, theta):
        # Whole chunks: a shorter last one would be a second program to compile.
        keys = jax.random.split(key, chunks * size).reshape(chunks, size, -1)
        drawn = jax.lax.map(jax.vmap(partial(_one_network, program, root, theta)), keys)
        return jax.tree.map(lambda leaf: leaf.reshape(chunks * size, *leaf.shape[2:])[:draws], drawn)

    return jax.jit(all_draws)


def _draw(program: _Program, K: np.ndarray, theta: np.ndarray, key: int, draws: int) -> dict[str, np.ndarray]:
    """What the estimators need of each of `draws` networks, {name: (draw, layer, ...)}."""
    root, order = square_root(K)
    root = root[np.argsort(order)]
    drawn = _compiled(program, *root.shape, draws)(jax.random.PRNGKey(key), root, theta)
    return jax.tree.map(np.asarray, drawn)


def _normal(key, shape) -> jax.Array:
    """Standard normal numbers of float64, drawn with the resolution of float32, which takes a fifth of the time."""
    return jax.random.normal(key, shape, jnp.float32).astype(jnp.float64)


def _shapes(program: _Program, rank: int) -> list[tuple[int, ...]]:
    """Shapes of all random numbers of one network: layer 1, then weights and biases of each further layer."""
    widths = program.architecture.widths
    if program.estimator == "printed":
        widths = (*widths, widths[-1])  # they need the last layer itself, whose channels are as many as before
    return [(rank, widths[0]), *(shape for a, b in itertools.pairwise(widths) for shape in ((b, a), (b,)))]


def _one_network(program: _Program, root, theta, key) -> dict[str, jax.Array]:
    a, act = program.architecture, program.activation
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
    a = program.architecture
    g, w = network.kernels(state, a.c_w[layer], a.c_b[layer], a.lambda_w[layer], a.lambda_b[layer])
    components = jnp.array(program.components)
    four = {
        tensor: jax.lax.map(
            lambda c, tensor=tensor: network.averaged(tensor, state, c, a.c_w[layer], a.lambda_w[layer]), components
        )
        for tensor in program.tensors
        if tensor in network.AVERAGED
    }
    return {"g": g, "w": w, **four}


def _printed(program: _Program, state: network.State) -> dict[str, jax.Array]:
    g, w = network.printed(state)
    products = jax.lax.map(lambda c: network.printed_products(state, c), jnp.array(program.components))
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
        if tensor in program.tensors:
            means[f"cov {tensor}"] = _covariance(drawn[left], drawn[right], program.components)
    if program.controls:
        control = drawn["control"] - means["control"]
        means["control control"] = control.T @ control / len(control)
        for name in ("g", "w"):
            means[f"{name} control"] = np.einsum("nlab,nc->labc", drawn[name] - means[name], control) / len(control)
    return means


def _covariance(left: np.ndarray, right: np.ndarray, components: Sequence[Component]) -> np.ndarray:
    """Unbiased covariance over networks of left_ab and right_cd, (layer, component)."""
    a, b, c, d = np.array(components).T
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    return np.sum(left[:, :, a, b] * right[:, :, c, d], axis=0) / (len(left) - 1)


def _values(program: _Program, batches: dict[str, np.ndarray], x: np.ndarray, K: np.ndarray) -> dict[str, np.ndarray]:
    """Tensor -> (batch, layer, ...), layers 1 to depth."""
    a = program.architecture
    feeding = np.array(a.widths, float)
    exact = _infinite(program, x)
    values = {}
    for tensor in program.tensors:
        if tensor in ("K", "Theta"):
            value, first = batches["g" if tensor == "K" else "w"], exact[tensor][0]
        elif tensor in MATRICES:
            kernel, name = ("K", "g") if tensor == "K1" else ("Theta", "w")
            value = _controlled(batches, name, program, K) - np.stack(exact[kernel][1:])
            value, first = value * feeding[:, None, None], np.zeros(value.shape[2:])
        else:
            value = (_averaged if program.estimator == "averaged" else _paper)(tensor, batches, program)
            scale = feeding if program.estimator == "printed" or tensor in PAIRS_OF_SUMS else np.ones_like(feeding)
            value, first = value * scale[:, None], np.zeros(value.shape[2:])
        values[tensor] = np.concatenate([np.broadcast_to(first, (len(value), 1, *first.shape)), value], axis=1)
    return values


def _averaged(tensor: str, batches: dict[str, np.ndarray], program: _Program) -> np.ndarray:
    return batches[f"cov {tensor}"] if tensor in PAIRS_OF_SUMS else batches[tensor]


def _paper(tensor: str, batches: dict[str, np.ndarray], program: _Program) -> np.ndarray:
    """Eqs. (111) to (115) for each batch, without the factor n_{l-1}; every batch is one repetition."""
    a, b, c, d = np.array(program.components).T
    g, w = batches["g"], batches["w"]
    n = np.array([*program.architecture.widths[1:], program.architecture.widths[-1]], float)[None, :, None]
    if tensor == "V":  # pairs of different channels only
        covariance = batches["cov V"]
        product = covariance + g[:, :, a, b] * g[:, :, c, d]
        return (n * product - batches["V"]) / (n - 1) - g[:, :, a, b] * g[:, :, c, d]
    if tensor in PAIRS_OF_SUMS:
        return batches[f"cov {tensor}"]
    if tensor == "B":
        return batches["B"] - w[:, :, a, c] * w[:, :, b, d] / n
    return batches["F"] - g[:, :, a, c] * w[:, :, b, d] / n


@lru_cache(maxsize=32)
def _infinite_cached(activation, architecture, shape, content):
    a = architecture
    x = np.frombuffer(content).reshape(shape)
    return solve(
        x, activation, a.depth, None, a.c_w, a.c_b, a.lambda_w, a.lambda_b, tensors=("K", "Theta"), tolerance=1e-10
    ).layers


def _infinite(program: _Program, x: np.ndarray) -> dict[str, list[np.ndarray]]:
    """K and Theta of all layers."""
    return _infinite_cached(program.activation, program.architecture, x.shape, np.ascontiguousarray(x).tobytes())


def _controlled(batches: dict[str, np.ndarray], name: str, program: _Program, K: np.ndarray) -> np.ndarray:
    """Batch means of g or w less the part that the controls explain.

    The regression coefficients for even batches come from odd ones and the other way round, so that nothing is biased.
    """
    if not program.controls:
        return batches[name]
    moments = gaussian_expectations(program.activation, K, 2 * program.activation.nodes)
    rows, columns = np.triu_indices(len(K))
    known = np.concatenate([moments.pair(p, p)[rows, columns] for p in (0, 1)])
    adjusted = batches[name].copy()
    for half in (0, 1):
        others = slice(1 - half, None, 2)
        inverse = np.linalg.pinv(batches["control control"][others].mean(axis=0), rcond=1e-10, hermitian=True)
        slope = batches[f"{name} control"][others].mean(axis=0) @ inverse
        adjusted[half::2] -= np.einsum("labc,nc->nlab", slope, batches["control"][half::2] - known)
    return adjusted

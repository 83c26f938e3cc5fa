"""Draw the preactivations of many networks, layer by layer, and read off the conditional means of what estimates the tensors.

Given a layer, the rows of preactivations of the next are independent N(0, g) with g_ab = C_b + C_W H_a.H_b / n: nothing else of
the layer is needed to draw it, and no weight ever is. Cost and memory are linear in the width.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntklab.activations import Activation
from ntklab.finite_width.collapsed.matchings import Matching
from ntklab.finite_width.collapsed.moments import Constants, Group, Moment, Recursion, whitening
from ntklab.finite_width.collapsed.neuron_sums import Request, Requests, neuron_sums
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.solver import Architecture

CHUNK = 128
"""Networks computed side by side: the cores of four inputs stay in the cache. More networks cost no more memory."""
NEURONS = 2**12
"""Neurons, of several networks, whose sums are computed side by side: they stay in the cache."""
KERNELS = ("K", "Theta", "K1", "Theta1")
TENSORS = (*KERNELS, "V", "D", "F", "A", "B", "P", "Q")
"""What can be sampled in this way."""

Component = tuple[int, ...]


class Stage(NamedTuple):
    """Which step: layer 1 has nothing below it, from the last hidden layer nothing is carried on."""

    first: bool
    last: bool


@dataclass(frozen=True)
class Program:
    """Everything that decides which computation is compiled."""

    activation: Activation
    tensors: tuple[str, ...]
    components: tuple[Component, ...]
    inputs: int

    def has(self, *tensors: str) -> bool:
        """Whether one of these tensors is asked for."""
        return bool(set(tensors) & set(self.tensors))

    @cached_property
    def reads(self) -> dict[str, list[tuple[Moment, Matching]]]:
        """Name of an estimator -> the core that it reads for each component, or for each pair of inputs."""
        found: dict[str, list[tuple[Moment, Matching]]] = defaultdict(list)
        pair, straight, crossed = ((0, 1),), ((0, 1), (2, 3)), ((0, 2), (1, 3))
        if self.has("Theta", "Theta1"):
            found["w"] = [(_first(a, b, (a, b)), pair) for a, b in self.pairs]
        for c in self.components:
            a, b, x, y = c
            if self.has("D", "A"):
                found["w right"].append((_first(x, y, c), pair))
            if self.has("A"):
                found["w left"].append((_first(a, b, c), pair))
                found["ww"].append(_second(a, b, x, y, c, straight))
            if self.has("F"):
                found["F"].append((_first(b, y, c), ()))
            if self.has("B"):
                found["B"].append(_second(a, x, b, y, c, crossed))
            if self.has("P"):
                found["P"].append((Moment("dN", (a, b, x), _given(c)), ((1, 2),)))
            if self.has("Q"):
                found["Q"].append((Moment("dN", (a, b, x), _given(c)), pair))
        return dict(found)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Unordered pairs of inputs."""
        return [(a, b) for a in range(self.inputs) for b in range(a, self.inputs)]

    @cached_property
    def recursion(self) -> Recursion:
        """The moments to be carried."""
        return Recursion((moment for reads in self.reads.values() for moment, _ in reads), self.inputs)

    @cached_property
    def readings(self) -> dict[Group, set[Matching]]:
        """New matchings that are read, of each group: all that the last hidden layer is asked for."""
        found: dict[Group, set[Matching]] = defaultdict(set)
        for reads in self.reads.values():
            for moment, matching in reads:
                found[self.recursion.place(moment)[0]].add(matching)
        return dict(found)

    def wanted(self, stage: Stage) -> dict[Group, set[Matching]] | None:
        """None for all matchings."""
        return self.readings if stage.last else None

    @lru_cache(maxsize=32)  # noqa: B019 - programs are few and small
    def requests(self, stage: Stage) -> Requests:
        """Sums over neurons of a step."""
        found = self.recursion.requests(stage.first, self.wanted(stage))
        slopes = [Request(((1, a), (1, b))) for a, b in self.pairs if self.has("Theta", "Theta1")]
        asked = [Request(factors, *kind) for kind, rows in found.rows.items() for factors in rows]
        return Requests([*asked, *slopes], self.inputs)


def _given(inputs: Iterable[int]) -> tuple[int, ...]:
    """The inputs of a component, and others up to `FEWEST`: conditioning on more is as exact, and one program serves
    components of one, two and three inputs."""
    found = set(inputs)
    found |= set(range(total)) - found if len(found) < FEWEST else set()
    return tuple(sorted(found))


def _first(a: int, b: int, component: Iterable[int]) -> Moment:
    return Moment("N", (a, b), _given(component))


def _second(
    a: int, b: int, x: int, y: int, component: Iterable[int], matching: Matching
) -> tuple[Moment, Matching]:
    """N(a, b) N(x, y) in a standard order of the slots, so that equal ones are computed once, and the matching there."""
    legs = sorted((sorted(((a, 0), (b, 1))), sorted(((x, 2), (y, 3)))), key=lambda pair: [value for value, _ in pair])
    flat = [leg for pair in legs for leg in pair]
    place = {old: new for new, (_, old) in enumerate(flat)}
    renamed = tuple(sorted(tuple(sorted((place[s], place[t]))) for s, t in matching))
    return Moment("NN", tuple(value for value, _ in flat), _given(component)), renamed


# ---- controls ----


class Response(NamedTuple):
    """Linear response of the mean kernels of the next layer to those of this one, at infinite width, (input, input) each:
    expectations of d2(s s) and d2(s' s') by the covariance, of s' s', and the NTK."""

    ss: tuple[np.ndarray, np.ndarray, np.ndarray]
    slopes: tuple[np.ndarray, np.ndarray, np.ndarray]
    theta: np.ndarray


def responses(
    activation: Activation, architecture: Architecture, K: np.ndarray, theta: np.ndarray
) -> list[Response]:
    """One for each hidden layer."""
    found = []
    for layer in range(1, architecture.depth):
        pair = gaussian_expectations(activation, K, 2 * activation.nodes).pair
        found.append(
            Response((pair(2, 0), pair(1, 1), pair(0, 2)), (pair(3, 1), pair(2, 2), pair(1, 3)), theta),
        )
        c_w, lambda_w = architecture.c_w[layer], architecture.lambda_w[layer]
        theta = architecture.lambda_b[layer] + lambda_w * pair(0, 0) + c_w * theta * pair(1, 1)
        K = architecture.c_b[layer] + c_w * pair(0, 0)
    return found


def _second_derivative(parts: Sequence[Array], change: Array) -> Array:
    """Half the sum over slots g, h of <d2(f f)/dz_g dz_h> change_gh, (input, input, network)."""
    own = jnp.stack([change[a, a] for a in range(len(change))])
    left, mixed, right = (part[:, :, None] for part in parts)
    return 0.5 * (left * own[:, None] + right * own[None, :]) + mixed * change


def _controls(
    program: Program, constants: Constants, response: Response, g: Array, ss: Array, slopes: Array | None, change
) -> tuple[Array, Array]:
    """What the mean kernels of this network deviate by, to first order: kappa and tau of the next layer.

    X and Y are the means over the neurons of s s and s' s' less their expectations given the layer before; each has mean
    zero exactly, and so has every linear combination of those of all layers.
    """
    kappa, tau = change
    duals = program.activation.duals
    v = jnp.stack([g[a, a] for a in range(program.inputs)])
    pairs = [(g[a, b], v[a], v[b]) for a, b in program.pairs]
    d = [duals.derivative_dual(*pair) for pair in pairs]
    X = ss - _matrix(program, [duals.dual(*pair, slope) for pair, slope in zip(pairs, d, strict=True)])
    through_ss, through_slopes = (_second_derivative(part, kappa) for part in (response.ss, response.slopes))
    new = constants.c_w * (X + through_ss)
    if slopes is None:
        return new, tau
    Y = slopes - _matrix(program, d)
    theta = response.theta[:, :, None]
    moving = theta * (Y + through_slopes) + response.ss[1][:, :, None] * tau
    return new, constants.lambda_w * (X + through_ss) + constants.c_w * moving


def _matrix(program: Program, values: Sequence[Array]) -> Array:
    """(input, input, network) from values of unordered pairs."""
    number = {pair: k for k, pair in enumerate(program.pairs)}
    size = range(program.inputs)
    return jnp.stack([jnp.stack([values[number[min(a, b), max(a, b)]] for b in size]) for a in size])


# ---- one chunk of networks ----


@partial(jax.jit, static_argnums=(0, 1, 2))
def _neurons(program: Program, stage: Stage, width: int, keys, layer: int, L: Float[Array, "r r network"]):
    """Draw layer number `layer`, of `width` neurons, and sum over them."""
    r = program.inputs
    keys = jax.vmap(lambda key: jax.random.fold_in(key, layer))(keys)

    def some(part):
        keys, L = part
        u = jax.vmap(lambda key: jax.random.normal(key, (r, width), jnp.float32))(keys).astype(jnp.float64)
        z = jnp.stack([sum(L[:, a, b, None] * u[:, b] for b in range(a + 1)) for a in range(r)], axis=1)
        return neuron_sums(program.requests(stage), program.activation, z)

    L = jnp.moveaxis(L, 2, 0)
    side = 1 << max(0, min(CHUNK, NEURONS // width).bit_length() - 1)
    if len(keys) <= side or len(keys) % side:
        return some((keys, L))
    split = jax.tree.map(lambda leaf: leaf.reshape(-1, side, *leaf.shape[1:]), (keys, L))
    return jax.tree.map(
        lambda leaf: jnp.moveaxis(leaf, 0, 2).reshape(*leaf.shape[1:3], -1), jax.lax.map(some, split)
    )


@partial(jax.jit, static_argnums=(0, 1))
def _step(program: Program, stage: Stage, constants: Constants, response, sums, state):
    """From the sums over a layer to what estimates the tensors of the next one, and to what is carried there."""
    requests, recursion, r = program.requests(stage), program.recursion, program.inputs
    g_old, M_old, cores, change = state
    c = constants.c_w / constants.width
    plain = sums[0, 0][:, 0]

    def total(order: int) -> Array:
        rows = [requests.row(Request(((order, a), (order, b)))) for a, b in program.pairs]
        return _matrix(program, [plain[row] for row in rows]) / constants.width

    ss = total(0)
    g = constants.c_b + constants.c_w * ss
    d = constants.lambda_b + constants.lambda_w * ss
    out = {"g": g}
    roots = {given: whitening(g[np.ix_(given, given)]) for given in recursion.givens}
    M_new = {given: root[1] for given, root in roots.items()}
    raw, direct = recursion.raw(constants, requests, sums, cores, M_old, M_new, program.wanted(stage))
    if program.has(*KERNELS):
        slopes = total(1) if program.has("Theta", "Theta1") else None
        change = _controls(program, constants, response, g_old, ss, slopes, change)
        out["kappa"], out["tau"] = change

    def read(name: str) -> Iterator[tuple[Moment, Array]]:
        for moment, matching in program.reads.get(name, ()):
            group, number = recursion.place(moment)
            yield moment, raw[group][matching][number]

    for name in ("w", "w left", "w right"):
        if name in program.reads:
            out[name] = jnp.stack([d[moment.inputs] + c * value for moment, value in read(name)])
    if "ww" in program.reads:
        products = []
        for (moment, both), (a, b, x, y) in zip(read("ww"), program.components, strict=True):
            left, right = (
                c * _core(raw, recursion, moment.of("N", slots), ((0, 1),)) for slots in ((0, 1), (2, 3))
            )
            d1, d2 = (d[moment.inputs[s], moment.inputs[t]] for s, t in ((0, 1), (2, 3)))
            products.append(d1 * d2 + d1 * right + d2 * left + c * c * both)
        out["ww"] = jnp.stack(products)
    if "B" in program.reads:
        out["B"] = jnp.stack([constants.width * c * c * value for _, value in read("B")])

    def row(component: Component, slot: int) -> Array:
        given = _given(component)
        return roots[given][0][given.index(component[slot])]

    if "F" in program.reads:
        out["F"] = constants.width * jnp.stack([
            jnp.einsum("rn,rsn,sn->n", row(component, 0), value, row(component, 2))
            for (_, value), component in zip(read("F"), program.components, strict=True)
        ])  # fmt: skip
    for name in ("P", "Q"):
        if name in program.reads:
            found = []
            for (moment, value), component in zip(read(name), program.components, strict=True):
                vector = c * value
                if name == "Q":
                    vector = vector + _core(direct, recursion, moment, ((0, 1),))
                found.append(constants.width * jnp.sum(row(component, 3) * vector, axis=0))
            out[name] = jnp.stack(found)
    if stage.last:
        return out, None
    L = whitening(g)[0]
    return out, (L, (g, M_new, recursion.advance(constants, raw, direct, d), change))


def _core(cores, recursion: Recursion, moment: Moment, matching: Matching) -> Array:
    group, number = recursion.place(moment)
    return cores[group][matching][number]


def drawn(
    program: Program, architecture: Architecture, K: np.ndarray, theta: np.ndarray, key: int, networks: int
) -> dict[str, np.ndarray]:
    """What the estimators are made of, {name: (layer, ..., network)} for layers 2, 3, ...: (input, input) for g and the
    controls kappa and tau, one entry for each unordered pair of inputs for w, one for each component otherwise."""
    r = program.inputs
    chunks = -(-networks // CHUNK)
    if not program.has(*KERNELS):
        response = [None] * (architecture.depth - 1)
    else:
        response = _responses(program.activation, architecture, K.tobytes(), theta.tobytes(), r)
    root = jax.random.PRNGKey(key)
    K_wide = jnp.broadcast_to(jnp.asarray(K)[:, :, None], (r, r, CHUNK))
    L1 = whitening(K_wide)[0]
    M1 = {given: whitening(K_wide[np.ix_(given, given)])[1] for given in program.recursion.givens}
    zero = jnp.zeros((r, r, CHUNK))
    found = []
    for chunk in range(chunks):
        numbers = jnp.arange(chunk * CHUNK, (chunk + 1) * CHUNK)
        keys = jax.vmap(partial(jax.random.fold_in, root))(numbers)
        L, state = L1, (K_wide, M1, program.recursion.initial(theta, CHUNK), (zero, zero))
        layers = []
        for layer, width in enumerate(architecture.widths, 1):
            # A middle layer's program does for the last too: compiling another takes longer than it would save.
            stage = Stage(layer == 1, layer == architecture.depth - 1 and architecture.depth <= 3)
            sums = _neurons(program, stage, width, keys, layer, L)
            constants = Constants(
                architecture.c_w[layer], architecture.c_b[layer], architecture.lambda_w[layer],
                architecture.lambda_b[layer], float(width),
            )  # fmt: skip
            out, onward = _step(program, stage, constants, response[layer - 1], sums, state)
            layers.append(out)
            if onward:
                L, state = onward
        found.append({name: np.stack([np.asarray(out[name]) for out in layers]) for name in layers[0]})
    return {name: np.concatenate([part[name] for part in found], axis=-1)[..., :networks] for name in found[0]}


@lru_cache(maxsize=32)
def _responses(activation, architecture, K: bytes, theta: bytes, inputs: int) -> list[Response]:
    K, theta = (np.frombuffer(content).reshape(inputs, inputs) for content in (K, theta))
    return responses(activation, architecture, K, theta)

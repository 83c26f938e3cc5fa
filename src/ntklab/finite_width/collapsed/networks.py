"""Draw the preactivations of many networks, layer by layer, and read off the conditional means of what estimates the tensors.

Given a layer, the rows of preactivations of the next are independent N(0, g) with g_ab = C_b + C_W H_a.H_b / n: nothing else of
the layer is needed to draw it, and no weight ever is. Cost and memory are linear in the width.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntklab.activations import Activation
from ntklab.finite_width.collapsed.matchings import Matching, straight
from ntklab.finite_width.collapsed.moments import KINDS, Constants, Group, Moment, Recursion, whitening
from ntklab.finite_width.collapsed.neuron_sums import Request, Requests, neuron_sums
from ntklab.finite_width.ensemble import Component, Ensemble, infinite_kernels
from ntklab.finite_width.expectations import gaussian_expectations

CHUNKS = (32, 1024)
"""Fewest and most networks computed side by side."""
CACHE = 2**19
"""Bytes that the largest array of cores may take: more networks side by side would leave the cache."""
BLOCK, SIDE = 50, 64
"""Neurons, and networks, whose sums are computed side by side: they stay in the cache. The papers' widths are multiples."""
FEWEST = 3
"""Inputs that every component is conditioned on at least, where there are as many."""
KERNELS = ("K", "Theta", "K1", "Theta1")
TENSORS = (*KERNELS, "V", "D", "F", "A", "B", "P", "Q")
"""What can be sampled in this way."""


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
        pair, both, crossed = ((0, 1),), straight(4), ((0, 2), (1, 3))
        if self.has("Theta", "Theta1"):
            found["w"] = [(Moment("N", (a, b), self.given((a, b))), pair) for a, b in self.pairs]
        for c in self.components:
            a, b, x, y = c
            given = self.given(c)
            if self.has("D", "A"):
                found["w right"].append((_first(x, y, given), pair))
            if self.has("A"):
                found["w left"].append((_first(a, b, given), pair))
                found["ww"].append(_second(a, b, x, y, given, both))
            if self.has("F"):
                found["F"].append((Moment("N", (b, y), given), ()))
            if self.has("B"):
                found["B"].append(_second(a, x, b, y, given, crossed))
            if self.has("P"):
                found["P"].append((Moment("dN", (a, b, x), given), ((1, 2),)))
            if self.has("Q"):
                found["Q"].append((Moment("dN", (a, b, x), given), pair))
        return dict(found)

    def given(self, component: Iterable[int]) -> tuple[int, ...]:
        """The inputs conditioned on: those of a component, and others up to `FEWEST`. More inputs are as exact, and one
        program serves components of one, two and three inputs."""
        own = set(component)
        more = (a for a in range(self.inputs) if a not in own)
        return tuple(sorted(own | set(itertools.islice(more, max(0, FEWEST - len(own))))))

    def blocks(self, name: str) -> list["Block"]:
        """What an estimator reads, group by group."""
        found: dict[tuple[Group, Matching], Block] = {}
        for number, (moment, matching) in enumerate(self.reads[name]):
            group, place = self.recursion.place(moment)
            block = found.setdefault((group, matching), Block(group, matching, [], []))
            block.numbers.append(number)
            block.places.append(place)
        return list(found.values())

    def chunk(self, networks: int) -> int:
        """Networks computed side by side, of so many."""
        entries = [len(moments) * r ** KINDS[kind].legs for (kind, r), moments in self.recursion.groups.items()]
        fitting = max(1, CACHE // (8 * max([1, *entries])))
        most = min(fitting, CHUNKS[1], networks)
        return max(CHUNKS[0], 1 << (most - 1).bit_length() if most == networks else 1 << most.bit_length() - 1)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Unordered pairs of inputs."""
        return [(a, b) for a in range(self.inputs) for b in range(a, self.inputs)]

    @cached_property
    def pair_numbers(self) -> np.ndarray:
        """Number of the unordered pair of two inputs, (input, input)."""
        numbers = np.empty((self.inputs, self.inputs), int)
        for k, (a, b) in enumerate(self.pairs):
            numbers[a, b] = numbers[b, a] = k
        return numbers

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


class Block(NamedTuple):
    """Reads of one core: which components (or pairs) they are, and the moments' numbers in the group."""

    group: Group
    matching: Matching
    numbers: list[int]
    places: list[int]


def _first(a: int, b: int, given: tuple[int, ...]) -> Moment:
    """Equal ones are computed once: the order of the slots does not matter where a pair of neurons is summed over."""
    return Moment("N", (min(a, b), max(a, b)), given)


def _second(a: int, b: int, x: int, y: int, given: tuple[int, ...], matching: Matching) -> tuple[Moment, Matching]:
    """N(a, b) N(x, y) in a standard order of the slots, so that equal ones are computed once, and the matching there."""
    legs = sorted((sorted(((a, 0), (b, 1))), sorted(((x, 2), (y, 3)))), key=lambda pair: [value for value, _ in pair])
    flat = [leg for pair in legs for leg in pair]
    place = {old: new for new, (_, old) in enumerate(flat)}
    renamed = tuple(sorted(tuple(sorted((place[s], place[t]))) for s, t in matching))
    return Moment("NN", tuple(value for value, _ in flat), given), renamed


# ---- controls ----


class Response(NamedTuple):
    """Linear response of the mean kernels of the next layer to those of this one, at infinite width, (input, input) each:
    expectations of the second derivatives of s s and of s' s', slot by slot, and the NTK."""

    ss: tuple[np.ndarray, np.ndarray, np.ndarray]
    slopes: tuple[np.ndarray, np.ndarray, np.ndarray]
    theta: np.ndarray


@lru_cache(maxsize=32)
def responses(ensemble: Ensemble) -> list[Response]:
    """One for each hidden layer."""
    activation, kernels = ensemble.activation, infinite_kernels(ensemble)
    found = []
    for K, theta in list(zip(kernels["K"], kernels["Theta"], strict=True))[:-1]:
        pair = gaussian_expectations(activation, K, 2 * activation.nodes).pair
        ss, slopes = ((pair(p + 2, p), pair(p + 1, p + 1), pair(p, p + 2)) for p in (0, 1))
        found.append(Response(ss, slopes, theta))
    return found


def _second_derivative(parts: Sequence[Array], change: Array) -> Array:
    """Half the sum over slots g, h of <d2(f f)/dz_g dz_h> change_gh, (input, input, network)."""
    own = jnp.stack([change[a, a] for a in range(len(change))])
    left, mixed, right = (part[:, :, None] for part in parts)
    return 0.5 * (left * own[:, None] + right * own[None, :]) + mixed * change


def _controls(
    program: Program, stage: Stage, constants: Constants, response: Response, g: Array, ss, slopes, change
) -> tuple[Array, Array]:
    """What the mean kernels of this network deviate by, to first order: kappa and tau of the next layer.

    X and Y are the means over the neurons of s s and s' s' less their expectations given the layer before, and w is the mean
    NTK given that layer: X and w Y have mean zero exactly, and so has every linear combination of those of all layers.
    Without closed forms the expectations are those of layer 1 only, one integral for all networks.
    """
    kappa, tau, w = change
    through_ss, through_slopes = (_second_derivative(part, kappa) for part in (response.ss, response.slopes))
    X = Y = 0.0
    if stage.first or program.activation.closed_duals:
        duals = program.activation.duals
        g = g[..., :1] if stage.first else g
        pairs = [(g[a, b], g[a, a], g[b, b]) for a, b in program.pairs]
        d = [duals.derivative_dual(*pair) for pair in pairs]
        X = ss - _matrix(program, [duals.dual(*pair, slope) for pair, slope in zip(pairs, d, strict=True)])
        Y = 0.0 if slopes is None else slopes - _matrix(program, d)
    new = constants.c_w * (X + through_ss)
    if slopes is None:
        return new, tau
    moving = w * Y + response.theta[:, :, None] * through_slopes + response.ss[1][:, :, None] * tau
    return new, constants.lambda_w * (X + through_ss) + constants.c_w * moving


def _matrix(program: Program, values: Sequence[Array] | Array) -> Array:
    """(input, input, network) from values of unordered pairs."""
    return jnp.stack([jnp.stack([values[k] for k in row]) for row in program.pair_numbers])


# ---- one chunk of networks ----


@partial(jax.jit, static_argnums=(0, 1))
def _neurons(program: Program, stage: Stage, width, keys, layer, L: Float[Array, "r r network"]):
    """Draw layer number `layer`, of `width` neurons, and sum over them, `BLOCK` neurons at a time: one program for all widths."""
    r, requests = program.inputs, program.requests(stage)
    keys = jax.vmap(lambda key: jax.random.fold_in(key, layer))(keys)

    def block(number, keys, L):
        keys = jax.vmap(lambda key: jax.random.fold_in(key, number))(keys)
        u = jax.vmap(lambda key: jax.random.normal(key, (r, BLOCK), jnp.float32))(keys).astype(jnp.float64)
        z = jnp.stack([sum(L[:, a, b, None] * u[:, b] for b in range(a + 1)) for a in range(r)], axis=1)
        return neuron_sums(requests, program.activation, z, jnp.arange(BLOCK) < width - number * BLOCK)

    def some(part):
        keys, L = part
        zero = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(block, 0, keys, L))
        return jax.lax.fori_loop(
            0, -(-width // BLOCK), lambda k, total: jax.tree.map(jnp.add, total, block(k, keys, L)), zero
        )

    L = jnp.moveaxis(L, 2, 0)
    side = min(len(keys), SIDE)
    split = jax.tree.map(lambda leaf: leaf.reshape(-1, side, *leaf.shape[1:]), (keys, L))
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, 2).reshape(*leaf.shape[1:3], -1), jax.lax.map(some, split))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _step(program: Program, stage: Stage, summed: Stage, constants: Constants, response, sums, state):
    """From the sums over a layer to what estimates the tensors of the next one, and to what is carried there; `summed` is the
    stage whose sums were computed."""
    requests, recursion = program.requests(summed), program.recursion
    g_old, M_old, cores, change = state
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
        out["kappa"], out["tau"] = _controls(program, stage, constants, response, g_old, ss, slopes, change)

    out |= _estimators(program, constants, d, {given: root[0] for given, root in roots.items()}, raw, direct)
    if stage.last:
        return out, None
    if program.has(*KERNELS):
        w = _matrix(program, out["w"]) if "w" in out else change[2]
        change = out["kappa"], out["tau"], w
    L = whitening(g)[0]
    return out, (L, (g, M_new, recursion.advance(constants, raw, direct, d), change))


def _estimators(program: Program, constants: Constants, d, roots, raw, direct) -> dict[str, Array]:
    """Conditional means at the next layer, (pair or component, network) each."""
    c, n = constants.c_w / constants.width, constants.width

    def read(name: str, of: Callable[[Block, Array], Array]) -> Array:
        blocks = program.blocks(name)
        order = np.argsort(np.concatenate([block.numbers for block in blocks]))
        values = [of(block, raw[block.group][block.matching][np.array(block.places)]) for block in blocks]
        return jnp.concatenate(values)[order]

    def slots(block: Block, number: int) -> np.ndarray:
        return np.array([program.recursion.groups[block.group][place].inputs[number] for place in block.places])

    def row(block: Block, number: int) -> Array:
        """Row of L of the input in a slot of each component, (component, r, network)."""
        components = [program.components[k] for k in block.numbers]
        return jnp.stack([
            roots[given][given.index(component[number])]
            for component, given in ((component, program.given(component)) for component in components)
        ])  # fmt: skip

    def w(block: Block, value: Array) -> Array:
        return d[slots(block, 0), slots(block, 1)] + c * value

    def ww(block: Block, value: Array) -> Array:
        moments = [program.recursion.groups[block.group][place] for place in block.places]
        left, right = (_cores(program, raw, [m.of("N", pair) for m in moments], ((0, 1),)) for pair in straight(4))
        d12, d34 = (d[slots(block, s), slots(block, t)] for s, t in straight(4))
        return d12 * d34 + c * (d12 * right + d34 * left) + c * c * value

    def f(block: Block, value: Array) -> Array:
        through = (value * row(block, 2)[:, None]).sum(2)
        return n * (row(block, 0) * through).sum(1)

    def q(block: Block, value: Array) -> Array:
        own = direct[block.group][((0, 1),)][np.array(block.places)]
        return n * (row(block, 3) * (c * value + own)).sum(1)

    readers = {
        "w": w, "w left": w, "w right": w, "ww": ww, "F": f, "Q": q,
        "B": lambda block, value: n * c * c * value,
        "P": lambda block, value: n * c * (row(block, 3) * value).sum(1),
    }  # fmt: skip
    return {name: read(name, readers[name]) for name in program.reads}


def _cores(program: Program, cores, moments: Sequence[Moment], matching: Matching) -> Array:
    places = [program.recursion.place(moment) for moment in moments]
    return cores[places[0][0]][matching][np.array([number for _, number in places])]


def drawn(program: Program, ensemble: Ensemble, key: int, networks: int) -> dict[str, np.ndarray]:
    """What the estimators are made of, {name: (layer, ..., network)} for layers 2, 3, ...: (input, input) for g and the
    controls kappa and tau, one entry for each unordered pair of inputs for w, one for each component otherwise.

    Network number i of a key is the same whatever else is asked of these inputs.
    """
    chunk = program.chunk(networks)
    parts = [_layers(program, ensemble, key, np.arange(first, first + chunk)) for first in range(0, networks, chunk)]
    return {name: np.concatenate([part[name] for part in parts], axis=-1)[..., :networks] for name in parts[0]}


@partial(jax.jit, static_argnums=(0, 1))
def _start(program: Program, size: int, key, numbers, K, theta):
    """Keys of the networks, the root of layer 1, and what is known of it."""
    keys = jax.vmap(partial(jax.random.fold_in, key))(numbers)
    wide, wide_theta = (jnp.broadcast_to(kernel[:, :, None], (*kernel.shape, size)) for kernel in (K, theta))
    M = {given: whitening(wide[np.ix_(given, given)])[1] for given in program.recursion.givens}
    change = jnp.zeros_like(wide), jnp.zeros_like(wide), wide_theta
    return keys, whitening(wide)[0], (wide, M, program.recursion.initial(theta, size), change)


def _layers(program: Program, ensemble: Ensemble, key: int, numbers) -> dict[str, np.ndarray]:
    architecture = ensemble.architecture
    response: Sequence[Response | None] = [None] * (architecture.depth - 1)
    if program.has(*KERNELS):
        response = responses(ensemble)
    keys, L, state = _start(program, len(numbers), jax.random.PRNGKey(key), numbers, *ensemble.first)
    found = []
    for layer, width in enumerate(architecture.widths, 1):
        # A middle layer's programs do for others too: compiling another takes longer than it would save.
        shallow = architecture.depth <= 3
        stage = Stage(layer == 1, layer == architecture.depth - 1 and shallow)
        summed = stage if shallow else Stage(False, False)
        sums = _neurons(program, summed, width, keys, layer, L)
        constants = Constants.of(architecture, layer)
        out, onward = _step(program, stage, summed, constants, response[layer - 1], sums, state)
        found.append(out)
        if onward:
            L, state = onward
    return {name: np.stack([np.asarray(out[name]) for out in found]) for name in found[0]}

"""Conditional moments of the NTK and its derivative given the preactivations, carried from layer to layer.

Let z be the preactivations of a layer and u = M z their whitened form (`whitening`), for the inputs `given`. All weights are
averaged over; what is left is invariant under rotations of the neurons that leave z, so that a moment of k legs is

    E[ T_(i_1 ... i_k) | z ] = sum over partial matchings p   prod_(s t in p) delta_(i_s i_t)
                                                              core_p[alpha_s : s free] prod_(s free) u_(i_s alpha_s)

Given both layers that it connects, with H = sigma(z), c = C_W / n and kappa = c M' H^T (M' of the next layer),

    W / sqrt(n) = u' kappa + noise,     rows of the noise independent N(0, c 1 - kappa^T kappa)

so that every core of the next layer is a sum over neurons of this one (`matchings`). N is the NTK between neurons, NN two of
them, dN its derivative along the NTK; slots of a moment are the numbers of its inputs. Exact at every finite width.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntklab.finite_width.architecture import Architecture
from ntklab.finite_width.collapsed.matchings import Factors, Matching, Part, Vertex, free, matchings, parts, straight
from ntklab.finite_width.collapsed.neuron_sums import Request, Requests

DEPENDENT = 1e-12
"""Pivots of a covariance below this fraction of its diagonal entry are rounding errors of a dependent input."""


class Moment(NamedTuple):
    """A product of NTKs or derivatives: `kind` of KINDS, the inputs in its slots, and the inputs conditioned on, sorted."""

    kind: str
    inputs: tuple[int, ...]
    given: tuple[int, ...]

    def of(self, kind: str, slots: tuple[int, ...]) -> "Moment":
        """Another one on some of the same inputs."""
        return Moment(kind, tuple(self.inputs[slot] for slot in slots), self.given)


class Source(NamedTuple):
    """What of the layer before enters: a moment on some of the slots, and how its legs are joined."""

    kind: str
    slots: tuple[int, ...]
    vertices: tuple[Vertex, ...]


class Kind(NamedTuple):
    """Number of legs, and what enters through weight matrices on all of them."""

    legs: int
    sources: tuple[Source, ...]


def _onward(legs: int) -> tuple[Vertex, ...]:
    """Each leg goes on through one slope."""
    return tuple(Vertex((leg,), leg, ((1, leg),)) for leg in range(legs))


KINDS = {
    "N": Kind(2, (Source("N", (0, 1), _onward(2)),)),
    "NN": Kind(4, (Source("NN", (0, 1, 2, 3), _onward(4)),)),
    "dN": Kind(
        3,
        (
            # s''_j(0) N_jk(0, 1) N_jm(0, 2)
            Source(
                "NN",
                (0, 1, 0, 2),
                (Vertex((0, 2), 0, ((2, 0),)), Vertex((1,), 1, ((1, 1),)), Vertex((3,), 2, ((1, 2),))),
            ),
            Source("dN", (0, 1, 2), _onward(3)),
        ),
    ),
}
DIRECT = {
    ((0, 1),): Source("N", (0, 2), (Vertex((0,), None, ((0, 1), (1, 0))), Vertex((1,), 2, ((1, 2),)))),
    ((0, 2),): Source("N", (0, 1), (Vertex((0,), None, ((0, 2), (1, 0))), Vertex((1,), 1, ((1, 1),)))),
}
"""dN where the derivative is by a weight between the layers themselves, which ties leg 0 to leg 1 or 2."""

Cores = dict[Matching, Array]
"""Core of each matching, (moment, ..., network) with an axis for each free leg."""
Group = tuple[str, int]
"""Moments of one kind on as many different inputs are computed together: (kind, inputs)."""


class Constants(NamedTuple):
    """Of the step between two layers: C_W, C_b, lambda_W, lambda_b of the next, neurons of this one."""

    c_w: float
    c_b: float
    lambda_w: float
    lambda_b: float
    width: float

    @classmethod
    def of(cls, architecture: Architecture, layer: int) -> "Constants":
        """From hidden layer number `layer` to the next."""
        a = architecture
        return cls(a.c_w[layer], a.c_b[layer], a.lambda_w[layer], a.lambda_b[layer], float(a.widths[layer - 1]))


def whitening(g: Float[Array, "r r network"]) -> tuple[Array, Array]:
    """L and M, both (r, r, network): g = L L^T, and M L the unit matrix, with zero rows for dependent inputs.

    Cholesky without pivoting; a pivot below `DEPENDENT` goes to zero with its column.
    """
    r = len(g)
    zero = jnp.zeros_like(g[0, 0])
    L = [[zero] * r for _ in range(r)]
    M = [[zero] * r for _ in range(r)]
    for j in range(r):
        pivot = g[j, j] - sum((L[j][k] ** 2 for k in range(j)), zero)
        kept = pivot > DEPENDENT * g[j, j]
        root = jnp.sqrt(jnp.where(kept, pivot, 1.0))
        inverse = jnp.where(kept, 1 / root, 0.0)
        L[j][j] = jnp.where(kept, root, 0.0)
        for i in range(j + 1, r):
            L[i][j] = inverse * (g[i, j] - sum((L[i][k] * L[j][k] for k in range(j)), zero))
        M[j][j] = inverse
        for i in range(j):
            M[j][i] = -inverse * sum((L[j][k] * M[k][i] for k in range(i, j)), zero)
    return jnp.stack([jnp.stack(row) for row in L]), jnp.stack([jnp.stack(row) for row in M])


class Recursion:
    """The moments asked for, with all those that they are made of, in groups."""

    def __init__(self, moments: Iterable[Moment], inputs: int):
        self.inputs = inputs
        self.groups: dict[Group, list[Moment]] = defaultdict(list)
        for moment in sorted(_closure(moments)):
            self.groups[moment.kind, len(moment.given)].append(moment)
        self.givens = sorted({moment.given for group in self.groups.values() for moment in group})

    def place(self, moment: Moment) -> tuple[Group, int]:
        """Its group and its number there."""
        group = moment.kind, len(moment.given)
        return group, self.groups[group].index(moment)

    def initial(self, theta: Float[Array, "input input"], networks: int) -> dict[Group, Cores]:
        """Layer 1: N is Theta times the unit matrix, dN vanishes."""
        cores: dict[Group, Cores] = {}
        for (kind, r), group in self.groups.items():
            if kind == "dN":
                cores[kind, r] = {}
                continue
            full = straight(KINDS[kind].legs)
            pairs = np.array([[(m.inputs[s], m.inputs[t]) for s, t in full] for m in group])
            values = theta[pairs[..., 0], pairs[..., 1]].prod(axis=1)
            cores[kind, r] = {full: jnp.broadcast_to(values[:, None], (len(group), networks))}
        return cores

    # ---- which sums over neurons are needed ----

    def requests(self, first: bool, wanted: Mapping[Group, Iterable[Matching]] | None) -> Requests:
        """Sums over neurons for a step from layer 1 (`first`) or a later one, to the wanted new matchings (None: all)."""
        found: set[Request] = {Request(((0, a), (0, b))) for a in range(self.inputs) for b in range(a, self.inputs)}
        for group, moments in self.groups.items():
            sources = [(source, q) for source in KINDS[group[0]].sources for q in _wanted(group, wanted)]
            if group[0] == "dN":
                sources += [(source, ()) for q, source in DIRECT.items() if q in _wanted(group, wanted)]
            for source, q in sources:
                for p in _present(source.kind, first):
                    for part in parts(source.vertices, p, q):
                        found |= {_request(part, moment) for moment in moments}
        return Requests(found, self.inputs)

    # ---- one step ----

    def raw(
        self,
        constants: Constants,
        requests: Requests,
        sums: Mapping[tuple[int, int], Array],
        cores: Mapping[Group, Cores],
        old: Mapping[tuple[int, ...], Array],
        new: Mapping[tuple[int, ...], Array],
        wanted: Mapping[Group, Iterable[Matching]] | None,
    ) -> tuple[dict[Group, Cores], dict[Group, Cores]]:
        """Sums over graphs for the wanted new matchings, with kappa on every free leg and the unit matrix on every pair; and
        the direct ones of dN. `old` and `new` are M of both layers for each set of inputs conditioned on."""
        found: dict[Group, Cores] = {}
        direct: dict[Group, Cores] = {}
        for group, moments in self.groups.items():
            qs = _wanted(group, wanted)
            if not qs:
                continue
            tensor = _tensors(_parts_of(group, cores, qs), moments, requests, sums, old, new, constants)
            found[group] = {}
            for source in KINDS[group[0]].sources:
                _add(found[group], self._from(source, moments, cores, qs, tensor))
            if group[0] == "dN":
                direct[group] = {
                    q: constants.lambda_w / constants.width * part
                    for q in qs
                    if q in DIRECT
                    for part in self._from(DIRECT[q], moments, cores, [()], tensor).values()
                }
        return found, direct

    def _from(
        self,
        source: Source,
        moments: list[Moment],
        cores: Mapping[Group, Cores],
        qs: Iterable[Matching],
        tensor: Callable[[Part], Array],
    ) -> Cores:
        """What one source contributes, new matching by new matching."""
        places = [self.place(moment.of(source.kind, source.slots)) for moment in moments]
        group, numbers = places[0][0], np.array([number for _, number in places])
        whole = numbers.tolist() == list(range(len(self.groups[group])))
        found: Cores = {}
        for p, core in cores[group].items():
            core = core if whole else core[numbers]
            memory: dict[tuple[Part, ...], tuple[Array, list]] = {}
            labels = [("old", leg) for leg in free(p, KINDS[source.kind].legs)]
            for q in qs:
                _add(found, {q: _contracted(core, labels, parts(source.vertices, p, q), tensor, memory)})
        return found

    def advance(
        self, constants: Constants, raw: Mapping[Group, Cores], direct: Mapping[Group, Cores], d: Array
    ) -> dict[Group, Cores]:
        """Cores of the next layer: the noise of the weights instead of the unit matrix, and the direct terms; d_ab is what
        the last weights and biases add to the diagonal of N, (input, input, network)."""
        c = constants.c_w / constants.width
        cores = {group: _less_signal(raws, KINDS[group[0]].legs, c) for group, raws in raw.items()}
        full, empty, left, right = ((0, 1), (2, 3)), (), ((0, 1),), ((2, 3),)
        for group, moments in self.groups.items():
            new = cores[group]
            if group[0] == "NN":
                (d12, t12, s12), (d34, t34, s34) = (
                    self._first([moment.of("N", slots) for moment in moments], cores, d) for slots in ((0, 1), (2, 3))
                )
                new[full] = new[full] + d12 * d34 + d12 * t34 + d34 * t12
                new[left] = new[left] + d12[:, None, None] * s34
                new[right] = new[right] + d34[:, None, None] * s12
            if group[0] == "dN":
                _add(new, direct[group])
        for group, moments in self.groups.items():
            if group[0] == "N":  # after the others, which need it without its direct term
                a, b = np.array([moment.inputs for moment in moments]).T
                cores[group] = {empty: cores[group][empty], left: cores[group][left] + d[a, b]}
        return cores

    def _first(self, moments: list[Moment], cores: Mapping[Group, Cores], d: Array) -> tuple[Array, Array, Array]:
        """d, theta and S of first moments."""
        places = [self.place(moment) for moment in moments]
        numbers, new = np.array([number for _, number in places]), cores[places[0][0]]
        a, b = np.array([moment.inputs for moment in moments]).T
        return d[a, b], new[((0, 1),)][numbers], new[()][numbers]


def _closure(moments: Iterable[Moment]) -> set[Moment]:
    found: set[Moment] = set()
    stack = list(moments)
    while stack:
        moment = stack.pop()
        if moment in found:
            continue
        found.add(moment)
        stack += [moment.of(source.kind, source.slots) for source in KINDS[moment.kind].sources]
        if moment.kind == "NN":
            stack += [moment.of("N", slots) for slots in ((0, 1), (2, 3))]
        if moment.kind == "dN":
            stack += [moment.of(source.kind, source.slots) for source in DIRECT.values()]
    return found


def _present(kind: str, first: bool) -> tuple[Matching, ...]:
    """Matchings whose core does not vanish: at layer 1 the one that `initial` has."""
    legs = KINDS[kind].legs
    if not first:
        return matchings(legs)
    return () if kind == "dN" else (straight(legs),)


def _wanted(group: Group, wanted: Mapping[Group, Iterable[Matching]] | None) -> tuple[Matching, ...]:
    return matchings(KINDS[group[0]].legs) if wanted is None else tuple(sorted(wanted.get(group, ())))


def _parts_of(group: Group, cores: Mapping[Group, Cores], qs: Iterable[Matching]) -> set[Part]:
    """Connected parts of all graphs of a step."""
    asked = [(source, q) for source in KINDS[group[0]].sources for q in qs]
    if group[0] == "dN":
        asked += [(source, ()) for q, source in DIRECT.items() if q in qs]
    return {part for source, q in asked for p in cores[source.kind, group[1]] for part in parts(source.vertices, p, q)}


def _request(part: Part, moment: Moment) -> Request:
    factors = tuple(sorted((order, moment.inputs[slot]) for order, slot in part.factors))
    return Request(factors, len(part.old), len(part.new))


def _tensors(found: Iterable[Part], moments, requests, sums, old, new, constants) -> Callable[[Part], Array]:
    """Part -> its sums over neurons in whitened coordinates, (moment, *old ends, *new ends, network).

    All parts with as many ends are taken and transformed at once, (moment, part, *ends, network).
    """
    M_old = jnp.stack([old[moment.given] for moment in moments])
    M_new = jnp.stack([new[moment.given] for moment in moments]) * (constants.c_w / constants.width)
    kinds: dict[tuple[int, int], dict[Factors, list[int]]] = {}
    for part in sorted(found):
        asked = [_request(part, moment) for moment in moments]
        kinds.setdefault(asked[0][1:], {})[part.factors] = [requests.row(request) for request in asked]
    values, places = {}, {}
    for kind, rows in kinds.items():
        row = np.array(list(rows.values())).T
        column = np.stack([requests.columns(kind, moment.given) for moment in moments])
        wide = (..., *(None,) * sum(kind))
        value = sums[kind][row[wide], column[:, None]]
        for axis in range(sum(kind)):
            value = _transformed(value, axis + 2, M_old if axis < kind[0] else M_new)
        values[kind], places[kind] = value, list(rows)

    def tensor(part: Part) -> Array:
        kind = len(part.old), len(part.new)
        return values[kind][:, places[kind].index(part.factors)]

    return tensor


def _transformed(value: Array, axis: int, M: Array) -> Array:
    """sum_b M[a, b] value[..., b, ...] with the new index at the same place."""
    moved = jnp.moveaxis(value, axis, 1)
    wide = M.reshape(*M.shape[:3], *(1,) * (moved.ndim - 3), M.shape[-1])
    return jnp.moveaxis((wide * moved[:, None]).sum(2), 1, axis)


def _contracted(core, labels, found: tuple[Part, ...], tensor, memory) -> Array:
    """A core times all parts; what parts share at the beginning is computed once. Axes in the order of the new legs."""
    value = core
    for number, part in enumerate(found, 1):
        done = found[:number]
        if done not in memory:
            memory[done] = _times(value, labels, tensor(part), part)
        value, labels = memory[done]
    order = sorted(range(len(labels)), key=lambda k: labels[k][1])
    return value.transpose(0, *(1 + k for k in order), value.ndim - 1)


def _times(value: Array, labels: list, part: Array, ends: Part) -> tuple[Array, list]:
    """Sum over the old ends of a part; its new ends come last. A product and a sum, which are fused over networks."""
    axes = [1 + labels.index(("old", leg)) for leg in ends.old]
    rest = [label for label in labels if label not in {("old", leg) for leg in ends.old}]
    summed, more = len(axes), len(ends.new)
    value = jnp.moveaxis(value, axes, range(1, 1 + summed))
    value = value.reshape(*value.shape[:-1], *(1,) * more, value.shape[-1])
    part = part.reshape(*part.shape[: 1 + summed], *(1,) * len(rest), *part.shape[1 + summed :])
    return (value * part).sum(tuple(range(1, 1 + summed))), [*rest, *(("new", leg) for leg in ends.new)]


def _add(total: Cores, more: Cores) -> None:
    for q, value in more.items():
        total[q] = total[q] + value if q in total else value


def _less_signal(raw: Cores, legs: int, c) -> Cores:
    """c 1 - kappa^T kappa on every pair instead of 1: new_q = sum_(k in q) c^|k| (-1)^|q - k| Tr_(q - k) raw_k."""
    found: Cores = {}
    for q in raw:
        total = 0.0
        for k in (k for size in range(len(q) + 1) for k in itertools.combinations(q, size)):
            dropped = [pair for pair in q if pair not in k]
            total = total + c ** len(k) * (-1) ** len(dropped) * _traced(raw[k], free(k, legs), dropped)
        found[q] = total
    return found


def _traced(value: Array, legs: tuple[int, ...], pairs: list[tuple[int, int]]) -> Array:
    labels = list(legs)
    for a, b in pairs:
        i, j = 1 + labels.index(a), 1 + labels.index(b)
        value = jnp.trace(value, axis1=i, axis2=j)
        labels = [leg for leg in labels if leg not in (a, b)]
    return value

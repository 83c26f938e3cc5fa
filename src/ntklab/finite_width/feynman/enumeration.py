"""All diagrams of a cumulant at a given order in 1/n, from the rules alone: none twice, none missing."""

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterator
from fractions import Fraction
from math import factorial, prod

import networkx as nx

from ntklab.errors import InputError
from ntklab.finite_width.feynman.diagram import (
    Diagram,
    Internal,
    Line,
    Mean,
    Solid,
    Vertex,
    graph,
    isomorphic,
    slots_of,
    with_symmetry,
)
from ntklab.finite_width.feynman.rules import CUBIC, MAX_LEGS, TENSORS, Tensor


def enumerate_diagrams(request: Tensor) -> list[Diagram]:
    """Every distinct diagram of `request` at its order in 1/n, with its symmetry factor.

    `request` is an entry of `rules.TENSORS`, or a cumulant of your own, e.g. two preactivations and a Hessian product.
    `ValueError` for more legs, another order, a pair of legs that no cubic vertex joins, or lines that end in a cumulant of the
    layer before that is neither `request` nor an entry of `rules.TENSORS`.
    """
    _check(request)
    distinct: list[tuple[Diagram, nx.Graph]] = []
    for diagram, _ in candidates(request):
        drawn = graph(diagram)
        if not any(isomorphic(drawn, other) for _, other in distinct):
            distinct.append((diagram, drawn))
    return [with_symmetry(diagram) for diagram, _ in distinct]


def candidates(request: Tensor) -> Iterator[tuple[Diagram, Fraction]]:
    """Every assignment of vertices, propagators and lines that the rules allow, equal ones repeated.

    The weight 1 / prod k! over the propagators (k solid lines from the internal vertex to each) is that of Taylor's
    series; summed over the repetitions of a diagram it is its symmetry factor, which is counted otherwise.
    """
    for vertices in itertools.product(*(_vertices(request, pair) for pair in request.label_pairs)):
        for propagators in _partitions(len(vertices)):
            internal_vertices = request.order - (len(vertices) - len(propagators))
            if internal_vertices not in (0, 1):
                continue
            bare = Diagram(request, vertices, propagators)
            for contracted, handed_down in _contractions(bare):
                attached = Diagram(request, vertices, propagators, contracted)
                if internal_vertices == 0 and not handed_down:
                    yield attached, Fraction(1)
                elif internal_vertices == 1:
                    yield from _attach(attached, handed_down)


def _check(request: Tensor) -> None:
    if len(request.legs) > MAX_LEGS:
        raise ValueError(f"{request.name}: {len(request.legs)} legs; supported are {MAX_LEGS} or 2, as order 1/n needs")
    if request.order != 1 and (request.order, len(request.legs)) != (0, 2):
        raise ValueError(f"{request.name}: order {request.order} in 1/n; supported are 0 (means of 2 legs) and 1")


def _vertices(request: Tensor, pair: tuple[int, int]) -> list[Vertex]:
    """Every cubic vertex that joins a pair of external legs, in both orientations and all namings of its colours."""
    found: dict[Hashable, Vertex] = {}
    for rule in CUBIC:
        for legs in (pair, pair[::-1]):
            for colours in _namings(rule.legs, [request.legs[leg] for leg in legs]):
                vertex = Vertex(rule, legs, tuple(sorted(colours.items())))
                # The same lines and derivatives: the other orientation or naming of a rule that is symmetric.
                orders = frozenset(frozenset(zip(legs, d.orders, strict=True)) for d in rule.decoration)
                found.setdefault((rule, orders, frozenset(vertex.lines(0))), vertex)
    if not found:
        legs = " and ".join(request.legs[leg] or "z" for leg in pair)
        known = ", ".join(dict.fromkeys("-".join(c or "z" for c in rule.legs) for rule in CUBIC))
        raise ValueError(f"{request.name}: no cubic vertex joins legs of the colours {legs}; the rules join {known}")
    return list(found.values())


def _namings(pattern: tuple[str, str], colours: list[str]) -> Iterator[dict[str, str]]:
    """All ways to read a rule's colours as those of two legs: bijections that respect which colours are shared."""
    names, actual = sorted(set("".join(pattern))), sorted(set("".join(colours)))
    if len(names) != len(actual) or [len(c) for c in pattern] != [len(c) for c in colours]:
        return
    for chosen in itertools.permutations(actual):
        naming = dict(zip(names, chosen, strict=True))
        if all({naming[c] for c in side} == set(own) for side, own in zip(pattern, colours, strict=True)):
            yield naming


def _partitions(count: int) -> list[tuple[tuple[int, ...], ...]]:
    """All ways to distribute vertices over propagators."""
    found: list[tuple[tuple[int, ...], ...]] = [()]
    for index in range(count):
        found = [
            (*parts[:k], (*parts[k], index), *parts[k + 1 :]) if k < len(parts) else (*parts, (index,))
            for parts in found
            for k in range(len(parts) + 1)
        ]
    return found


def _contractions(diagram: Diagram) -> Iterator[tuple[tuple[Mean, ...], tuple[Line, ...]]]:
    """Which sets of lines meet at a propagator and give their mean, and which lines go on to the internal vertex."""
    composites = _composites(diagram.lines)
    options = [[None, mean] if (mean := _mean(diagram, lines)) else [None] for lines in composites]
    for chosen in itertools.product(*options):
        handed_down = [lines for lines, mean in zip(composites, chosen, strict=True) if mean is None]
        yield tuple(mean for mean in chosen if mean), tuple(itertools.chain.from_iterable(handed_down))


def _composites(lines: tuple[Line, ...]) -> list[tuple[Line, ...]]:
    """Lines grouped by the colours that join them: NTKs, dNTKs, ddNTKs of layer l."""
    joined = nx.Graph()
    joined.add_nodes_from(lines)
    joined.add_edges_from(
        pair for pair in itertools.combinations(lines, 2) if set(pair[0].colours) & set(pair[1].colours)
    )
    return [tuple(line for line in lines if line in component) for component in nx.connected_components(joined)]


def _mean(diagram: Diagram, lines: tuple[Line, ...]) -> Mean | None:
    """The infinite-width mean of lines from different vertices at one propagator, if they have one."""
    if len({line.vertex for line in lines}) < 2 or len({diagram.propagator_of(line) for line in lines}) > 1:
        return None
    legs = {line: line.colours for line in lines}
    for tensor in TENSORS.values():
        if tensor.order == 0 and len(legs) == 2 and slots_of(tensor, legs, [tuple(lines)]):
            return Mean(tensor.name, lines)
    return None


def _attach(diagram: Diagram, lines: tuple[Line, ...]) -> Iterator[tuple[Diagram, Fraction]]:
    """All ways to join the lines, and solid lines, to one internal vertex."""
    for rank in (2, MAX_LEGS):
        numbers = range(len(diagram.propagators))
        for places in itertools.combinations_with_replacement(numbers, max(rank - len(lines), 0)):
            ends = [*sorted(lines, key=_by_leg), *(Solid(place, number) for number, place in enumerate(places))]
            if len(ends) == rank and _connected(diagram, ends):
                weight = Fraction(1, prod(factorial(places.count(number)) for number in numbers))
                for internal in _internals(diagram, ends):
                    yield (
                        Diagram(diagram.tensor, diagram.vertices, diagram.propagators, diagram.means, internal),
                        weight,
                    )


def _by_leg(line: Line) -> tuple[int, str]:
    return line.leg, line.colours


def _connected(diagram: Diagram, ends: list[Solid | Line]) -> bool:
    """Whether the internal vertex reaches every propagator, and none has a decoration that nothing acts on.

    A propagator without a solid line whose vertices are all wavy is the expectation of a fluctuation, zero.
    """
    reached = {diagram.propagator_of(end) for end in ends}
    return reached == set(range(len(diagram.propagators)))


def _internals(diagram: Diagram, ends: list[Solid | Line]) -> Iterator[Internal]:
    """The internal vertices with these ends: at every propagator the ends are paired in all ways."""
    by_propagator = defaultdict(list)
    for end in ends:
        by_propagator[diagram.propagator_of(end)].append(end)
    legs = {end: end.colours if isinstance(end, Line) else "" for end in ends}
    for pairings in itertools.product(*(_pairings(group) for group in by_propagator.values())):
        pairs = list(itertools.chain.from_iterable(pairings))
        known = [Internal(tensor, slots) for tensor in TENSORS.values() if (slots := _ending_in(tensor, legs, pairs))]
        if not known:
            # A cumulant of one's own may feed on itself at the layer before.
            known = [Internal(diagram.tensor, slots) for slots in [_ending_in(diagram.tensor, legs, pairs)] if slots]
        if not known:
            ends_in = ", ".join(" with ".join(legs[end] or "z" for end in pair) for pair in pairs)
            raise InputError(
                f"{diagram.tensor.name}: lines end in a cumulant of the layer before that is no entry of rules.TENSORS, of legs "
                f"{ends_in}; add it there first"
            )
        yield from known


def _ending_in(tensor: Tensor, legs: dict[Solid | Line, str], pairs: list[tuple]) -> tuple | None:
    """Which of the lines goes into which slot of an internal vertex; None if they do not fit it."""
    return slots_of(tensor, legs, pairs) if tensor.order == 1 and len(tensor.colours) == len(legs) else None


def _pairings(items: list) -> Iterator[list[tuple]]:
    """All perfect matchings; none for an odd number of items."""
    if not items:
        yield []
    for partner in range(1, len(items)):
        rest = items[1:partner] + items[partner + 1 :]
        yield from ([(items[0], items[partner]), *others] for others in _pairings(rest))

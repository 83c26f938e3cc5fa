"""What a diagram is: vertices, propagators, contracted lines, internal vertex, symmetry factor; and its graph."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import networkx as nx
from networkx.algorithms.isomorphism import GraphMatcher, categorical_node_match

from ntklab.finite_width.feynman.rules import CubicVertex, Tensor

SAME_KIND = categorical_node_match("kind", None)


@dataclass(frozen=True)
class Line:
    """A derivative handed down by a cubic vertex: which vertex, for which external leg, and its colours."""

    vertex: int
    leg: int
    colours: str


@dataclass(frozen=True)
class Vertex:
    """A cubic vertex in a diagram: its rule, the external legs at alpha and beta, and the rule's colours there."""

    rule: CubicVertex
    legs: tuple[int, int]
    colours: tuple[tuple[str, str], ...]

    def lines(self, index: int) -> tuple[Line, ...]:
        """The lines it hands down, as the vertex number `index` of its diagram."""
        return tuple(Line(index, self.legs[side], self.actual(colours)) for side, colours in self.rule.lines)

    def actual(self, colours: str) -> str:
        """The diagram's colours for colours of the rule."""
        return "".join(sorted(dict(self.colours)[colour] for colour in colours))


@dataclass(frozen=True)
class Mean:
    """Lines that meet at one propagator and give the infinite-width mean `tensor`."""

    tensor: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Solid:
    """A solid line between a propagator and the internal vertex; `number` tells those of a diagram apart."""

    propagator: int
    number: int


@dataclass(frozen=True)
class Internal:
    """The internal vertex: a tensor of layer l, and what ends in each of its slots."""

    tensor: Tensor
    ends: tuple[Solid | Line, ...]


@dataclass(frozen=True, repr=False)
class Diagram:
    """One Feynman diagram of `tensor` at layer l + 1. `propagators[k]` are the vertices attached to propagator k."""

    tensor: Tensor
    vertices: tuple[Vertex, ...]
    propagators: tuple[tuple[int, ...], ...]
    means: tuple[Mean, ...] = ()
    internal: Internal | None = None
    symmetry: Fraction = Fraction(1)

    def __repr__(self) -> str:
        internal = f", internal vertex {self.internal.tensor.name}" if self.internal else ""
        return (
            f"Diagram of {self.tensor.name}: {len(self.vertices)} cubic vertices, {len(self.propagators)} propagators"
            f"{internal}, symmetry factor {self.symmetry}"
        )

    def propagator_of(self, end: "Solid | Line") -> int:
        """The propagator at which a line starts."""
        if isinstance(end, Solid):
            return end.propagator
        return next(k for k, vertices in enumerate(self.propagators) if end.vertex in vertices)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines handed down by the cubic vertices."""
        return tuple(line for index, vertex in enumerate(self.vertices) for line in vertex.lines(index))


def graph(diagram: Diagram) -> nx.Graph:
    """The diagram as a graph whose isomorphisms are those of diagrams with fixed external legs.

    Every line, slot and neural delta of the internal vertex is a node, so that no edge is double. Colours are nodes
    without a name: a contracted index may be renamed, as far as the external legs allow it.
    """
    drawn = external_graph(diagram.tensor)
    for index, vertex in enumerate(diagram.vertices):
        drawn.add_node(("vertex", index), kind=("vertex", vertex.rule))
        drawn.add_edges_from((("vertex", index), ("leg", leg)) for leg in vertex.legs)
        for line in vertex.lines(index):
            drawn.add_node(line, kind="line")
            drawn.add_edges_from([(line, ("vertex", index)), (line, ("leg", line.leg))])
            drawn.add_edges_from((line, ("colour", colour)) for colour in line.colours)
    for number, vertices in enumerate(diagram.propagators):
        drawn.add_node(("propagator", number), kind="propagator")
        drawn.add_edges_from((("propagator", number), ("vertex", index)) for index in vertices)
    for mean in diagram.means:
        drawn.add_node(mean, kind=("mean", mean.tensor))
        drawn.add_edges_from((mean, line) for line in mean.lines)
    if diagram.internal:
        _add_internal(drawn, diagram.internal)
    return drawn


def _add_internal(drawn: nx.Graph, internal: Internal) -> None:
    drawn.add_node("internal", kind=("internal", internal.tensor.name))
    for slot, end in enumerate(internal.ends):
        drawn.add_node(("slot", slot), kind="solid" if isinstance(end, Solid) else "dotted")
        drawn.add_edge("internal", ("slot", slot))
        drawn.add_edge(("slot", slot), ("propagator", end.propagator) if isinstance(end, Solid) else end)
    for number, slots in enumerate(internal.tensor.pairs):
        drawn.add_node(("delta", number), kind="delta")
        drawn.add_edges_from((("delta", number), ("slot", slot)) for slot in slots)


def external_graph(tensor: Tensor) -> nx.Graph:
    """External legs, each a kind of its own, and the colours that join them."""
    drawn = nx.Graph()
    for label, colours in tensor.legs.items():
        drawn.add_node(("leg", label), kind=("leg", label))
        for colour in colours:
            drawn.add_node(("colour", colour), kind="colour")
            drawn.add_edge(("leg", label), ("colour", colour))
    return drawn


def isomorphic(first: nx.Graph, second: nx.Graph) -> bool:
    """Whether two graphs of diagrams are the same diagram."""
    return nx.is_isomorphic(first, second, node_match=SAME_KIND)


def automorphisms(drawn: nx.Graph) -> int:
    """Number of ways to map a graph of a diagram onto itself."""
    return sum(1 for _ in GraphMatcher(drawn, drawn, node_match=SAME_KIND).isomorphisms_iter())


def with_symmetry(diagram: Diagram) -> Diagram:
    """The diagram with its symmetry factor, automorphisms of the external legs over those of the diagram.

    The numerator is 1 but for observables with two equal colours, as the Hessian product, whose sums over both colours
    count a diagram once for each way to name them.
    """
    ratio = Fraction(automorphisms(external_graph(diagram.tensor)), automorphisms(graph(diagram)))
    return replace(diagram, symmetry=ratio)


def slots_of(tensor: Tensor, legs: Mapping[Any, str], pairs: Iterable[tuple[Any, Any]]) -> tuple | None:
    """Which leg goes into which slot of `tensor`, so that colours are contracted and neurons paired as there; or None.

    `legs` maps any names to colours. Answers are related by symmetries of the tensor: the first in the order of `legs` counts.
    """
    theirs = pattern(dict(enumerate(tensor.colours)), tensor.pairs)
    maps = GraphMatcher(theirs, pattern(legs, pairs), node_match=SAME_KIND).isomorphisms_iter()
    answers = (tuple(found["leg", slot][1] for slot in range(len(tensor.colours))) for found in maps)
    order = {name: position for position, name in enumerate(legs)}
    return min(answers, key=lambda slots: [order[name] for name in slots], default=None)


def pattern(legs: Mapping[Any, str], pairs: Iterable[tuple[Any, Any]]) -> nx.Graph:
    """Legs, the colours that contract them and the neural deltas that pair them, as a graph; its automorphisms are symmetries."""
    drawn = nx.Graph()
    for name, colours in legs.items():
        drawn.add_node(("leg", name), kind="leg")
        for colour in colours:
            drawn.add_node(("colour", colour), kind="colour")
            drawn.add_edge(("leg", name), ("colour", colour))
    for number, pair in enumerate(pairs):
        drawn.add_node(("delta", number), kind="delta")
        drawn.add_edges_from((("delta", number), ("leg", name)) for name in pair)
    return drawn

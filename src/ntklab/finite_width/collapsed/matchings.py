"""Which sums over neurons carry a conditional moment one layer further: matchings of legs and the graphs they make.

A conditional moment of k legs at one layer is a sum over partial matchings of its legs (`moments`). A weight matrix between
two layers is averaged over by Wick's theorem: each leg continues to the next layer, or two legs meet in one weight matrix.
Old matching p and new matching q are then edges of a graph whose vertices are sums over one neuron each; its connected parts
share a neuron, and an end of a part is a leg that no edge of p, or none of q, uses up.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

Matching = tuple[tuple[int, int], ...]
"""Pairs of legs, each sorted, in increasing order; legs that are in none are free."""
Factors = tuple[tuple[int, int], ...]
"""Derivatives of the activation that are multiplied at one neuron: (order, slot) or (order, input), sorted."""


class Vertex(NamedTuple):
    """One sum over neurons: the legs of the layer before that end at it, the leg of the next that starts there (None where
    the derivative by that weight was taken), and what multiplies them."""

    old: tuple[int, ...]
    new: int | None
    factors: Factors


class Part(NamedTuple):
    """A connected part of the graph: sum_i prod factors_i * prod_(old ends) u_i * prod_(new ends) kappa_i."""

    factors: Factors
    old: tuple[int, ...]
    new: tuple[int, ...]


@cache
def matchings(legs: int) -> tuple[Matching, ...]:
    """All partial matchings of the legs 0 ... legs - 1: 2 for two legs, 4 for three, 10 for four."""

    def extend(remaining: tuple[int, ...]) -> Iterator[Matching]:
        if not remaining:
            yield ()
            return
        first, rest = remaining[0], remaining[1:]
        yield from extend(rest)
        for other in rest:
            for more in extend(tuple(leg for leg in rest if leg != other)):
                yield ((first, other), *more)

    return tuple(sorted(extend(tuple(range(legs))), key=lambda q: (len(q), q)))


def straight(legs: int) -> Matching:
    """Neighbours in pairs: the two legs of each NTK."""
    return tuple((leg, leg + 1) for leg in range(0, legs, 2))


def free(matching: Matching, legs: int) -> tuple[int, ...]:
    """The legs that are in no pair."""
    used = {leg for pair in matching for leg in pair}
    return tuple(leg for leg in range(legs) if leg not in used)


@cache
def parts(vertices: tuple[Vertex, ...], p: Matching, q: Matching) -> tuple[Part, ...]:
    """The connected parts for one pair of old and new matching, those that remove most ends first."""
    label = list(range(len(vertices)))
    of_old = {leg: v for v, vertex in enumerate(vertices) for leg in vertex.old}
    of_new = {vertex.new: v for v, vertex in enumerate(vertices) if vertex.new is not None}
    for owner, pairs in ((of_old, p), (of_new, q)):
        for a, b in pairs:
            keep, drop = label[owner[a]], label[owner[b]]
            label = [keep if x == drop else x for x in label]
    matched_old, matched_new = ({leg for pair in pairs for leg in pair} for pairs in (p, q))
    found = []
    for part in sorted(set(label)):
        members = [vertex for vertex, x in zip(vertices, label, strict=True) if x == part]
        found.append(
            Part(
                tuple(sorted(factor for vertex in members for factor in vertex.factors)),
                tuple(leg for leg in sorted(of_old) if leg not in matched_old and label[of_old[leg]] == part),
                tuple(leg for leg in sorted(of_new) if leg not in matched_new and label[of_new[leg]] == part),
            )
        )
    return tuple(sorted(found, key=lambda part: (_growth(part), part)))


def _growth(part: Part) -> int:
    """Twice the ends that come in by it; a factor without ends goes before what makes the moment larger, after the rest."""
    return 2 * (len(part.new) - len(part.old)) if part.old or part.new else 1

"""The table of cubic vertices follows from Gaussian weights and the chain rule."""

import itertools
from collections import Counter

import networkx as nx
import pytest

from ntklab.finite_width.feynman import enumeration
from ntklab.finite_width.feynman.rules import CUBIC, TENSORS, CubicVertex, Decoration, table


def derived_vertices(alpha: str, beta: str):
    """Every cubic vertex of two legs from Gaussian weights and the chain rule: (C, lambda, orders, lines), lines in layer l.

    Plain: C for two legs that meet at the same weight. Direct: lambda, when a shared colour is that very weight. The chain
    rule gives sigma^(k) for a partition of the remaining colours into k blocks, and one line for each block.
    """
    cases = [(1, 0, alpha, beta)]
    cases += [(0, 1, alpha.replace(c, ""), beta.replace(c, "")) for c in sorted(set(alpha) & set(beta))]
    for c, lam, first, second in cases:
        for left, right in itertools.product(blocks(first), blocks(second)):
            yield c, lam, (len(left), len(right)), tuple([(0, b) for b in left] + [(1, b) for b in right])


def blocks(colours: str):
    if not colours:
        yield []
        return
    for size in range(len(colours)):
        for chosen in itertools.combinations(colours[1:], size):
            rest = "".join(c for c in colours[1:] if c not in chosen)
            for others in blocks(rest):
                yield [colours[0] + "".join(chosen), *others]


def contracted(lines):
    """All ways to replace an NTK or Hessian product inside one vertex by its mean: (means, lines left)."""
    joined = nx.Graph()
    joined.add_nodes_from(range(len(lines)))
    joined.add_edges_from(
        (i, j) for i, j in itertools.combinations(range(len(lines)), 2) if set(lines[i][1]) & set(lines[j][1])
    )
    pieces = [[lines[i] for i in sorted(piece)] for piece in nx.connected_components(joined)]
    options = [[((), tuple(piece))] for piece in pieces]
    for piece, option in zip(pieces, options, strict=True):
        if len(piece) == 2 and piece[0][1] == piece[1][1] and len(piece[0][1]) <= 2:
            option.append((("Theta", "H")[len(piece[0][1]) - 1 :][:1], ()))
    for chosen in itertools.product(*options):
        means, left = (
            (tuple(sorted(itertools.chain(*part))) for part in zip(*chosen, strict=True)) if chosen else ((), ())
        )
        yield means, left


def derived_rules(legs: tuple[str, str]) -> Counter:
    """All vertices of two legs, as (C, lambda, orders, means, lines), with how often each occurs."""
    return Counter(
        (c, lam, orders, *left) for c, lam, orders, lines in derived_vertices(*legs) for left in contracted(lines)
    )


def listed_rules(legs: tuple[str, str]) -> Counter:
    """The same from the table; a rule stands for all namings of its colours and both orientations."""
    listed = Counter()
    for rule in (rule for rule in CUBIC if rule.legs == legs):
        for d in rule.decoration:
            for key in {renamed(legs, rule, d, *how) for how in renamings(legs)}:
                listed[key] += d.factor
    return listed


def renamed(legs, rule, decoration, naming, exchanged):
    lines = [(side ^ exchanged, "".join(sorted(naming[c] for c in colours))) for side, colours in rule.lines]
    orders = decoration.orders[::-1] if exchanged else decoration.orders
    return decoration.c, decoration.lam, orders, tuple(sorted(decoration.means)), tuple(sorted(lines))


def renamings(legs):
    """Renamings of colours, with the legs exchanged or not, that leave the colours of both legs as they are."""
    names = sorted(set("".join(legs)))
    for chosen in itertools.permutations(names):
        naming = dict(zip(names, chosen, strict=True))
        image = tuple("".join(sorted(naming[c] for c in leg)) for leg in legs)
        for exchanged in (False, True):
            if image == (legs[::-1] if exchanged else legs):
                yield naming, exchanged


PAIRS = sorted({rule.legs for rule in CUBIC})


@pytest.mark.parametrize("legs", PAIRS)
def test_the_table_of_vertices_follows_from_weights_and_chain_rule(legs):
    assert listed_rules(legs) <= derived_rules(legs)


def test_vertices_left_out_of_the_table_give_no_diagram(enumerated, monkeypatch):
    """The chain rule also gives vertices that hand down more than one internal vertex of order 1/n can absorb."""
    left_out = [
        CubicVertex(legs, (Decoration(orders, c, lam, means),), lines, ())
        for legs in PAIRS
        for c, lam, orders, means, lines in derived_rules(legs) - listed_rules(legs)
    ]
    assert left_out
    monkeypatch.setattr(enumeration, "CUBIC", (*CUBIC, *left_out))
    counts = {name: len(enumeration.enumerate_diagrams(tensor)) for name, tensor in TENSORS.items()}
    assert counts == {name: len(diagrams) for name, diagrams in enumerated.items()}


def test_the_table_names_every_rule_and_tensor():
    text = table()
    assert text.count("->") == len(CUBIC)
    assert all(f"{name}[" in text for name in TENSORS)

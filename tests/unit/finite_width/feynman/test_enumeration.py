"""Enumeration: the paper's counts, no diagram twice, symmetry factors of Taylor's series, refusals."""

import itertools
from collections import Counter
from dataclasses import replace

import pytest

from ntklab.finite_width.feynman.diagram import graph, isomorphic
from ntklab.finite_width.feynman.enumeration import candidates, enumerate_diagrams
from ntklab.finite_width.feynman.rules import PAPER_TENSORS, TENSORS, Tensor

COUNTS = {"V": 2, "K1": 2, "F": 2, "D": 3, "A": 5, "B": 2, "Theta1": 5, "P": 3, "Q": 5, "R": 7, "S": 5, "T": 13, "U": 2}
"""Counted by hand (App. D); Q's two diagrams with lambda are drawn as one in the paper, the F of layer l + 1."""


def test_the_counts_are_those_of_the_paper(enumerated):
    assert {name: len(enumerated[name]) for name in PAPER_TENSORS} == COUNTS


@pytest.mark.parametrize("name", TENSORS)
def test_no_diagram_appears_twice(enumerated, name):
    for first, second in itertools.combinations(enumerated[name], 2):
        assert not isomorphic(graph(first), graph(second))


@pytest.mark.parametrize("name", TENSORS)
def test_symmetry_factors_are_those_of_taylors_series(enumerated, name):
    """Automorphisms counted by networkx against 1/k! for every k solid lines, summed over all repeated assignments."""
    weights = Counter()
    for candidate, weight in candidates(TENSORS[name]):
        (number,) = [k for k, d in enumerate(enumerated[name]) if isomorphic(graph(candidate), graph(d))]
        weights[number] += weight
    assert [weights[k] for k in range(len(enumerated[name]))] == [d.symmetry for d in enumerated[name]]


def test_unsupported_requests_say_what_is_supported():
    six = Tensor("V6", "V_6", ("",) * 6, tuple(range(6)), ((0, 1), (2, 3), (4, 5)), 2, "", "")
    with pytest.raises(ValueError, match="6 legs; supported are 4 or 2"):
        enumerate_diagrams(six)
    with pytest.raises(ValueError, match="order 2 in 1/n; supported are 0"):
        enumerate_diagrams(replace(TENSORS["V"], order=2))
    with pytest.raises(ValueError, match="no cubic vertex joins legs of the colours abcd and z"):
        enumerate_diagrams(Tensor("W", "W", ("abcd", ""), (1, 2), ((0, 1),), 1, "", ""))

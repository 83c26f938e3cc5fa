"""Matchings of legs, and the graphs of old and new ones."""

import math

import pytest

from ntklab.finite_width.collapsed.matchings import Part, Vertex, free, matchings, parts, straight

LEGS = tuple(Vertex((leg,), leg, ((1, leg),)) for leg in range(4))


@pytest.mark.parametrize("legs", range(7))
def test_there_are_as_many_matchings_as_involutions(legs):
    expected = sum(
        math.comb(legs, 2 * k) * math.factorial(2 * k) // (2**k * math.factorial(k)) for k in range(legs // 2 + 1)
    )
    assert len(matchings(legs)) == len(set(matchings(legs))) == expected


def test_free_legs_are_those_in_no_pair():
    assert free(((0, 2),), 4) == (1, 3)
    assert straight(4) == ((0, 1), (2, 3))


def test_a_cycle_has_no_ends():
    [part] = parts(LEGS, ((0, 1), (2, 3)), ((0, 2), (1, 3)))
    assert part == Part(tuple((1, leg) for leg in range(4)), (), ())


def test_a_path_has_an_end_on_each_side():
    """3 -q- 1 -p- 0: leg 0 is free among the new ones, leg 3 among the old ones."""
    assert Part(((1, 0), (1, 1), (1, 3)), (3,), (0,)) in parts(LEGS, ((0, 1),), ((1, 3),))


def test_legs_that_meet_at_one_vertex_share_its_neuron():
    vertices = (Vertex((0, 2), 0, ((2, 0),)), Vertex((1,), 1, ((1, 1),)), Vertex((3,), 2, ((1, 2),)))
    [part] = parts(vertices, ((0, 1), (2, 3)), ((1, 2),))
    assert part == Part(((1, 1), (1, 2), (2, 0)), (), (0,))

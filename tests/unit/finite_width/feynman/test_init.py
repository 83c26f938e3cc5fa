"""The collection of a tensor's diagrams: it counts, prints and draws itself, and so does a slice of it."""
# ruff: noqa: RUF001  (Greek letters and primes are meant)

import re

import pytest

from ntklab.finite_width import diagrams as diagrams_of
from ntklab.finite_width.feynman import Diagram, Diagrams


def test_diagrams_draw_themselves():
    found = diagrams_of("F")
    assert len(found) == 2 and all(isinstance(diagram, Diagram) for diagram in found)
    picture = found._repr_svg_()
    assert picture.startswith("<?xml") and picture.count("<svg") == 1
    assert found.tikz().count(r"\begin{tikzpicture}") == 2
    assert len(found.figure().axes) >= 2


def test_a_slice_is_a_collection_of_the_same_tensor():
    found = diagrams_of("Theta1")
    part = found[1:3]
    assert isinstance(part, Diagrams) and part.tensor is found.tensor
    assert list(part) == [found[1], found[2]] and list(found[::-1]) == list(found)[::-1]
    assert list(found[:]) == list(found) and len(found[5:]) == 0
    assert str(part).count("symmetry factor") == 2 and "diagrams: 2" in str(part)
    assert part.tikz().count(r"\begin{tikzpicture}") == 2
    assert part._repr_svg_().count("<svg") == 1
    assert (found[:2].symbolic() + found[2:].symbolic() - found.symbolic()).expand() == 0


def test_their_repr_is_a_line_each():
    found = diagrams_of("F")
    lines = repr(found).splitlines()
    assert lines[0] == "Diagrams of F, cumulant of z1, z2 and NTK(3,4): 2; print them for the formulas"
    assert [line[:6] for line in lines[1:]] == ["  [1] ", "  [2] "]
    assert repr(found[1]) == "Diagram of F: 2 cubic vertices, 2 propagators, internal vertex F, symmetry factor 1"
    none = found[2:]
    assert len(repr(none).splitlines()) == 1 and none._repr_svg_() is None


def test_printed_diagrams_are_numbered_and_followed_by_the_recursion():
    lines = str(diagrams_of("V")).splitlines()
    assert lines[0].startswith("V: cumulant of z1 z2 z3 z4") and lines[0].endswith("diagrams: 2")
    assert [line.split("]")[0] for line in lines if line.startswith("  [")] == ["  [1", "  [2"]
    assert lines[-1] == "V′_1234 = C^2 ⟨ΔG_12 ΔG_34⟩ + 1/4 r C^2 Σ_ghuv V_ghuv ⟨∂_g∂_h G_12⟩ ⟨∂_u∂_v G_34⟩"


@pytest.mark.parametrize(("tensor", "order", "message"), [
    ("Teta1", None, "Did you mean 'Theta1'"), ("G4", None, "Supported: K, Theta, K1, V"),
    ("V", 2, "V at order 2 in 1/n is not supported: V is of order 1"),
])  # fmt: skip
def test_an_unknown_tensor_or_order_is_refused_in_one_line(tensor, order, message):
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        diagrams_of(tensor, order)
    assert "\n" not in str(error.value)

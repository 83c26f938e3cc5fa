"""Symmetries of tensors are those of the graphs of their colours and neural deltas."""

import numpy as np
import pytest
from networkx.algorithms.isomorphism import GraphMatcher

from ntklab.finite_width.feynman.diagram import SAME_KIND, pattern
from ntklab.finite_width.feynman.numeric import assemble
from ntklab.finite_width.feynman.rules import TENSORS

SYMMETRIES = {
    "V": ["1023", "0132", "2301"], "D": ["1023", "0132"], "A": ["1023", "0132", "2301"], "F": ["2301"],
    "B": ["1032", "2301"], "P": ["0213"], "Q": [], "R": ["0132"], "S": ["1032"], "T": ["2301"], "U": ["2301"],
}  # fmt: skip
"""Permutations of the slots that leave a tensor as it is, read off its definition; they generate the others."""


@pytest.mark.parametrize("name", SYMMETRIES)
def test_symmetries_of_a_tensor_are_those_of_its_graph(enumerated, layers, symmetrised, name):
    shape = pattern(dict(enumerate(TENSORS[name].colours)), TENSORS[name].pairs)
    generated, size = {"0123"}, 0
    while len(generated) > size:
        size = len(generated)
        generated |= {"".join(p[int(k)] for k in q) for p in generated for q in SYMMETRIES[name]}
    maps = GraphMatcher(shape, shape, node_match=SAME_KIND).isomorphisms_iter()
    found = {"".join(str(m["leg", slot][1]) for slot in range(4)) for m in maps}
    assert found == generated
    array = assemble(enumerated[name], layers[1])
    np.testing.assert_allclose(symmetrised(TENSORS[name], array), array, rtol=1e-9, atol=1e-11 * np.abs(array).max())

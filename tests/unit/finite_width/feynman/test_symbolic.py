"""Terms in SymPy have the values of the numeric ones."""

import pytest
import sympy as sp

from ntklab.finite_width.feynman.numeric import evaluate
from ntklab.finite_width.feynman.rules import TENSORS
from ntklab.finite_width.feynman.symbolic import C_W, LAMBDA_W, RATIO, Expectation, symbolic


@pytest.mark.parametrize("name", ["Theta1", "A", "Q", "T", "Y"])
def test_symbolic_and_numeric_terms_agree(enumerated, layers, name):
    layer, index = layers[2], dict(zip(TENSORS[name].labels, (2, 0, 1, 2), strict=False))

    def value(moment):
        slots = [str(symbol).removeprefix("sigma").split("_") for symbol in moment.args]
        return layer.moment(tuple(len(order) for order, _ in slots))[tuple(index[int(leg)] for _, leg in slots)]

    for diagram in enumerated[name]:
        expression = symbolic(diagram).subs({C_W: layer.c_w, LAMBDA_W: layer.lambda_w, RATIO: layer.ratio})
        tensors = {
            t: layer.tensors[t.base.name][tuple(index[int(i)] for i in t.indices)] for t in expression.atoms(sp.Indexed)
        }
        moments = {m: value(m) for m in expression.atoms(Expectation)}
        expected = evaluate(diagram, layer)[tuple(index[label] for label in TENSORS[name].labels)]
        assert float(expression.subs({**tensors, **moments})) == pytest.approx(expected, rel=1e-12, abs=1e-13)

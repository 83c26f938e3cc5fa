"""A diagram's term as a SymPy expression."""

from collections.abc import Iterable

import sympy as sp

from ntklab.finite_width.feynman.algebra import Moment, expand
from ntklab.finite_width.feynman.diagram import Diagram

C_W, LAMBDA_W, RATIO = sp.symbols("C_W lambda_W r", positive=True)
"""Weight variance and learning rate of layer l + 1, and r = n_l / n_(l-1)."""


class Expectation(sp.Function):
    """Expectation over z ~ N(0, K) at layer l of a product of `activation` symbols."""


def activation(leg: int, order: int) -> sp.Symbol:
    """The symbol of sigma^(order)(z_leg)."""
    return sp.Symbol(f"sigma{chr(39) * order}_{leg}")


def expectation(moment: Moment) -> sp.Expr:
    """<prod sigma^(order)(z_leg)> as a SymPy function of the activations' symbols."""
    return Expectation(*(activation(leg, order) for leg, order in moment))


def symbolic(diagram: Diagram) -> sp.Expr:
    """The term: a polynomial in C_W, lambda_W, r, tensors `V[1, 2, 3, 4]` of layer l, and expectations."""
    terms = []
    for product in expand(diagram):
        factors = [sp.Rational(product.coefficient), C_W**product.c, LAMBDA_W**product.lam, RATIO**product.ratio]
        factors += [sp.IndexedBase(name)[legs] for name, *legs in product.means]
        if product.tensor:
            name, slots = product.tensor
            factors.append(sp.IndexedBase(name)[slots])
        terms.append(sp.Mul(*factors, *map(expectation, product.moments)))
    return sp.Add(*terms)


def recursion(diagrams: Iterable[Diagram]) -> sp.Expr:
    """The sum of the terms: the tensor at layer l + 1 (K and Theta: less the biases' C_b and lambda_b)."""
    return sp.Add(*map(symbolic, diagrams))

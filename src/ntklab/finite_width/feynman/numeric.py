"""A diagram's term as a number, for all inputs at once."""

import itertools
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from ntklab.finite_width.feynman.algebra import Product, expand
from ntklab.finite_width.feynman.diagram import Diagram
from ntklab.finite_width.feynman.rules import Tensor
from ntklab.finite_width.gaussian import GaussianExpectations
from ntklab.finite_width.quadrature import HIGHEST_PAIR_ORDER

Array = Float[np.ndarray, "..."]
Moments = Callable[[tuple[int, ...]], Array]
"""Derivative orders (p, q, ...) -> array over inputs [a, b, ...] of <sigma^(p)(z_a) sigma^(q)(z_b) ...>, z ~ N(0, K)."""


@dataclass(frozen=True)
class Layer:
    """What a recursion l -> l + 1 starts from.

    `moments` are expectations at layer l; `tensors` the arrays of layer l by name, one axis of all inputs per slot, in
    the array order of `rules.TENSORS` and with the factor 1/n taken out. `c_w`, `lambda_w` are those of layer l + 1 and
    `ratio` = n_l / n_(l-1). `c_b` and `lambda_b` enter K and Theta only.
    """

    moments: Moments
    tensors: Mapping[str, Array]
    c_w: float
    lambda_w: float
    ratio: float = 1.0
    c_b: float = 0.0
    lambda_b: float = 0.0
    _kept: dict[tuple[int, ...], Array] = field(default_factory=dict, repr=False, compare=False)

    def moment(self, orders: tuple[int, ...]) -> Array:
        """The moments of these orders; each is computed once."""
        if orders not in self._kept:
            self._kept[orders] = self.moments(orders)
        return self._kept[orders]


def from_expectations(expectations: GaussianExpectations) -> Moments:
    """The moments of the solver's Gaussian expectations: its table of pairs, else its quadrature of products."""

    def moments(orders: tuple[int, ...]) -> Array:
        if len(orders) == 2 and sum(orders) <= HIGHEST_PAIR_ORDER:
            return expectations.pair(*orders)
        if len(orders) == 4:
            return expectations.quadruples([orders])[orders]
        inputs = range(len(expectations.covariance))
        indices = list(itertools.product(inputs, repeat=len(orders)))
        products = [tuple(sorted(zip(index, orders, strict=True))) for index in indices]
        values = expectations.moments(set(products))
        return np.array([values[product] for product in products]).reshape((len(inputs),) * len(orders))

    return moments


def evaluate(diagram: Diagram, layer: Layer) -> Array:
    """The diagram's term at layer l + 1, an array with an axis of all inputs per slot of its tensor."""
    products = expand(diagram)
    return sum(_product(product, diagram.tensor, layer) for product in products)


def assemble(diagrams: Iterable[Diagram], layer: Layer) -> Array:
    """The tensor at layer l + 1: the sum of its diagrams, and for K and Theta the constant of the biases."""
    diagrams = list(diagrams)
    constants = {"K": layer.c_b, "Theta": layer.lambda_b}
    return sum(evaluate(diagram, layer) for diagram in diagrams) + constants.get(diagrams[0].tensor.name, 0.0)


def _product(product: Product, tensor: Tensor, layer: Layer) -> Array:
    """One product: an einsum over arrays whose axes are legs."""
    axis = dict(zip(tensor.labels, string.ascii_letters, strict=False))
    factors = [(name, legs) for name, *legs in product.means] + ([product.tensor] if product.tensor else [])
    arrays = [(layer.tensors[name], legs) for name, legs in factors]
    for moment in product.moments:
        legs, orders = zip(*moment, strict=True)
        arrays.append((layer.moment(orders), legs))
    inputs = ",".join("".join(axis[leg] for leg in legs) for _, legs in arrays)
    output = "".join(axis[label] for label in tensor.labels)
    scale = float(product.coefficient) * layer.c_w**product.c * layer.lambda_w**product.lam
    return scale * layer.ratio**product.ratio * np.einsum(f"{inputs}->{output}", *(array for array, _ in arrays))

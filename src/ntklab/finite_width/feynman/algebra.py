"""From a diagram to algebra: the sum of products that its vertices, propagators and lines stand for."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ntklab.finite_width.feynman.diagram import Diagram, Solid

Moment = tuple[tuple[int, int], ...]
"""An expectation <prod sigma^(order)(z_leg)>: (leg, order) for every leg at the propagator, sorted by leg."""


@dataclass(frozen=True)
class Product:
    """coefficient * C^c * lambda^lam * r^ratio * mean kernels * a tensor of layer l * expectations.

    `means` are (tensor, leg, leg), `tensor` is (name, the leg whose input each slot takes), r = n_l / n_(l-1).
    """

    coefficient: Fraction
    c: int
    lam: int
    ratio: int
    means: tuple[tuple[str, int, int], ...]
    tensor: tuple[str, tuple[int, ...]] | None
    moments: tuple[Moment, ...]


def expand(diagram: Diagram) -> list[Product]:
    """The diagram's term of the recursion l -> l + 1, every decoration and derivative written out; equal products merged.

    A derivative d/dz_g acts slot by slot on the functions at its propagator, and g becomes that slot's leg in the tensor:
    true for distinct and for coincident inputs, and without any inverse of K.
    """
    total: Counter[Product] = Counter()
    for decorations in itertools.product(*(vertex.rule.decoration for vertex in diagram.vertices)):
        means = [(mean.tensor, *(line.leg for line in mean.lines)) for mean in diagram.means]
        coefficient, c, lam = diagram.symmetry, 0, 0
        orders: dict[int, int] = {}
        for vertex, decoration in zip(diagram.vertices, decorations, strict=True):
            coefficient, c, lam = coefficient * decoration.factor, c + decoration.c, lam + decoration.lam
            means += [(mean, *vertex.legs) for mean in decoration.means]
            orders |= zip(vertex.legs, decoration.orders, strict=True)
        names = tuple(sorted((tensor, *sorted(legs)) for tensor, *legs in means))
        for sign, tensor, moments in _acted_on(diagram, orders):
            ratio = int(diagram.internal is not None)
            total[Product(Fraction(1), c, lam, ratio, names, tensor, moments)] += sign * coefficient
    return [Product(coefficient, **_rest(product)) for product, coefficient in total.items() if coefficient]


def _rest(product: Product) -> dict:
    return {name: value for name, value in vars(product).items() if name != "coefficient"}


def legs_at(diagram: Diagram, propagator: int) -> tuple[int, ...]:
    """The external legs whose activations are at a propagator."""
    return tuple(leg for index in diagram.propagators[propagator] for leg in diagram.vertices[index].legs)


def covariance(diagram: Diagram) -> bool:
    """Whether the propagator is a covariance: wavy lines of two vertices alone at it."""
    return len(diagram.vertices) > len(diagram.propagators) and all(v.rule.wavy for v in diagram.vertices)


def _acted_on(
    diagram: Diagram, orders: dict[int, int]
) -> Iterator[tuple[int, tuple[str, tuple[int, ...]] | None, tuple[Moment, ...]]]:
    """Sign, tensor with its inputs, and expectations, for every way the solid lines act on the activations."""
    groups = [legs_at(diagram, number) for number in range(len(diagram.propagators))]
    if covariance(diagram):
        yield 1, None, tuple(_moment(group, orders) for group in groups)
        yield -1, None, tuple(sorted(_moment(vertex.legs, orders) for vertex in diagram.vertices))
        return
    solid = [end for end in diagram.internal.ends if isinstance(end, Solid)] if diagram.internal else []
    for acted in itertools.product(*(groups[end.propagator] for end in solid)):
        derived = Counter(orders) + Counter(acted)
        moments = tuple(sorted(_moment(group, derived) for group in groups))
        yield 1, _slots(diagram, dict(zip(solid, acted, strict=True))), moments


def _moment(legs: tuple[int, ...], orders: dict[int, int]) -> Moment:
    return tuple((leg, orders.get(leg, 0)) for leg in sorted(legs))


def _slots(diagram: Diagram, acted: dict[Solid, int]) -> tuple[str, tuple[int, ...]] | None:
    if diagram.internal is None:
        return None
    ends = diagram.internal.ends
    return diagram.internal.tensor.name, tuple(acted[e] if isinstance(e, Solid) else e.leg for e in ends)

"""Expectations of products of four, computed once for each set of inputs and laid out as arrays over four slots.

A local term needs < sigma^(p)_a sigma^(q)_b sigma^(r)_c sigma^(s)_d > at all slots; which factors meet at one input is its
shape, here the multiplicities of the distinct inputs. The values of one shape depend on the set of inputs and on the orders
of derivatives at each, its key; all arrays over slots are assembled from them by permutations.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Int

from ntklab.finite_width.gaussian import GaussianExpectations
from ntklab.finite_width.training.smoothed import SmoothedQuadrature

Shape = tuple[int, ...]
Pattern = tuple[int, int, int, int]
Key = tuple[tuple[int, ...], ...]
"""Orders of the derivatives at each distinct input, sorted."""

SHAPES: tuple[Shape, ...] = ((1, 1, 1, 1), (2, 1, 1), (2, 2), (3, 1), (4,))
UNORDERED = {(1, 1, 1, 1): (0, 4), (2, 1, 1): (1, 3), (2, 2): (0, 2)}
"""Which distinct inputs of a shape are exchangeable: those from the first number up to the second."""


@dataclass(frozen=True)
class LocalMoments:
    """Values for sets of inputs of each shape.

    Attributes:
        inputs: shape -> (set, distinct input).
        values: shape -> (set, key).
    """

    patterns: tuple[Pattern, ...]
    inputs: dict[Shape, np.ndarray]
    values: dict[Shape, np.ndarray]

    def arrays(self, points: Int[np.ndarray, " point"], total: int) -> dict[Pattern, np.ndarray]:
        """Pattern -> (point,) * 4 for some of the `total` inputs; NaN where a set was left out."""
        place = np.full(total, -1)
        place[points] = np.arange(len(points))
        arrays = {pattern: np.full((len(points),) * 4, np.nan) for pattern in self.patterns}
        for shape, inputs in self.inputs.items():
            here = place[inputs]
            kept = (here >= 0).all(axis=1)
            self._fill(arrays, shape, here[kept], self.values[shape][kept])
        return arrays

    def _fill(self, arrays: dict[Pattern, np.ndarray], shape: Shape, inputs: np.ndarray, values: np.ndarray) -> None:
        column = {key: k for k, key in enumerate(keys(shape, self.patterns))}
        for pattern, labels in itertools.product(self.patterns, arrangements(shape)):
            slots = tuple(inputs[:, label] for label in labels)
            arrays[pattern][slots] = values[:, column[_key(labels, pattern, len(shape))]]


def local_moments(
    expectations: GaussianExpectations, patterns: Iterable[Pattern], training: int, tests: int
) -> LocalMoments:
    """All sets of inputs with at most `tests` different inputs beyond the first `training` ones.

    Smooth activations: `SmoothedQuadrature`; those with a kink: the products one by one in closed form.
    """
    patterns, total = tuple(sorted(patterns)), len(expectations.covariance)
    inputs = {shape: index_sets(shape, training, total, tests) for shape in SHAPES} if patterns else {}
    smooth = isinstance(expectations, SmoothedQuadrature)
    values = {}
    for shape, sets in inputs.items():
        wanted = keys(shape, patterns)
        values[shape] = expectations.values(sets, wanted) if smooth else _closed(expectations, sets, wanted)
    return LocalMoments(patterns, inputs, values)


def _closed(expectations: GaussianExpectations, sets: np.ndarray, wanted: tuple[Key, ...]) -> np.ndarray:
    products = [[_factors(inputs, key) for key in wanted] for inputs in sets.tolist()]
    found = expectations.moments(set(itertools.chain.from_iterable(products)))
    return np.array([[found[product] for product in row] for row in products]).reshape(len(sets), len(wanted))


def _factors(inputs: list[int], key: Key) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((a, p) for a, orders in zip(inputs, key, strict=True) for p in orders))


@cache
def arrangements(shape: Shape) -> tuple[tuple[int, ...], ...]:
    """All ways to put the distinct inputs into four slots: the input of each slot."""
    labels = [label for label, times in enumerate(shape) for _ in range(times)]
    return tuple(sorted(set(itertools.permutations(labels))))


@cache
def keys(shape: Shape, patterns: tuple[Pattern, ...]) -> tuple[Key, ...]:
    """The keys that occur, sorted."""
    found = {_key(labels, pattern, len(shape)) for labels in arrangements(shape) for pattern in patterns}
    return tuple(sorted(found))


def _key(labels: tuple[int, ...], pattern: Pattern, distinct: int) -> Key:
    return tuple(
        tuple(sorted(p for label, p in zip(labels, pattern, strict=True) if label == k)) for k in range(distinct)
    )


def index_sets(shape: Shape, training: int, total: int, tests: int) -> Int[np.ndarray, "set input"]:
    """The distinct inputs of every set of a shape, exchangeable ones in one order, with at most `tests` of the last inputs."""
    distinct = len(shape)
    found = [
        (*some, *others)
        for number in range(min(tests, distinct) + 1)
        for some in itertools.combinations(range(training), distinct - number)
        for others in itertools.combinations(range(training, total), number)
    ]
    sets = np.array(found, dtype=int).reshape(-1, distinct)
    first, last = UNORDERED.get(shape, (0, 1))
    orders = [
        order
        for order in itertools.permutations(range(distinct))
        if all(order[k] < order[k + 1] for k in range(first, last - 1))
    ]
    return np.concatenate([sets[:, order] for order in orders])

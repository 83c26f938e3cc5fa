"""Sums over the neurons of a layer: products of derivatives of the activation times preactivations z and activities sigma(z).

All sums that any moment needs come from one batched matrix product for each number of ends: (products of derivatives x
neurons) times (neurons x products of z and sigma). Everything is JAX; networks are the last axis of what is returned, so that
the small tensors of `moments` are vectorised over networks.
"""

import itertools
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ntklab.activations import Activation
from ntklab.finite_width.collapsed.matchings import Factors


class Request(NamedTuple):
    """sum_i prod_(order, input) sigma^(order)_i(input) times `preactivations` factors z_i and `activities` factors
    sigma_i, for all inputs in each of those."""

    factors: Factors
    preactivations: int = 0
    activities: int = 0


class Requests:
    """A set of sums and where each of them stands."""

    def __init__(self, requests: Iterable[Request], inputs: int):
        self.inputs = inputs
        kinds: dict[tuple[int, int], set[Factors]] = {}
        for request in requests:
            kinds.setdefault(request[1:], set()).add(request.factors)
        self.rows = {kind: sorted(factors) for kind, factors in sorted(kinds.items())}

    @cached_property
    def highest(self) -> int:
        """Derivatives of the activation that are needed."""
        orders = [order for rows in self.rows.values() for factors in rows for order, _ in factors]
        return max([0, *orders])

    @cached_property
    def ends(self) -> dict[tuple[int, int], list[tuple[tuple[int, ...], tuple[int, ...]]]]:
        """Kind -> inputs of the factors z, and of the factors sigma: one of each class of equal products."""
        choose = itertools.combinations_with_replacement
        return {
            (z, s): list(itertools.product(choose(range(self.inputs), z), choose(range(self.inputs), s)))
            for z, s in self.rows
        }

    def columns(self, kind: tuple[int, int], inputs: tuple[int, ...]) -> np.ndarray:
        """Places of the ends, an array with one axis over `inputs` for each end."""
        place = {ends: k for k, ends in enumerate(self.ends[kind])}
        z, s = kind
        found = [
            place[tuple(sorted(index[:z])), tuple(sorted(index[z:]))]
            for index in itertools.product(inputs, repeat=z + s)
        ]
        return np.array(found).reshape((len(inputs),) * (z + s))

    def row(self, request: Request) -> int:
        """Place of the product of derivatives."""
        return self.rows[request[1:]].index(request.factors)


def neuron_sums(
    requests: Requests,
    activation: Activation,
    z: Float[Array, "network input neuron"],
    there: Bool[Array, "neuron"],
) -> dict[tuple[int, int], Float[Array, "row end network"]]:
    """Kind -> sums of all its rows and ends, over the neurons that are `there`."""
    derivatives = jnp.where(there, activation.derivatives(z, requests.highest, jnp), 0.0)
    # Else the compiler computes the activation again for every product.
    z, derivatives = jax.lax.optimization_barrier((z, derivatives))
    known: dict[Factors, Array] = {}

    def product(factors: Factors) -> Array:
        if factors not in known:
            order, a = factors[-1]
            last = derivatives[order, :, a]
            known[factors] = product(factors[:-1]) * last if len(factors) > 1 else last
        return known[factors]

    def of(ends: tuple[tuple[int, ...], tuple[int, ...]]) -> Array:
        factors = [*(z[:, a] for a in ends[0]), *(derivatives[0, :, a] for a in ends[1])]
        value = factors[0]
        for factor in factors[1:]:
            value = value * factor
        return value

    found = {}
    for kind, rows in requests.rows.items():
        left = jnp.stack([product(factors) for factors in rows], axis=1)
        if kind == (0, 0):
            sums = left.sum(axis=2)[:, :, None]
        else:
            right = jnp.stack([of(ends) for ends in requests.ends[kind]], axis=1)
            sums = jax.lax.dot_general(left, right, (((2,), (2,)), ((0,), (0,))))
        found[kind] = jnp.moveaxis(sums, 0, 2)
    return found

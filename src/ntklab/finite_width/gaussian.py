"""Gaussian expectations of products of an activation and its derivatives at several inputs.

    < prod_i sigma^(p_i)(z_{a_i}) >      with (z_a) ~ N(0, K), one number z_a for each input a

Every expectation in the recursions is of this form: pair moments M_pq(a, b) = <sigma^(p)(z_a) sigma^(q)(z_b)>, and products
of four for the local terms. This is the interface of both methods, `quadrature.SmoothExpectations` and
`orthants.KinkedExpectations`, which take singular K (coincident or linearly dependent inputs) and never invert it;
`expectations.gaussian_expectations` chooses the method for an activation.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from ntklab.activations import Activation

Factors = tuple[tuple[int, int], ...]
"""A product: ((input, order of the derivative), ...), one entry for each factor, sorted."""


class GaussianExpectations(ABC):
    """Expectations under N(0, K) for one activation.

    Attributes:
        covariance: K, (input, input), may be singular.
        nodes: quadrature nodes per dimension; results at n and 2n differ by the quadrature error at n.
    """

    def __init__(self, activation: Activation, covariance: Float[np.ndarray, "n n"], nodes: int | None = None):
        self.activation = activation
        self.covariance = covariance
        self.nodes = nodes or activation.nodes

    @abstractmethod
    def moments(self, products: Iterable[Factors]) -> dict[Factors, float]:
        """The expectations of several products, of at most four different inputs each, in one go."""

    @abstractmethod
    def pair(self, p: int, q: int) -> Float[np.ndarray, "n n"]:
        """M_pq(a, b) = <sigma^(p)(z_a) sigma^(q)(z_b)> for all pairs of inputs, p + q even and at most 6."""

    def product(self, factors: Iterable[tuple[int, int]]) -> float:
        """< prod sigma^(order)(z_input) > over the given (input, order) pairs; inputs may repeat."""
        factors = tuple(sorted(factors))
        return self.moments([factors])[factors]

    def quadruples(
        self, patterns: Iterable[tuple[int, int, int, int]]
    ) -> dict[tuple[int, int, int, int], Float[np.ndarray, "n n n n"]]:
        """For each pattern (p, q, r, s) the array <sigma^(p)(z_a) sigma^(q)(z_b) sigma^(r)(z_c) sigma^(s)(z_d)>[a, b, c, d].

        Components that are equal by symmetry are computed once.
        """
        patterns = list(patterns)
        size = len(self.covariance)
        indices = list(itertools.product(range(size), repeat=4))
        wanted = {
            pattern: [tuple(sorted(zip(index, pattern, strict=True))) for index in indices] for pattern in patterns
        }
        values = self.moments(set().union(*wanted.values()))
        return {
            pattern: np.array([values[factors] for factors in wanted[pattern]]).reshape((size,) * 4)
            for pattern in patterns
        }

"""What a finite group acting on inputs offers: elements, action, orbit, regular and irreducible representations."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Inexact, Int

from ntklab.errors import InputError
from ntklab.types import Permutation


class Irreducible(NamedTuple):
    """A unitary irreducible representation pi of a group, of dimension d.

    Attributes:
        matrices: pi(g) for every element, real where a real basis exists; pi(g) pi(h) = pi(g h).
        copies: 1, or 2 if the complex conjugate is another representation, which is then not listed.
    """

    matrices: Inexact[np.ndarray, "element d d"]
    copies: int

    @property
    def dimension(self) -> int:
        """d, the side of the matrices."""
        return self.matrices.shape[-1]


class FiniteGroup(ABC):
    """A finite group together with a left action on arrays of inputs.

    Elements are the integers 0 .. order - 1, and 0 is the identity.
    """

    name: str
    order: int

    @abstractmethod
    def multiply(self, g: int, h: int) -> int:
        """The product g h."""

    @abstractmethod
    def act(self, g: int, x: np.ndarray) -> np.ndarray:
        """rho(g) x for every input; the first axis of x counts inputs. A left action: rho(g) rho(h) = rho(g h)."""

    @property
    def elements(self) -> range:
        """The group elements, identity first."""
        return range(self.order)

    @cached_property
    def multiplication_table(self) -> Int[np.ndarray, "order order"]:
        """Entry [g, h] is g h."""
        return np.array([[self.multiply(g, h) for h in self.elements] for g in self.elements])

    @property
    def irreducibles(self) -> list[Irreducible]:
        """The irreducible representations up to equivalence and conjugation, the trivial one first: sum copies d^2 = order.

        `InputError` for groups that have none written down here: only cyclic and dihedral ones do.
        """
        raise InputError(f"{self.name}: irreducible representations are known for cyclic and dihedral groups only")

    def inverse(self, g: int) -> int:
        """The element h with g h = identity."""
        return int(np.flatnonzero(self.multiplication_table[g] == 0)[0])

    def orbit(self, x: np.ndarray) -> np.ndarray:
        """All transforms of every input, shape (input, element, ...): orbit(x)[:, g] = rho(g) x."""
        return np.stack([self.act(g, x) for g in self.elements], axis=1)

    def turn_targets(self, y: Float[np.ndarray, " input"]) -> Float[np.ndarray, "input element 1"]:
        """Targets of the orbits. Outputs transform in the trivial representation: one number that all elements share."""
        return np.repeat(y[:, None, None], self.order, axis=1)

    def pull_back(
        self, f: Float[np.ndarray, "*leading input element 1"]
    ) -> Float[np.ndarray, "*leading input element"]:
        """Outputs on orbits, turned back: constant along the last axis for an equivariant (here: invariant) f."""
        return f[..., 0]

    def pull_back_covariance(
        self, covariance: Float[np.ndarray, "*leading input element element"]
    ) -> Float[np.ndarray, "*leading input element element"]:
        """Covariance of the turned-back outputs, from that of one output between elements."""
        return covariance

    def regular_representation(self, g: int) -> Float[np.ndarray, "order order"]:
        """Matrix of rho_reg(g) on functions on the group: (rho_reg(g) f)(h) = f(g^-1 h)."""
        return np.eye(self.order)[self.multiplication_table[self.inverse(g)]]

    def permutation(self, g: int, samples: int) -> Permutation:
        """The permutation pi_g of a fully augmented training set: rho(g) x_i = x_{pi_g(i)}.

        The set is ordered as `orbit(x)` flattened, index i = sample * order + element, hence
        rho(g) rho(h) x_sample = rho(g h) x_sample and pi_g(sample, h) = (sample, g h).
        """
        start = self.order * np.arange(samples)[:, None]
        return (start + self.multiplication_table[g]).ravel()

    def permutation_matrix(self, g: int, samples: int) -> Float[np.ndarray, "n n"]:
        """Pi(g) with Pi(g)[i, pi_g(i)] = 1, so that Pi(g) X is the set transformed by rho(g) (n = samples * order)."""
        return np.eye(samples * self.order)[self.permutation(g, samples)]

"""What an ensemble on orbits learns, and on which orbits it is evaluated."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float


class Action(Protocol):
    """A finite set of transformations of the inputs, and how outputs transform with them.

    Groups (outputs in the trivial representation) and sets of rotations of space (outputs are vectors) are actions.
    """

    order: int

    def orbit(self, x: np.ndarray) -> np.ndarray:
        """All transforms of every input, (input, element, ...)."""

    def turn_targets(self, y: np.ndarray) -> np.ndarray:
        """The targets of the orbits, (input, element, output)."""

    def pull_back(self, f: np.ndarray) -> np.ndarray:
        """Outputs (..., input, element, output) turned back, (..., entry, element); entries are inputs x outputs."""

    def pull_back_covariance(self, covariance: np.ndarray) -> np.ndarray:
        """Covariance (..., entry, element, element) of turned-back outputs, from that of one output between elements."""


class OrbitTask(NamedTuple):
    """Full augmentation: all transforms of every training input are trained on, with the targets turned alike.

    A function that is equivariant under the augmenting group then has turned-back outputs that do not depend on the element.
    """

    inputs: Float[np.ndarray, "input ..."]
    targets: Float[np.ndarray, "input ..."]
    augmenting: Action
    evaluation: Mapping[str, tuple[Action, np.ndarray]]
    """Name -> the group on whose orbits predictions are made, and the inputs; the name is SET or SET/GROUP."""

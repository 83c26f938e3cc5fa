"""The ensembles of networks that are trained, by name: general inputs, and full orbits under rotations."""

from dataclasses import dataclass
from typing import Any

POINTS, LATTICES, DIGITS = "points", "lattices", "digits"
CONSTANTS = {"c_w": 1.3, "c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
"""No two of them equal: a wrong factor shows."""


@dataclass(frozen=True)
class Setup:
    """One ensemble.

    Attributes:
        inputs: points (in general position), lattices or digits (training and test inputs are full orbits).
        depth: layers of weights; depth 3 has two hidden layers.
        constants: variances and learning-rate factors, as in `ntklab.finite_width.solver.Architecture`.
    """

    inputs: str
    activation: str
    depth: int
    constants: tuple[tuple[str, float], ...]

    @property
    def network(self) -> dict[str, Any]:
        """Arguments of `mean_correction` and of the networks."""
        return {"activation": self.activation, "depth": self.depth, **dict(self.constants)}

    @property
    def on_orbits(self) -> bool:
        """Whether it is trained on full orbits; a second one, on one element of each, is its control."""
        return self.inputs != POINTS


def _general(activation: str, depth: int) -> Setup:
    return Setup(POINTS, activation, depth, tuple(CONSTANTS.items()))


def _on_orbits(inputs: str) -> Setup:
    """As the ensembles of E1 and E2, but smooth: GeLU in the place of ReLU, of which ddNTK has no value."""
    return Setup(inputs, "gelu", 3, (("c_w", 2.0), ("c_b", 0.0), ("lambda_w", 2.0), ("lambda_b", 0.0)))


SETUPS: dict[str, Setup] = {
    "tanh_3": _general("tanh", 3),
    "gelu_3": _general("gelu", 3),
    "tanh_4": _general("tanh", 4),
    "gelu_4": _general("gelu", 4),
    "ising": _on_orbits(LATTICES),
    "digits": _on_orbits(DIGITS),
}
GENERAL = [name for name, setup in SETUPS.items() if not setup.on_orbits]
ON_ORBITS = [name for name, setup in SETUPS.items() if setup.on_orbits]

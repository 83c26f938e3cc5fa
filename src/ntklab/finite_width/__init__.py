"""Statistics of networks and their NTK at order 1/width: solved layer by layer, and sampled."""

from typing import TYPE_CHECKING, Any

from ntklab.activations import ACTIVATIONS, Activation, activation_from, leaky_relu, polynomial
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.feynman import diagrams
from ntklab.finite_width.solution import Solution
from ntklab.finite_width.solver import TENSORS, solve

if TYPE_CHECKING:
    from ntklab.finite_width.sampling import sample

__all__ = [
    "ACTIVATIONS",
    "TENSORS",
    "Activation",
    "Solution",
    "activation_from",
    "diagrams",
    "gaussian_expectations",
    "leaky_relu",
    "polynomial",
    "sample",
    "solve",
]


def __getattr__(name: str) -> Any:
    """`sample` is imported when it is used: it needs JAX, the solver does not."""
    if name == "sample":
        from ntklab.finite_width.sampling import sample

        return sample
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Statistics of networks and their NTK at order 1/width: solved layer by layer, and sampled."""

from ntklab.finite_width.activations import ACTIVATIONS, Activation, leaky_relu, polynomial
from ntklab.finite_width.diagrams import diagrams
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.solver import TENSORS, Solution, solve

__all__ = [
    "ACTIVATIONS",
    "TENSORS",
    "Activation",
    "Solution",
    "diagrams",
    "gaussian_expectations",
    "leaky_relu",
    "polynomial",
    "solve",
]

"""The diagrams against the solver, whose recursions were derived without diagrams: random layers, both ways, all tensors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from networkx.algorithms.isomorphism import GraphMatcher

from ntklab.activations import Activation, get_activation
from ntklab.finite_width import recursions
from ntklab.finite_width.expectations import gaussian_expectations
from ntklab.finite_width.feynman.diagram import SAME_KIND, Diagram, pattern
from ntklab.finite_width.feynman.numeric import Layer, assemble, from_expectations
from ntklab.finite_width.feynman.rules import TENSORS, Tensor
from ntklab.finite_width.gaussian import GaussianExpectations

INPUTS = 3
NODES = 12
"""Both sides use the same quadrature, so that its error drops out."""


@dataclass(frozen=True)
class Case:
    """A random layer in the engine's terms and the same in the solver's."""

    activation: str
    ours: Layer
    theirs: recursions.Layer


def symmetrised(tensor: Tensor, array: np.ndarray) -> np.ndarray:
    """The mean of an array, one axis per slot, over the symmetries of a tensor: the automorphisms of colours and deltas."""
    shape = pattern(dict(enumerate(tensor.colours)), tensor.pairs)
    maps = GraphMatcher(shape, shape, node_match=SAME_KIND).isomorphisms_iter()
    orders = {tuple(found["leg", slot][1] for slot in range(array.ndim)) for found in maps}
    return sum(array.transpose(order) for order in orders) / len(orders)


def random_cases(rng: np.random.Generator, activations: Sequence[str], number: int) -> Iterator[Case]:
    """For each activation `number` layers with random inputs, constants, width ratio and tensors of layer l."""
    for name in activations:
        for _ in range(number):
            root = rng.normal(size=(INPUTS, INPUTS))
            covariance = root @ root.T / INPUTS + 0.2 * np.eye(INPUTS)
            yield _case(rng, get_activation(name), covariance)


def _case(rng: np.random.Generator, activation: Activation, covariance: np.ndarray) -> Case:
    tensors = {
        name: symmetrised(tensor, rng.normal(size=(INPUTS,) * len(tensor.colours))) for name, tensor in TENSORS.items()
    }
    expectations = gaussian_expectations(activation, covariance, NODES)
    c_w, lambda_w, ratio = rng.uniform(0.3, 2.0, size=3).tolist()
    ours = Layer(from_expectations(expectations), tensors, c_w, lambda_w, ratio)
    return Case(activation.name, ours, _solvers_layer(expectations, ours))


def _solvers_layer(expectations: GaussianExpectations, ours: Layer) -> recursions.Layer:
    patterns = {orders for recursion in recursions.RECURSIONS.values() for orders in recursion.patterns}
    layer = recursions.Layer(
        ours.tensors["Theta"], expectations, expectations.quadruples(patterns), ours.tensors,
        ours.c_w, ours.lambda_w, ours.ratio,
    )  # fmt: skip
    for name, recursion in recursions.RECURSIONS.items():
        layer.new[name] = sum(recursion.terms(layer))
    return layer


def difference(diagrams: Sequence[Diagram], case: Case) -> float:
    """Largest component of engine less solver, relative to the solver's largest; 1 without any diagram."""
    expected = case.theirs.new[diagrams[0].tensor.name] if diagrams else np.ones(1)
    found = assemble(diagrams, case.ours) if diagrams else np.zeros(1)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def mutations(diagrams: Sequence[Diagram]) -> Iterator[tuple[int, str, list[Diagram]]]:
    """Every way to leave one diagram out, or to double its symmetry factor: (its number from 1, "left out" | "doubled", rest)."""
    diagrams = list(diagrams)
    for k, diagram in enumerate(diagrams):
        yield k + 1, "left out", diagrams[:k] + diagrams[k + 1 :]
        yield k + 1, "doubled", [*diagrams[:k], replace(diagram, symmetry=2 * diagram.symmetry), *diagrams[k + 1 :]]

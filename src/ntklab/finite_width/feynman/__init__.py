"""Feynman diagrams of finite-width statistics: from the rules to diagrams, algebra, numbers and pictures.

from ntklab.finite_width import diagrams
diagrams("F")               # draws itself in a notebook; print it for the recursion
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ntklab.finite_width.feynman.diagram import Diagram
from ntklab.finite_width.feynman.enumeration import enumerate_diagrams
from ntklab.finite_width.feynman.numeric import Layer, assemble, evaluate
from ntklab.finite_width.feynman.rules import BEYOND, PAPER_TENSORS, TENSORS, Tensor, table

__all__ = [
    "BEYOND",
    "PAPER_TENSORS",
    "TENSORS",
    "Diagram",
    "Diagrams",
    "Layer",
    "Tensor",
    "assemble",
    "diagrams",
    "enumerate_diagrams",
    "evaluate",
    "table",
]


@dataclass(frozen=True, repr=False)
class Diagrams(Sequence[Diagram]):
    """All diagrams of one tensor, in sum its recursion; prints the formulas and draws itself."""

    tensor: Tensor
    members: tuple[Diagram, ...]

    def __getitem__(self, index: Any) -> Any:
        """One `Diagram`, or for a slice the same kind of collection, which prints and draws itself."""
        chosen = self.members[index]
        return Diagrams(self.tensor, chosen) if isinstance(index, slice) else chosen

    def __len__(self) -> int:
        return len(self.members)

    def __repr__(self) -> str:
        from ntklab.finite_width.feynman.text import describe

        head = f"Diagrams of {self.tensor.name}, {self.tensor.meaning}: {len(self)}; print them for the formulas"
        return "\n".join([head, *(f"  [{k}] {describe(diagram)}" for k, diagram in enumerate(self, 1))])

    def __str__(self) -> str:
        from ntklab.finite_width.feynman.text import TEXT, describe, recursion, term

        head = f"{self.tensor.name}: {self.tensor.meaning} ({self.tensor.source}); diagrams: {len(self)}"
        rows = [f"  [{k}] {describe(diagram)}\n      {term(diagram, TEXT)}" for k, diagram in enumerate(self, 1)]
        return "\n".join([head, *rows, recursion(self, TEXT)])

    def latex(self) -> str:
        """The recursion in LaTeX; r = n_l / n_(l-1), tensors on the right are those of layer l."""
        from ntklab.finite_width.feynman.text import LATEX, recursion

        return recursion(self, LATEX)

    def tikz(self) -> str:
        """Source of the pictures for the LaTeX package TikZ-Feynman."""
        from ntklab.finite_width.feynman.tikz import tikz

        return "\n\n".join(map(tikz, self))

    def symbolic(self):
        """The recursion's right-hand side as a SymPy expression."""
        from ntklab.finite_width.feynman.symbolic import recursion

        return recursion(self)

    def figure(self):
        """A matplotlib figure of all diagrams, each with its term."""
        from ntklab.finite_width.feynman.picture import figure

        return figure(self)

    def _repr_svg_(self) -> str | None:
        if not self.members:
            return None
        from ntklab.finite_width.feynman.picture import svg

        return svg(self)


def diagrams(tensor: str | Tensor, order: int | None = None) -> Diagrams:
    """All diagrams of a tensor (a name of `rules.TENSORS`, or a `Tensor` of your own) with their symmetry factors.

    `order` in 1/n may be given to be sure which is meant. `ValueError` says what is supported.
    """
    if isinstance(tensor, str):
        if tensor not in TENSORS:
            close = difflib.get_close_matches(tensor, TENSORS, n=1, cutoff=0.5)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"tensor {tensor!r} is not known.{hint} Supported: {', '.join(TENSORS)}")
        tensor = TENSORS[tensor]
    if order not in (None, tensor.order):
        raise ValueError(
            f"{tensor.name} at order {order} in 1/n is not supported: {tensor.name} is of order {tensor.order}; "
            "no tensor is beyond order 1"
        )
    return Diagrams(tensor, tuple(enumerate_diagrams(tensor)))

"""Settings of the Feynman diagrams."""

from typing import Annotated, Literal

from annotated_types import Ge, Len
from pydantic import model_validator

from ntklab.pipeline.settings import Block, Count, increasing

PAPER = "feynman"


class Diagrams(Block):
    """Feynman diagrams at order 1/width, against the solver and sampled networks (E3-diagrams-F, -NTK-mean, -gallery,
    -check)."""

    activations: Annotated[list[Literal["gelu", "erf", "tanh"]], Len(1)]
    """list of gelu, erf, tanh: activations of the random layers on which diagrams and solver are compared"""
    layers: Count
    """integer >= 1, random layers for each activation"""
    width: Annotated[list[Annotated[int, Ge(2)]], Len(2)]
    """increasing list of integers >= 2, widths of the sampled networks; three widths let terms up to 1/width^2 be taken
    out"""
    networks: Annotated[int, Ge(400)]
    """integer >= 400, networks sampled at each width"""

    @model_validator(mode="after")
    def _consistent(self):
        increasing("width", self.width)
        return self


BLOCKS = {"diagrams": Diagrams}

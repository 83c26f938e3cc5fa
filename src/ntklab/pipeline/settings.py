"""What the settings of experiments are made of: the block, types of values, and rules that several of them share.

A room's `settings.py` declares the blocks of the config that belong to it. The string below a field is the key's only
description: error messages quote it, the JSON schema holds it, and the comments of config.yaml are written from it.
"""

import itertools
from collections.abc import Sequence
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Len, Lt, MultipleOf
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ntklab.activations import ACTIVATIONS, get_activation
from ntklab.groups import REGISTRY

Padding = Literal["VALID", "SAME", "CIRCULAR"]
Count = Annotated[int, Ge(1)]
Counts = Annotated[list[Count], Len(1)]
Members = Annotated[int, Ge(3)]
"""Networks of an ensemble: the unbiased floor needs three."""
PairedMembers = Annotated[int, Ge(6), MultipleOf(2)]
"""The same of an ensemble whose networks come in pairs of opposite sign at initialisation: it needs three pairs."""
Steps = Annotated[list[Annotated[int, Ge(0)]], Len(2)]
Symmetry = Literal[tuple(name for name in REGISTRY if name != "c1")]
"""A group that permutes pixels, of two elements or more: on orbits of one element everything is invariant."""
LearningRateFactor = Annotated[float, Gt(0), Lt(1)]


def _known(name: str) -> str:
    get_activation(name)
    return name


ActivationName = Annotated[str, AfterValidator(_known), Field(examples=list(ACTIVATIONS))]


class Block(BaseModel):
    """A block of the config: unknown keys and silent conversions are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Convolutions(Block):
    """Convolutions of a ReLU network that ends in pooling and a linear layer."""

    filters: Annotated[list[Count], Len(1)]
    """list of integers, side of each convolution's square filter"""
    padding: Padding
    """VALID (none), SAME (zeros; with an even filter it breaks the symmetry and is refused) or CIRCULAR"""

    @model_validator(mode="after")
    def _equivariant(self):
        if self.padding == "SAME" and any(q % 2 == 0 for q in self.filters):
            raise ValueError("filters: even filters with SAME padding do not commute with rotations; use odd ones")
        return self

    def check_fit(self, key: str, size: int) -> None:
        """`ValueError` that names the key if a filter is larger than the feature maps of images of this size."""
        for q in self.filters:
            if q > size:
                raise ValueError(f"{key}: a filter of side {q} does not fit feature maps of side {size}")
            size = size - q + 1 if self.padding == "VALID" else size


class ConvolutionalNetwork(Convolutions):
    """A convolutional architecture; the kernels decide whether its convolutions are plain or over the group."""

    nonlinearity: ActivationName
    """name of an activation, such as relu, gelu, erf or leaky_relu(0.1), between all layers"""
    weight_variance: Annotated[float, Gt(0)]
    """number > 0, sigma_w^2 of all layers"""
    bias_variance: Annotated[float, Ge(0)]
    """number >= 0, sigma_b^2 of all layers"""


class SphericalLayers(Block):
    """The SO(3)-equivariant network of one signal on the sphere: lifting convolution, SO(3) convolutions, pooling."""

    bandlimit: Count
    """integer >= 1, degrees of spherical harmonics that the lifting keeps: those below it, at most bandlimit above"""
    convolutions: Annotated[int, Ge(0)]
    """integer >= 0, SO(3) convolutions after the lifting"""
    nonlinearity: ActivationName
    """name of an activation, such as erf or relu, after every convolution"""
    weight_variance: Annotated[float, Gt(0)]
    """number > 0, sigma_w^2 of all layers"""
    bias_variance: Annotated[float, Ge(0)]
    """number >= 0, sigma_b^2 of all layers; 0 lets empty atom slots of molecules cost nothing"""


def increasing(key: str, values: Sequence[float | int]) -> None:
    """`ValueError` that names the key unless every value is larger than the one before."""
    if any(b <= a for a, b in itertools.pairwise(values)):
        raise ValueError(f"{key}: not increasing")


def recorded_from_start(steps: Sequence[int]) -> None:
    """`ValueError` unless the recorded steps increase from 0, the initialisation."""
    increasing("recorded_steps", steps)
    if steps[0] != 0:
        raise ValueError("recorded_steps: starts at 0, the initialisation")


def one_for_each_width(key: str, values: Sequence[int], width: Sequence[int]) -> None:
    """`ValueError` that names the key unless there are as many values as widths."""
    if len(values) != len(width):
        raise ValueError(f"{key}: {len(values)} values for {len(width)} widths; give one for each entry of width")

"""Settings of trained networks at order 1/width."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Len, MultipleOf
from pydantic import model_validator

from ntklab.experiments.training.setups import GENERAL, ON_ORBITS
from ntklab.pipeline.settings import Block, Count, increasing

PAPER = "feynman"


class Simulation(Block):
    """Networks that are trained."""

    width: Annotated[list[Annotated[int, Ge(8)]], Len(2)]
    """increasing list of two integers >= 8, neurons per hidden layer; means are extrapolated in 1/width"""
    networks_per_batch: Annotated[list[Annotated[int, Ge(8), MultipleOf(4)]], Len(2)]
    """list of multiples of 4, 8 or more, networks trained in a batch, in fours of opposite signs: one number for each width"""
    kernels_per_batch: Annotated[int, Ge(8)]
    """integer >= 8, NTKs drawn in a batch, for the mean of linearised networks"""
    batches: Annotated[int, Ge(4)]
    """integer >= 4, independent batches at each width, over which intervals are"""
    batches_per_shard: Count
    """integer >= 1, batches trained by one job"""

    @model_validator(mode="after")
    def _consistent(self):
        increasing("width", self.width)
        if len(self.networks_per_batch) != len(self.width):
            raise ValueError(f"networks_per_batch: one number for each of the {len(self.width)} widths")
        return self


class General(Simulation):
    """Points in general position: tanh and GeLU networks of three and four layers, against the theory of order 1/width."""

    setups: Annotated[list[Literal[tuple(GENERAL)]], Len(1)]
    """list of tanh_3, gelu_3, tanh_4 and gelu_4, activations and layers of weights: claims about others stay undecided"""
    training_points: Annotated[int, Ge(2)]
    """integer >= 2, points trained on; the cost of theory grows with the fourth power"""
    test_points: Count
    """integer >= 1, points at which predictions are compared"""


class Orbits(Simulation):
    """Ising lattices and digits, trained on full orbits under rotations by 90 degrees: GeLU networks of three layers."""

    setups: Annotated[list[Literal[tuple(ON_ORBITS)]], Len(1)]
    """list of ising and digits, what is trained on"""
    lattice_size: Annotated[int, Ge(2)]
    """integer >= 2, sites along a side of the lattices"""
    image_size: Annotated[int, Ge(2)]
    """integer >= 2, side in pixels to which the digits are resized"""
    training_inputs: Annotated[int, Ge(2)]
    """integer >= 2, lattices or digits trained on, before they are rotated"""
    test_inputs: Count
    """integer >= 1, lattices or digits of which the full orbit is predicted"""


class Training(Block):
    """The mean prediction of trained networks at order 1/width, against networks trained by gradient flow
    (X-training-correction, X-training-drift, X-augmentation-finite-width)."""

    label_scale: Annotated[float, Gt(0)]
    """number > 0, root mean square of the targets; the third power enters: with large targets order 1/width is not
    enough"""
    times: Annotated[list[Annotated[float, Ge(0)]], Len(3)]
    """increasing list of numbers from 0, in units of one over the largest eigenvalue of the NTK of the training inputs"""
    general: General
    orbits: Orbits

    @model_validator(mode="after")
    def _consistent(self):
        increasing("times", self.times)
        if self.times[0] != 0:
            raise ValueError("times: begins with 0, the initialisation")
        return self


BLOCKS = {"training": Training}

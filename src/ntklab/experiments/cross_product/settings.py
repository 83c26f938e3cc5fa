"""Settings of the cross product."""

from typing import Annotated, Literal

from annotated_types import Ge, Len, MultipleOf
from pydantic import model_validator

from ntklab.groups.rotations import GROUPS, ROTATION_SETS
from ntklab.pipeline.settings import (
    Block,
    Count,
    Counts,
    LearningRateFactor,
    Steps,
    increasing,
    recorded_from_start,
)

PAPER = "ensembles"
TARGET = "equivariance"
RotationSets = Literal[tuple(ROTATION_SETS)]


class CrossProduct(Block):
    """Ensembles learn the cross product of two vectors, equivariant under rotations (E1-cross-product)."""

    training_pairs: Annotated[int, Ge(2)]
    """integer >= 2, training pairs of vectors before augmentation"""
    test_pairs: Annotated[int, Ge(2)]
    """integer >= 2, pairs in each evaluation set, on and off the manifold of unit vectors"""
    haar_rotations: Annotated[int, Ge(2)]
    """integer >= 2, random rotations on which equivariance is measured"""
    augmentations: Annotated[list[RotationSets], Len(1)]
    """list of rotations trained with: none, a group (tetrahedral 12, octahedral 24, icosahedral 60), or a random subset
    of 8 or 24"""
    depth: Count
    """integer >= 1, hidden layers"""
    width: Count
    """integer >= 1, channels per hidden layer"""
    members: Annotated[int, Ge(12), MultipleOf(2)]
    """even integer >= 12, networks trained for each set of rotations, in pairs of opposite sign at initialisation, which
    take out most of the noise of the mean; halves of them are compared too, each of three pairs or more"""
    members_per_shard: Count
    """integer >= 1, networks trained by one job"""
    recorded_steps: Steps
    """increasing list of integers from 0, when predictions are recorded; training ends with the last"""
    learning_rate_factor: LearningRateFactor
    """number between 0 and 1, learning rate in units of the critical one of the analytic NTK"""
    ensemble_sizes: Counts
    """increasing list of integers, sizes of the sub-ensembles in the figure, disjoint blocks of networks without their
    partners: at most half the members"""

    @model_validator(mode="after")
    def _consistent(self):
        recorded_from_start(self.recorded_steps)
        increasing("ensemble_sizes", self.ensemble_sizes)
        if self.ensemble_sizes[-1] > self.members // 2:
            raise ValueError(
                f"ensemble_sizes: {self.ensemble_sizes[-1]} networks asked, there are {self.members // 2} pairs"
            )
        if not set(self.augmentations) & set(GROUPS):
            raise ValueError(f"augmentations: at least one group: {', '.join(GROUPS)}")
        return self


BLOCKS = {"cross_product": CrossProduct}

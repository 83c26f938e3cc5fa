"""Settings of the Ising experiment."""

from typing import Annotated

from annotated_types import Ge, Gt
from pydantic import model_validator

from ntklab.pipeline.settings import (
    Block,
    Count,
    Counts,
    LearningRateFactor,
    PairedMembers,
    Steps,
    Symmetry,
    increasing,
    one_for_each_width,
    recorded_from_start,
)

PAPER = "ensembles"


class Control(Block):
    """The negative control: the same networks trained without augmentation, whose mean must not become invariant."""

    width: Count
    """integer >= 1, channels per hidden layer of the control"""
    members: PairedMembers
    """even integer >= 6, networks in the control ensemble"""


class Ising(Block):
    """Deep ensembles learn the energy of Ising lattices from fully augmented data (E1-ising-id, E1-ising-ood,
    E1-ising-ntk)."""

    lattice_size: Annotated[int, Ge(2)]
    """integer >= 2, sites along a side of the square periodic lattice; training time grows with its square"""
    coupling: float
    """number, J in E(s) = -J sum over nearest neighbours of s_i s_j"""
    beta: Annotated[float, Ge(0)]
    """number >= 0, inverse temperature of the training lattices and those in distribution: 0 draws independent uniform
    spins"""
    ordered_beta: Annotated[float, Gt(0)]
    """number > 0, inverse temperature of a further evaluation set, out of distribution: mildly ordered spins (Wolff)"""
    wolff_updates: Count
    """integer >= 1, cluster updates before a lattice is taken; raise it for large lattices"""
    training_samples: Annotated[int, Ge(2)]
    """integer >= 2, training lattices before augmentation; the group's order multiplies them"""
    test_samples: Count
    """integer >= 1, lattices in each evaluation set; more of them make error bars over inputs smaller"""
    group: Symmetry
    """name of a group, c2, c4 (rotations), d1, d2 or d4 (with reflections), all of which leave the energy as it is: the
    full orbit of every training lattice is trained on, invariance measured on orbits"""
    depth: Count
    """integer >= 1, hidden layers"""
    width: Counts
    """increasing list of integers, channels per hidden layer; the talk shows 512, 1024 and 2048"""
    members: PairedMembers
    """even integer >= 6, networks of each width, in pairs of opposite sign at initialisation, which take out most of
    the noise of the mean"""
    members_per_shard: Counts
    """list of integers, members trained by one job for each width; one to five minutes a job is a good size"""
    control: Control
    steps: Count
    """integer >= 1, steps of full-batch gradient descent"""
    recorded_steps: Steps
    """increasing list of integers from 0 to at most steps, when predictions are recorded; 0 is the initialisation"""
    learning_rate_factor: LearningRateFactor
    """number between 0 and 1, learning rate in units of the critical one, 2 N / lambda_max of the analytic NTK; above 1
    training diverges"""
    ensemble_sizes: Counts
    """increasing list of integers, sizes of the sub-ensembles in the figures, disjoint blocks of networks without their
    partners: at most half the members"""

    @model_validator(mode="after")
    def _consistent(self):
        one_for_each_width("members_per_shard", self.members_per_shard, self.width)
        increasing("width", self.width)
        recorded_from_start(self.recorded_steps)
        increasing("ensemble_sizes", self.ensemble_sizes)
        if self.recorded_steps[-1] > self.steps:
            raise ValueError(
                f"recorded_steps: {self.recorded_steps[-1]} is after the last step (steps is {self.steps})"
            )
        if self.ensemble_sizes[-1] > self.members // 2:
            raise ValueError(
                f"ensemble_sizes: {self.ensemble_sizes[-1]} networks asked, there are {self.members // 2} pairs"
            )
        return self


BLOCKS = {"ising": Ising}

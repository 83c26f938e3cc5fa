"""Settings of the energies of molecules, predicted by infinitely wide networks."""

from typing import Annotated

from annotated_types import Ge, Gt, Le, Len, Lt
from pydantic import model_validator

from ntklab.pipeline.settings import Block, Count, Counts, SphericalLayers, increasing

PAPER = "equivntk"

Bandlimit = Annotated[int, Ge(4), Le(32)]
EMBEDDED_MOLECULES = 2500


class Invariance(Block):
    """How far predictions move when molecules turn (E2-qm9-invariance)."""

    bandlimits: Annotated[list[Bandlimit], Len(2)]
    """increasing list of two integers from 4 to 32, of the grids of the input signals"""
    training_molecules: Annotated[int, Ge(3)]
    """integer >= 3, molecules trained on"""
    test_molecules: Annotated[int, Ge(10)]
    """integer >= 10, molecules that are turned"""
    rotations: Annotated[int, Ge(3)]
    """integer >= 3, random rotations of each"""


class Molecules(Block):
    """Infinitely wide networks predict the atomisation energies of molecules: fully connected, residual, trained on
    rotated copies, SO(3)-equivariant (E2-qm9, E2-qm9-input, E2-qm9-invariance)."""

    source: str
    """embedded (2,500 molecules of QM9 that ship with ntklab), qm9pack (all 130,831, from the package of that name), or
    a path: a folder with its CSV files or the original archive dsgdb9nsd.xyz.tar.bz2"""
    training_sizes: Annotated[Counts, Len(2)]
    """increasing list of two integers or more, numbers of training molecules; the largest set is divided into as many smaller
    ones as it holds, over which errors are averaged"""
    test_molecules: Annotated[int, Ge(10)]
    """integer >= 10, test molecules of each repeat"""
    repeats: Annotated[int, Ge(3)]
    """integer >= 3, draws of training and test molecules, which share none: error bars are over them"""
    bandlimit: Bandlimit
    """integer from 4 to 32, of the grid of the input signals: 2 L rings of 2 L - 1 points"""
    spherical: SphericalLayers
    rotated_copies: Count
    """integer >= 1, randomly turned copies of each training molecule that the fully connected network is trained on"""
    ridge: Annotated[float, Gt(0)]
    """number > 0, in units of the mean diagonal of the training Gram matrix"""
    tolerance: Annotated[float, Gt(0), Lt(1)]
    """number > 0, relative error of the integral over rotations up to which its nodes are doubled"""
    picture_bandlimits: Annotated[list[Bandlimit], Len(2, 2)]
    """two integers from 4 to 32, bandlimits at which one atom's signal is drawn"""
    invariance: Invariance

    @model_validator(mode="after")
    def _consistent(self):
        increasing("training_sizes", self.training_sizes)
        increasing("invariance.bandlimits", self.invariance.bandlimits)
        least = min(self.bandlimit, *self.invariance.bandlimits)
        if self.spherical.bandlimit > least:
            raise ValueError(f"spherical.bandlimit: at most {least}, the smallest of the grids of input signals")
        needed = self.repeats * (self.training_sizes[-1] + self.test_molecules)
        if self.source == "embedded" and needed > EMBEDDED_MOLECULES:
            raise ValueError(
                f"source: {needed} molecules are needed, repeats x (training_sizes + test_molecules), of which "
                f"{EMBEDDED_MOLECULES} are embedded; source: qm9pack has 130,831"
            )
        if self.invariance.training_molecules > self.training_sizes[-1]:
            raise ValueError(
                f"invariance.training_molecules: at most {self.training_sizes[-1]}, the largest training set"
            )
        if self.invariance.test_molecules > self.test_molecules:
            raise ValueError(
                f"invariance.test_molecules: at most {self.test_molecules}, the test molecules of a repeat"
            )
        return self


BLOCKS = {"molecules": Molecules}

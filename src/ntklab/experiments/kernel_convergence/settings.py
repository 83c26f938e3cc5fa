"""Settings of the convergence of kernels with width."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import model_validator

from ntklab.pipeline.settings import Block, ConvolutionalNetwork, Count, Counts, SphericalLayers, Symmetry, increasing

PAPER = "equivntk"
TARGET = "kernels"


class FiniteNetworks(Block):
    """Networks drawn at random at several widths."""

    outputs: Count
    """integer >= 1, outputs over which the empirical NTK is averaged; one shows the same slope with larger
    deviations"""
    width: Counts
    """increasing list of integers, channels per hidden layer"""
    draws: Annotated[int, Ge(10)]
    """integer >= 10, networks drawn at each width; the deviation of their mean falls like draws^(-1/2)"""
    draws_per_shard: Count
    """integer >= 1, networks drawn by one job"""
    bootstrap: Annotated[int, Ge(100)]
    """integer >= 100, bootstrap samples over the draws, for the error of the mean kernel's deviation"""

    @model_validator(mode="after")
    def _widths(self):
        increasing("width", self.width)
        return self


class KernelConvergence(FiniteNetworks):
    """Kernels of finite group-convolutional networks tend to the analytic ones (E2-kernel-convergence)."""

    images: Count
    """integer >= 1, random images; the kernels are images x images"""
    image_size: Count
    """integer >= 1, side of the images in pixels"""
    channels: Count
    """integer >= 1, channels of the images"""
    images_key: Annotated[int, Ge(0), Le(2**64 - 1)]
    """integer >= 0, JAX random key of the images; 3735928559 (0xDEADBEEF) and no other gives those of the printed
    kernels"""
    network: ConvolutionalNetwork
    group: Symmetry
    """name of the group, c2, c4 (rotations), d1, d2 or d4 (with reflections); the printed kernels are of c4"""


class So3Convergence(FiniteNetworks):
    """Kernels of finite SO(3)-equivariant networks tend to the analytic ones (E2-kernel-convergence)."""

    signals: Count
    """integer >= 1, random signals on the sphere; the kernels are signals x signals"""
    channels: Count
    """integer >= 1, channels of the signals"""
    grid: Count
    """integer >= 1, bandlimit L of the grid of rotations on which networks compute: 2 L (2 L - 1)^2 nodes"""
    spherical: SphericalLayers

    @model_validator(mode="after")
    def _resolved(self):
        if self.grid < self.spherical.bandlimit:
            raise ValueError(f"grid: at least {self.spherical.bandlimit}, the bandlimit of the network")
        return self


BLOCKS = {"kernel_convergence": KernelConvergence, "so3_convergence": So3Convergence}

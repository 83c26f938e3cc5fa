"""Settings of the table of identities."""

from typing import Annotated

from annotated_types import Ge, Len

from ntklab.pipeline.settings import Block, Count, Symmetry

PAPER = "equivntk"
TARGET = "kernels"


class KernelIdentity(Block):
    """Exact identities: kernel transformation, augmentation, group convolutions (E2-kernel-identity). All on random
    images."""

    architectures: Count
    """integer >= 1, random convolutional architectures, and as many fully connected ones; 8 s each (compilation)"""
    groups: Annotated[list[Symmetry], Len(1)]
    """list of groups, c2, c4 (rotations), d1, d2 or d4 (with reflections), of which all identities are measured"""
    image_size: Annotated[int, Ge(5)]
    """integer >= 5, side of the random images in pixels; the identities hold at any size, the largest random filter has
    side 5"""


BLOCKS = {"kernel_identity": KernelIdentity}

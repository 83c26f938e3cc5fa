"""Settings of the comparison of augmented with group-convolutional ensembles, fully connected and convolutional."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt
from pydantic import model_validator

from ntklab.experiments.aug_vs_gcnn.image_subsets import SOURCES
from ntklab.groups import pixel_group
from ntklab.pipeline.settings import (
    Block,
    Convolutions,
    Count,
    Counts,
    LearningRateFactor,
    PairedMembers,
    Steps,
    Symmetry,
    increasing,
    recorded_from_start,
)

PAPER = "equivntk"
TARGET = "bridge"
Images = Literal[SOURCES]


class Matched(Convolutions):
    """The network of both ensembles: convolutions, pooling, linear; a filter as large as the image, then 1, makes an
    MLP."""


class Mismatched(Convolutions):
    """Second control: a group-convolutional network whose kernel is another; one layer."""


class Bridge(Block):
    """Networks trained on full orbits against group-convolutional ones trained on the images alone."""

    data: Images
    """fashion_mnist, mnist or cifar10 (three colour channels, no embedded images), the images"""
    source: str
    """embedded (what ships with ntklab), full (all images, downloaded if need be), or the file or folder of the
    original files"""
    image_size: Count
    """integer >= 1, side in pixels to which the images are resized"""
    training_images: Annotated[int, Ge(2)]
    """integer >= 2, training images before augmentation"""
    test_images: Annotated[int, Ge(2)]
    """integer >= 2, test images, and as many images of noise"""
    network: Matched
    mismatch: Mismatched
    weight_variance: Annotated[float, Gt(0)]
    """number > 0, sigma_w^2 of all layers; no biases"""
    group: Symmetry
    """name of a group, c2, c4 (rotations), d1, d2 or d4 (with reflections), whose orbits the augmented networks are
    trained on, and of the group-convolutional ones"""
    width: Counts
    """increasing list of multiples of the group's order |G|, features per hidden layer and position of all networks:
    channels of a plain network; a group-convolutional one has width / |G| channels, each with |G| features. The limit
    of infinite width needs four widths"""
    members: PairedMembers
    """even integer >= 6, networks in each ensemble, in pairs of opposite sign at initialisation"""
    control_members: PairedMembers
    """even integer >= 6, the same of the two negative controls, plain and mismatched: at most the members"""
    members_per_shard: Count
    """integer >= 1, networks trained by one job"""
    recorded_steps: Steps
    """increasing list of integers from 0, when outputs are recorded; training ends with the last"""
    learning_rate_factor: LearningRateFactor
    """number between 0 and 1, in units of the critical learning rate of the analytic NTK; narrow networks need small
    ones"""
    ensemble_sizes: Counts
    """increasing list of integers, sizes of the sub-ensembles in the figures, of networks without their partners: at
    most half the members"""

    @model_validator(mode="after")
    def _consistent(self):
        for key in ("width", "ensemble_sizes"):
            increasing(key, getattr(self, key))
        order = pixel_group(self.group).order
        for width in self.width:
            if width % order:
                raise ValueError(f"width: {width} is no multiple of {order}, the order of the group {self.group}")
        recorded_from_start(self.recorded_steps)
        if self.ensemble_sizes[-1] > self.members // 2:
            raise ValueError(
                f"ensemble_sizes: {self.ensemble_sizes[-1]} networks asked, there are {self.members // 2} pairs"
            )
        if self.control_members > self.members:
            raise ValueError(
                f"control_members: {self.control_members} asked, there are {self.members} members to compare"
            )
        for key in ("network", "mismatch"):
            getattr(self, key).check_fit(f"{key}.filters", self.image_size)
        return self


class FullyConnected(Bridge):
    """Fully connected networks trained on the full orbits of digits against group-convolutional ones trained on the
    digits alone (E2-aug-vs-gcnn-mlp). A convolution whose filter covers the image, followed by 1x1 ones, is a fully
    connected network."""


class Convolutional(Bridge):
    """Convolutional networks trained on the full orbits of images against group-convolutional ones trained on the images
    alone (E2-aug-vs-gcnn). Large filters tell rotations apart, so that controls can fail."""


BLOCKS = {"aug_vs_gcnn_mlp": FullyConnected, "aug_vs_gcnn": Convolutional}

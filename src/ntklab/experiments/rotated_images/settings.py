"""Settings of the image experiments: rotated FashionMNIST and histology."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Len
from pydantic import Field, model_validator

from ntklab.data.catalogue import CATALOGUE
from ntklab.data.out_of_distribution import NAMES
from ntklab.groups import group
from ntklab.pipeline.settings import Block, Count, Counts, Members, Steps, increasing

PAPER = "ensembles"
TARGET = "images"
Images = Literal[tuple(CATALOGUE)]
OodSet = Literal[NAMES]


class ImageNetwork(Block):
    """The members: 3x3 convolutions with padding, 2x2 average pooling, ReLU; linear layers with ReLU; a linear
    layer."""

    channels: Counts
    """list of integers, channels of each convolution"""
    pooled: Count
    """integer >= 1, so many convolutions, the first ones, are followed by pooling, which must not meet an odd side"""
    hidden: list[Count]
    """list of integers, channels of the hidden linear layers; [] for none"""

    @model_validator(mode="after")
    def _consistent(self):
        if self.pooled > len(self.channels):
            raise ValueError(f"pooled: {self.pooled}, but there are {len(self.channels)} convolutions")
        return self


class ImageEnsembles(Block):
    """Ensembles of image classifiers trained on rotated images."""

    data: Images
    """name of a labelled image set, fashion_mnist, histology, mnist or cifar10: the training images"""
    source: str
    """embedded (what ships with ntklab), stand_in (histology only: textures drawn here, NOT tissue), full (all images:
    histology is a zip of 11.7 GB, downloaded), a published file's name, or a path"""
    image_size: Count
    """integer >= 1, side in pixels to which the images are resized; FashionMNIST has 28, histology 224"""
    training_images: Annotated[int, Ge(2)]
    """integer >= 2, training images before augmentation, equally many of each class"""
    test_images: Annotated[int, Ge(2)]
    """integer >= 2, test images on whose rotations invariance is measured"""
    ood: Annotated[dict[OodSet, str], Len(1)]
    """sets out of distribution (mnist, cifar10, photographs, noise), each with its source: embedded, full, generated or
    a path"""
    ood_images: Annotated[int, Ge(2)]
    """integer >= 2, images of each set out of distribution"""
    groups: Annotated[list[Annotated[str, Field(pattern=r"^c[1-9]\d*$")]], Len(1)]
    """list of groups c4, c8, ..., one ensemble for each, trained on its full orbits; rotations off quarter turns
    interpolate"""
    angles: Annotated[int, Ge(4)]
    """integer >= 4, equally spaced angles at which all models are evaluated, a multiple of every group's order"""
    network: ImageNetwork
    members: Members
    """integer >= 3, networks in each ensemble: ensembles of the figures are disjoint blocks of them"""
    members_per_shard: Count
    """integer >= 1, networks trained by one job"""
    control_members: Members
    """integer >= 3, networks of the control, trained without augmentation"""
    rivals: Annotated[int, Ge(0)]
    """integer >= 0, steerable and canonicalised networks for each group, 0 for none; a steerable one costs up to 40
    times a member"""
    steps: Count
    """integer >= 1, steps of Adam, the same for all groups and models"""
    batch: Count
    """integer >= 1, samples in a mini-batch"""
    learning_rate: Annotated[float, Gt(0)]
    """number > 0, of Adam; larger where there are few steps"""
    recorded_steps: Steps
    """increasing list of integers from 0 to steps, when logits are recorded on quarter turns; 0 is the
    initialisation"""
    recorded_images: Annotated[int, Ge(2)]
    """integer >= 2, images of each set whose logits are recorded over training time"""
    ensemble_sizes: Annotated[list[Count], Len(2)]
    """increasing list of two integers or more, from 1, sizes of the disjoint ensembles in the figures, none above the
    members"""

    @model_validator(mode="after")
    def _consistent(self):
        for key in ("recorded_steps", "ensemble_sizes"):
            increasing(key, getattr(self, key))
        if self.recorded_steps[0] != 0 or self.recorded_steps[-1] != self.steps:
            raise ValueError(f"recorded_steps: from 0, the initialisation, to the last step, {self.steps}")
        if self.ensemble_sizes[0] != 1 or self.ensemble_sizes[-1] > self.members:
            raise ValueError(f"ensemble_sizes: from 1 to at most {self.members}, the members trained")
        for name in self.groups:
            order = group(name).order
            if order % 4 or self.angles % order:
                raise ValueError(
                    f"groups: {name}: the order is a multiple of 4 (quarter turns permute pixels) that divides angles, "
                    f"{self.angles}"
                )
        size = self.image_size
        for _ in range(self.network.pooled):
            if size % 2:
                raise ValueError(f"network.pooled: 2x2 pooling of maps of side {size} drops a row, which breaks C4")
            size //= 2
        if CATALOGUE[self.data].channels == 3 and "mnist" in self.ood:
            raise ValueError(f"ood.mnist: its images are grey, those of {self.data} in colour")
        return self


class RotatedFashionMnist(ImageEnsembles):
    """Ensembles of convolutional networks classify rotated images of clothes (E1-fmnist-osp, E1-fmnist-ood,
    E1-fmnist-time, E1-fmnist-acc, E1-so2-partial, E1-canon-so2, E1-table-comparison)."""


class Histology(ImageEnsembles):
    """Ensembles of convolutional networks classify stained tissue (E1-hist-osp, E1-hist-ood, E1-hist-example)."""


BLOCKS = {"rotated_fashion_mnist": RotatedFashionMnist, "histology": Histology}

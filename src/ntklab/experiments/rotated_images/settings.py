"""Settings of the image experiments: rotated FashionMNIST and histology."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Len
from pydantic import Field, model_validator

from ntklab.data.catalogue import CATALOGUE
from ntklab.data.out_of_distribution import NAMES, NOISE
from ntklab.groups import group
from ntklab.pipeline.settings import Block, Count, Counts, Members, increasing

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
    test_images: Annotated[int, Ge(20)]
    """integer >= 20, test images on whose rotations invariance is measured"""
    ood: Annotated[dict[OodSet, str], Len(1)]
    """sets out of distribution (mnist, cifar10, photographs, tissue, noise), each with its source: embedded, full,
    generated or a path; noise, which interpolation alone changes most, is in no average over sets"""
    ood_images: Annotated[int, Ge(20)]
    """integer >= 20, images of each set out of distribution"""
    groups: Annotated[list[Annotated[str, Field(pattern=r"^c[1-9]\d*$")]], Len(1)]
    """list of groups c4, c8, ..., one ensemble for each, trained on its full orbits; rotations off quarter turns
    interpolate"""
    angles: Annotated[int, Ge(0)]
    """integer >= 0, equally spaced angles at which some images are evaluated, a multiple of every group's order; 0 for
    none"""
    angle_images: Annotated[int, Ge(3)]
    """integer >= 3, images of each set, noise left out, that are evaluated at all those angles"""
    network: ImageNetwork
    members: list[Members]
    """list of integers >= 3, networks of each group"""
    angle_members: Members
    """integer >= 3, networks of each group, the first ones, that are evaluated at all angles: at most the members of the
    smallest ensemble"""
    members_per_shard: Count
    """integer >= 1, networks trained by one job"""
    control_members: Members
    """integer >= 3, networks of the control, trained without augmentation for as many steps as those of the smallest
    group"""
    rivals: list[Annotated[int, Ge(0)]]
    """list of integers, 0 or >= 3, steerable, canonicalised and frozen (canonicalised by an untrained network) ones of
    each group; a steerable one costs as much as ten members"""
    epochs: Annotated[float, Gt(0)]
    """number > 0, passes over the full orbits of the training images, the same for all groups; rivals, for which an
    orbit is one image, take the steps of the smallest group"""
    batch: Count
    """integer >= 1, samples in a mini-batch"""
    learning_rate: Annotated[float, Gt(0)]
    """number > 0, of Adam; larger where there are few steps"""
    steerable_learning_rate: Annotated[float, Gt(0)]
    """number > 0, that of steerable networks, with which their training loss ends near that of the others"""
    recorded: Annotated[list[Annotated[float, Ge(0), Le(1)]], Len(2)]
    """increasing list of numbers from 0, the initialisation, to 1, the end of training: fractions of the steps after
    which logits on orbits are recorded"""
    recorded_images: Annotated[int, Ge(3)]
    """integer >= 3, images of each set whose logits are recorded over training time"""
    ensemble_sizes: Annotated[list[Count], Len(2)]
    """increasing list of two integers or more, from 1, sizes of ensembles in the figures: every group has those that its
    members can form; the second is below the members of all, so that there are several of it"""

    @model_validator(mode="after")
    def _consistent(self):
        for key in ("recorded", "ensemble_sizes"):
            increasing(key, getattr(self, key))
        if self.recorded[0] != 0 or self.recorded[-1] != 1:
            raise ValueError("recorded: from 0, the initialisation, to 1, the end of training")
        for key in ("members", "rivals"):
            if len(getattr(self, key)) != len(self.groups):
                raise ValueError(f"{key}: {len(getattr(self, key))} numbers for {len(self.groups)} groups")
        if any(0 < number < 3 for number in self.rivals):
            raise ValueError("rivals: none, or at least 3 of each group")
        if self.angle_members > min(self.members):
            raise ValueError(f"angle_members: at most {min(self.members)}, the members of the smallest ensemble")
        if self.ensemble_sizes[0] != 1 or self.ensemble_sizes[-1] > max(self.members):
            raise ValueError(f"ensemble_sizes: from 1 to at most {max(self.members)}, the members trained")
        fewest = min(*self.members, self.control_members)
        if self.ensemble_sizes[1] >= fewest:
            raise ValueError(f"ensemble_sizes: a second one of which all networks form several, below {fewest}")
        if set(self.ood) == {NOISE}:
            raise ValueError("ood: a set beside noise, which is in no average over sets")
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
    E1-fmnist-time, E1-fmnist-acc, E1-so2-partial, E1-canon-so2, E1-table-comparison, E1-table-why)."""

    @model_validator(mode="after")
    def _compared(self):
        if not all(self.rivals):
            raise ValueError("rivals: at least 3 of each group, with which ensembles are compared")
        if self.angles == 0 or self.angle_members <= self.ensemble_sizes[1]:
            raise ValueError(
                f"angles: not 0, and more than {self.ensemble_sizes[1]} angle_members, which form several ensembles"
            )
        return self


class Histology(ImageEnsembles):
    """Ensembles of convolutional networks classify stained tissue (E1-hist-osp, E1-hist-ood, E1-hist-example)."""


BLOCKS = {"rotated_fashion_mnist": RotatedFashionMnist, "histology": Histology}

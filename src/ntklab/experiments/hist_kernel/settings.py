"""Settings of the classification by infinitely wide networks."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt
from pydantic import model_validator

from ntklab.data.catalogue import CATALOGUE
from ntklab.pipeline.settings import Block, ConvolutionalNetwork, Count, Counts, Symmetry, increasing

PAPER = "equivntk"
TARGET = "kernels"
Images = Literal[tuple(CATALOGUE)]


class HistKernel(Block):
    """Infinitely wide networks classify images: convolutional, augmented and group-convolutional (E2-hist-kernel)."""

    data: Images
    """name of a labelled image set: fashion_mnist, mnist, cifar10, or histology as in the paper"""
    source: str
    """embedded, stand_in (histology only), full (downloaded if need be), a published file's name, or a path"""
    image_size: Count
    """integer >= 1, side in pixels to which the images are resized; cost grows with its fourth power"""
    network: ConvolutionalNetwork
    group: Symmetry
    """name of a group, c2, c4 (rotations), d1, d2 or d4 (with reflections), of the augmented and of the
    group-convolutional network; time grows with its order. Claims are about c4"""
    training_sizes: Counts
    """increasing list of integers, numbers of training images; smaller sets are the beginnings of the largest"""
    test_images: Annotated[int, Ge(2)]
    """integer >= 2, test images of each repeat"""
    repeats: Annotated[int, Ge(3)]
    """integer >= 3, independent training sets, each with test images of its own: error bars are over them"""
    ridge: Annotated[float, Gt(0)]
    """number > 0, in units of the mean diagonal of the training Gram matrix"""
    precision: Literal["float64", "float32"]
    """float64, or float32 in three quarters of the time, whose predictions must be checked against float64"""

    @model_validator(mode="after")
    def _consistent(self):
        increasing("training_sizes", self.training_sizes)
        return self


BLOCKS = {"hist_kernel": HistKernel}

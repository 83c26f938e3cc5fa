"""Networks of finite width as torch modules, in NTK parametrisation."""

from ntklab.nets.convolutional import GroupPool, build_network
from ntklab.nets.image_classifiers import build_classifier
from ntklab.nets.layers import Convolution, Dense, GroupConvolution, LiftingConvolution

__all__ = [
    "Convolution",
    "Dense",
    "GroupConvolution",
    "GroupPool",
    "LiftingConvolution",
    "build_classifier",
    "build_network",
]

"""Natural patches: 32 x 32 crops of the photographs that scikit-image ships, grey and in colour, in CIFAR10's format.

They stand for CIFAR10 where it has not been downloaded: real photographs, but of textures and parts, not of things, and
their labels say which photograph a patch is from.
"""

from ntklab.data.embedded import embedded
from ntklab.data.images import ImageSet
from ntklab.errors import InputError

COLOUR = ("astronaut", "chelsea", "coffee", "hubble_deep_field", "rocket")
"""Photographs of the colour patches, in the order of the labels."""

GREY = (*COLOUR, "brick", "camera", "coins", "grass", "gravel")
"""Photographs of the grey patches, in the order of the labels; the first are the luminance of those in colour."""

KINDS = {"grey": GREY, "colour": COLOUR}

CLASSES = GREY


def load(kind: str) -> ImageSet:
    """500 patches, the photographs taking turns: "grey" (image, 32, 32) or "colour" (image, 32, 32, 3), uint8."""
    if kind not in KINDS:
        raise InputError(f"photographs: unknown kind {kind!r}; there are {', '.join(KINDS)}")
    return embedded("photographs", kind)

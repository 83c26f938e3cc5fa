"""MNIST: 28 x 28 grey handwritten digits (LeCun, Bottou, Bengio, Haffner 1998)."""

from ntklab.data.embedded import embedded
from ntklab.data.images import ImageSet

CLASSES = tuple("0123456789")


def load(source: str) -> ImageSet:
    """Digits, images (image, 28, 28) uint8; the only source is "embedded", 1,000 digits, 100 of each class."""
    if source != "embedded":
        raise ValueError(f'MNIST: unknown source {source!r}; the only one is "embedded"')
    return embedded("mnist", "digits")

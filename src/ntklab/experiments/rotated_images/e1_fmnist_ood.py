"""E1-fmnist-ood: the same on images of other kinds than those trained with."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import out_of_distribution_panels

ID = "E1-fmnist-ood"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = ("ensembles/rotated_fashion_mnist_orbit_predictions",)
TITLE = "Rotated FashionMNIST: ensembles keep their prediction out of distribution"
CAPTION = """\
The networks of E1-fmnist-osp on images unlike those they were trained with: a row for each set, a column for each group. 1 -
OSP / order, the fraction of rotations at which an image has another class than unrotated, against the size of the ensemble,
with 95 % intervals over networks and images; grey, the test images; dotted, predictions that agree by chance, given how often
each class is predicted: low where most images get one class; red, images turned there and back by each angle, which
interpolation alone changes. Good: what theory expects, that is, as on test images, for the theorem says nothing of the images:
the infinite ensemble loses nothing under C4, and ensembles gain by more than in distribution, since single networks lose more
there. Noise, which interpolation changes most, is in no average over sets. Seen at laptop scale: ensembles gain on every set,
but single networks lose less there than on test images, so that ensembles gain less, not more; under C8 and C16 they come near
what interpolation alone loses, on photographs under C16 the least.
"""


def draw(final: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    return out_of_distribution_panels(final)

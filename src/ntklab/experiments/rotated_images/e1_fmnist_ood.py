"""E1-fmnist-ood: the same on images of other kinds than those trained with."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import out_of_distribution_panels

ID = "E1-fmnist-ood"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = (
    "ensembles/rotated_fashion_mnist_orbit_predictions",
    "ensembles/rotated_fashion_mnist_training",
)
TITLE = "Rotated FashionMNIST: ensembles keep their prediction out of distribution"
CAPTION = """\
The networks of E1-fmnist-osp on images unlike those they were trained with. Top: orbit same predictions (OSP) as a
fraction of the group's order against the size of the ensemble, means over disjoint ensembles, bars 95 % intervals,
shaded one standard deviation between single members, dotted what predictions would have that agree only by chance,
given how often each class is predicted: near the order of the group where most images get one class. Bottom: OSP on
quarter turns during training with C4, for single members (dashed, shaded as before) and ensembles (95 % bands), dotted
the chance of single members and of the largest ensembles. E1-table-comparison has the agreement corrected for chance.
Good: ensembles above their members on every set, by more than in distribution, the more the larger the ensemble.
"""


def draw(final: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    return out_of_distribution_panels(final, training)

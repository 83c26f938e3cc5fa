"""E1-hist-ood: networks trained on histological images, on images of other kinds."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import out_of_distribution_panels

ID = "E1-hist-ood"
EXPERIMENT = "histology"
TABLES = ("ensembles/histology_orbit_predictions",)
TITLE = "Histological slices: ensembles keep their prediction out of distribution"
CAPTION = """\
The networks of E1-hist-osp on other images, a row for each set: 1 - OSP / order, the fraction of quarter turns at which an
image has another class than unrotated, against the size of the ensemble, with 95 % intervals over networks and images; grey,
the validation images; dotted, predictions that agree by chance, given how often each class is predicted. "Real tissue" are
patches of two photographs of stained tissue (H&E, and immunohistochemistry), which have no labels of the nine classes. Good:
what theory expects, that is, the infinite ensemble loses nothing, on any image; finite ones less, the larger they are.
"""


def draw(final: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    return out_of_distribution_panels(final)

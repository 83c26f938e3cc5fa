"""E1-hist-ood: networks trained on histological images, on images of other kinds."""

import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import out_of_distribution_panels

ID = "E1-hist-ood"
EXPERIMENT = "histology"
TABLES = ("ensembles/histology_orbit_predictions", "ensembles/histology_training")
TITLE = "Histological slices: ensembles keep their prediction out of distribution"
CAPTION = """\
The networks of E1-hist-osp on images that show no tissue. Top: orbit same predictions (OSP) as a fraction of four
against the size of the ensemble, means over disjoint ensembles, bars 95 % intervals, shaded one standard deviation
between single members, dotted what predictions would have that agree only by chance, given how often each class is
predicted. Bottom: OSP during training, for single members (dashed, shaded as before) and ensembles (95 % bands), dotted
the chance of single members and of the largest ensembles. Good: ensembles above their members, by more than on
validation images, the more the larger.
"""


def draw(final: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    return out_of_distribution_panels(final, training)

"""E1-hist-example: one image, its four rotations, and the classes that a member and an ensemble give them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import strip, under
from ntklab.plots import style

ID = "E1-hist-example"
EXPERIMENT = "histology"
TABLES = ("ensembles/histology_pictures", "ensembles/histology_picture_predictions")
TITLE = "Histological slices: one image and its rotations"
CAPTION = """\
One image in its four rotations, and the class that a single member (number 0) and an ensemble predict for each; red where it is
not the class of the unrotated image. It is a validation image where the networks were trained on tissue; where they were
trained on drawn stand-in textures, it is a patch of a photograph of real tissue, whose true class is not known. The image is
the first in its set whose class the ensemble keeps at all four and, where it is known, gets right, while the member keeps it at
two or three (were there none: the one on which the member keeps it least often). OSP counts the rotations with the class of the
unrotated image. Good: 2 or 3 for the member, 4 for the ensemble.
"""


def draw(pictures: pd.DataFrame, predictions: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    angles = sorted(angle for angle in pictures.angle.unique() if angle % 90 == 0)
    predictions = predictions[predictions.angle.isin(angles)]
    figure = style.new_figure(columns=2.2, rows=1.25)
    (cell,) = figure.add_gridspec(1, 1)
    drawn = strip(figure, cell, pictures, angles, [f"rotated by {angle:g}°" for angle in angles])
    names = {members: rows.set_index("angle").class_name for members, rows in predictions.groupby("members")}
    finite = sorted(members for members in names if np.isfinite(members))
    kept = {members: (names[members] == names[members][0.0]) for members in finite}
    for axes, angle in zip(drawn, angles, strict=True):
        for line, members in enumerate(finite):
            said = f"{_who(members)}: {names[members][angle]}"
            under(axes, said, line, "black" if kept[members][angle] else style.CONTROL)
    counts = ", ".join(f"{kept[members].sum()} of the {_who(members)}" for members in finite)
    true = (
        f"true class {names[np.inf].iloc[0]}"
        if np.inf in names
        else "real tissue, networks trained on stand-in textures"
    )
    figure.supxlabel(f"{true}; orbit same predictions: {counts}", fontsize="small")
    return figure


def _who(members: float) -> str:
    return "member" if members == 1 else f"ensemble of {style.count(members)}"

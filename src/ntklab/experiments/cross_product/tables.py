"""Schemas of the tables of the cross product."""

from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE, MOMENTS
from ntklab.pipeline.tables import MEASUREMENT, Column, Schema

ROTATIONS = Schema(
    name="rotations",
    row="one number about a set of rotations",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("rotations", "string", "", "name of the set"),
        *MEASUREMENT,
    ),
    quantities={
        "order": "number of rotations in the set; 1",
        "mean_angle": "mean angle from a random rotation to the nearest of the set; radians",
    },
)

TABLES = {
    "cross_product": {
        "ensembles/cross_product_equivariance": INVARIANCE,
        "ensembles/cross_product_moments": MOMENTS,
        "ensembles/cross_product_rotations": ROTATIONS,
    },
}

"""Schemas of the tables of the cross product."""

from dataclasses import replace

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

HALVES = ("first_half_squared_spread", "second_half_squared_spread")
EQUIVARIANCE_MOMENTS = replace(
    MOMENTS,
    name="equivariance_moments",
    quantities={
        **MOMENTS.quantities,
        HALVES[0]: "squared_spread of the first half of the members alone",
        HALVES[1]: "squared_spread of the other half",
        "limit_largest_direction": "largest variance of an infinitely wide member's deviations, summed over inputs: a bound",
        "kernel_bound": "bound on limit_squared_spread of the infinite ensemble, from kernels of rotated inputs",
        "lipschitz_bound": "the same, proportional to the squared distance of a rotation from the group trained with",
    },
)

TABLES = {
    "cross_product": {
        "ensembles/cross_product_equivariance": INVARIANCE,
        "ensembles/cross_product_moments": EQUIVARIANCE_MOMENTS,
        "ensembles/cross_product_rotations": ROTATIONS,
    },
}

"""Schemas of the tables of the Ising experiment."""

from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE, MOMENTS
from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

EXAMPLE_LATTICE = Schema(
    name="example_lattice",
    row="one site of one lattice of an orbit",
    columns=(
        *ON_ORBITS,
        Column("element", "int64", "", "group element"),
        Column("row", "int64", "sites", "row of the site"),
        Column("column", "int64", "sites", "column of the site"),
        *MEASUREMENT,
    ),
    quantities={"spin": "spin of the site, +1 or -1"},
)

EXAMPLE_PREDICTION = Schema(
    name="example_prediction",
    row="the energy of one lattice of an orbit: true, or predicted by a single member or an ensemble",
    columns=(
        *ON_ORBITS,
        Column("width", "float64", "channels", "channels per hidden layer; inf for the true energy"),
        Column("element", "int64", "", "group element"),
        Column("members", "float64", "networks", "size of the ensemble; inf for the true energy"),
        *MEASUREMENT,
    ),
    quantities={"energy": "energy of the lattice, in units of the coupling J"},
)

TABLES = {
    "ising": {
        "ensembles/ising_invariance": INVARIANCE,
        "ensembles/ising_moments": MOMENTS,
        "ensembles/ising_example_lattice": EXAMPLE_LATTICE,
        "ensembles/ising_example_prediction": EXAMPLE_PREDICTION,
    },
}

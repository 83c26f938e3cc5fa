"""The schema of every table of the project, by the table's name under results/<scale>/tables/."""

from ntklab.tables import MEASUREMENT, Column, Schema

EXPERIMENT = (
    Column("experiment", "string", "", "experiment of the config"),
    Column("data", "string", "", "set of inputs: training, in_distribution, or the name of a set off distribution"),
    Column("group", "string", "", "symmetry group whose orbits are measured"),
)

INVARIANCE_QUANTITIES = {
    "spread": "root mean square deviation of the ensemble mean from its orbit mean; standardised targets",
    "rsd_pooled": "spread divided by the root mean square of the ensemble mean; dimensionless, 0 to 1",
    "rsd_median": "median over inputs of the orbit's standard deviation over |orbit mean|, in energies; dimensionless",
    "distance_to_ntk": "root mean square difference of the ensemble mean and the NTK mean; standardised targets",
    "floor": "unbiased squared spread of the infinite ensemble, may be negative; standardised targets, squared",
    "distance_floor": "unbiased squared distance of the infinite ensemble to the NTK mean; standardised targets, squared",
}
"""Quantity -> meaning and unit. Each is averaged over disjoint sub-ensembles of the size in `members`: spread and
distance as root mean squares, the relative ones as means. Rows with members = 1 are the averages over single members."""

INVARIANCE = Schema(
    name="invariance",
    row="one quantity of one ensemble (or of its infinite-width limit) on one set of inputs at one training time",
    columns=(
        *EXPERIMENT,
        Column("architecture", "string", "", "kind of network"),
        Column("width", "float64", "channels", "channels per hidden layer; inf is the infinite-width limit"),
        Column("depth", "int64", "layers", "number of hidden layers"),
        Column("augmentation", "string", "", "group whose full orbits were trained on; c1 is no augmentation"),
        Column("members", "float64", "networks", "size of the ensemble; 1 single members; inf the NTK mean"),
        Column(
            "time", "float64", "learning rate x steps", "training time of gradient flow on the mean-squared loss / 2"
        ),
        Column("step", "int64", "steps", "steps of full-batch gradient descent"),
        *MEASUREMENT,
    ),
    quantities=INVARIANCE_QUANTITIES,
)

EXAMPLE_LATTICE = Schema(
    name="example_lattice",
    row="one site of one lattice of an orbit",
    columns=(
        *EXPERIMENT,
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
        *EXPERIMENT,
        Column("width", "float64", "channels", "channels per hidden layer; inf for the true energy"),
        Column("element", "int64", "", "group element"),
        Column("members", "float64", "networks", "size of the ensemble; inf for the true energy"),
        *MEASUREMENT,
    ),
    quantities={"energy": "energy of the lattice, in units of the coupling J"},
)

CLAIMS = Schema(
    name="claims",
    row="one claim of a paper",
    columns=(
        Column("id", "string", "", "name of the claim"),
        Column("paper", "string", "", "ensembles, equivntk or feynman"),
        Column("source", "string", "", "slide, figure or equation in which it is made"),
        Column("statement", "string", "", "what is claimed"),
        Column("quantity", "string", "", "the number that decides"),
        Column("value", "float64", "of the quantity", "its value in this run"),
        Column("ci_low", "float64", "of the quantity", "lower end of its 95 % interval"),
        Column("ci_high", "float64", "of the quantity", "upper end of its 95 % interval"),
        Column("published", "float64", "of the quantity", "published value, if any"),
        Column("criterion", "string", "", "what counts as supported"),
        Column("verdict", "string", "", "supported, contradicted or undecided"),
        Column("scale", "string", "", "smoke, laptop or paper"),
    ),
    quantities={},
)

SCHEMAS: dict[str, Schema] = {
    "ensembles/ising_invariance": INVARIANCE,
    "ensembles/ising_example_lattice": EXAMPLE_LATTICE,
    "ensembles/ising_example_prediction": EXAMPLE_PREDICTION,
}
"""Name of the table -> its schema; claims have a place of their own."""

"""The tables of an ensemble on orbits."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

INVARIANCE = Schema(
    name="invariance",
    row="one quantity of one ensemble (or of its infinite-width limit) on one set of inputs at one training time",
    columns=(
        *ON_ORBITS,
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
    quantities={
        "spread": "root mean square deviation of the ensemble mean from its orbit mean; standardised targets",
        "rsd_pooled": "spread divided by the root mean square of the ensemble mean; dimensionless, 0 to 1",
        "rsd_median": "median over inputs of the orbit's standard deviation over |orbit mean|, in energies; dimensionless",
        "distance_to_ntk": "root mean square difference of the ensemble mean and the NTK mean; standardised targets",
        "floor": "unbiased squared spread of the infinite ensemble, may be negative; standardised targets, squared",
        "distance_floor": "unbiased squared distance of the infinite ensemble to the NTK mean; standardised targets, squared",
    },
)
"""Each quantity is averaged over disjoint sub-ensembles of the size in `members`: spread and distance as root mean squares,
the relative ones as means. Rows with members = 1 are the averages over single members."""

MOMENTS = Schema(
    name="moments",
    row="one mean square of one ensemble on one set of inputs at one training time, with one group of members left out",
    columns=(
        *ON_ORBITS,
        Column("width", "float64", "channels", "channels per hidden layer"),
        Column("depth", "int64", "layers", "number of hidden layers"),
        Column("augmentation", "string", "", "group whose full orbits were trained on; c1 or none is no augmentation"),
        Column("trained", "int64", "networks", "independent members, those of a pair counted once"),
        Column("members", "float64", "networks", "size of the ensemble: inf, without bias; 1; or means over blocks"),
        Column("step", "int64", "steps", "steps of full-batch gradient descent"),
        Column("quantity", "string", "", "what was measured"),
        Column("replicate", "int64", "", "0: all members; 1, 2, ...: without one group of them"),
        Column("value", "float64", "standardised targets, squared; kernel_change: dimensionless", "the measured value"),
    ),
    quantities={
        "squared_spread": "mean square deviation from the orbit mean; of the infinite ensemble it may be negative",
        "squared_distance": "mean square difference to the NTK mean; of the infinite ensemble it may be negative",
        "mean_square": "mean square output; of the infinite ensemble it may be negative",
        "limit_squared_spread": "squared_spread of infinitely wide networks, exact, the same for all replicates",
        "limit_mean_square": "mean_square of infinitely wide networks, exact, the same for all replicates",
        "kernel_change": "squared change of the empirical NTK on training inputs since initialisation, over its square",
    },
)
"""All ensembles of a table leave the same number of groups out, so that whole statistics of several of them can be computed
with one group left out of each."""

"""Schema of the tables of augmented against group-convolutional ensembles."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

DIFFERENCE = Schema(
    name="difference",
    row="one quantity of the difference of two ensembles of one width, on one set of inputs, at one training time",
    columns=(
        *ON_ORBITS,
        Column("images", "string", "", "data set of the training and test images"),
        Column("width", "float64", "channels", "channels per hidden layer"),
        Column("first", "string", "", "augmented: trained on all rotations; plain: on the images alone; gcnn"),
        Column(
            "second", "string", "", "gcnn; mismatched: a gcnn of another architecture; ntk: the infinite-width mean"
        ),
        Column("members", "float64", "networks", "members of each ensemble"),
        Column("time", "float64", "learning rate x steps", "training time on the mean-squared loss / 2"),
        Column("step", "int64", "steps", "steps of full-batch gradient descent"),
        *MEASUREMENT,
    ),
    quantities={
        "difference": "rms difference of the two ensembles' means, in units of the rms NTK mean after training",
        "noise": "the same if the infinite ensembles agree, from the members' variance; same unit",
        "difference_floor": "unbiased squared difference of the infinite ensembles, may be negative; same unit, squared",
    },
)

TABLES = {
    "aug_vs_gcnn_mlp": {"equivntk/aug_vs_gcnn_mlp_difference": DIFFERENCE},
    "aug_vs_gcnn": {"equivntk/aug_vs_gcnn_difference": DIFFERENCE},
}
